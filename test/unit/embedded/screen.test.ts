import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { colorsOf, createProgress } from '../../../src/embedded/progress';
import { screen, type ScreenFacts } from '../../../src/embedded/screen';

const FACTS: ScreenFacts = {
  headline: 'Ready: 270 pairs are in sync.',
  places: [
    { name: 'Gateway', address: 'http://127.0.0.1:3300', remark: '/health' },
    { name: 'Temporal Web UI', address: 'http://127.0.0.1:8233' },
  ],
  examples: [{ title: 'A marketer changes a phone number', command: 'curl -s x' }],
  problems: [],
  cli: 'npx mdsync',
  logDir: '.mdsync/logs',
};
const plain = colorsOf({});

describe('the screen of npm start', () => {
  test('says what runs where, what to try, where the logs are and how to stop', () => {
    const text = screen(FACTS, plain);
    expect(text).toContain('Ready: 270 pairs are in sync.');
    expect(text).toMatch(/Gateway {10}http:\/\/127\.0\.0\.1:3300 {2}\/health/);
    expect(text).toMatch(/1\. A marketer changes a phone number\n\ncurl -s x\n/);
    expect(text).toContain('npx mdsync status');
    expect(text).toContain('.mdsync/logs');
    expect(text).toContain('Ctrl-C');
    expect(text).not.toContain('attention');
  });

  test('shows what a person must do before the sync works', () => {
    expect(screen({ ...FACTS, problems: ['Run mdsync setup'] }, plain)).toMatch(/needs your attention:\n {2}- Run mdsync setup/);
  });

  test('commands start at the margin, so that a whole line can be copied', () => {
    const command = 'curl -s x \\\n  && npx mdsync retry 1';
    expect(screen({ ...FACTS, examples: [{ title: 'Two lines', command }] }, plain)).toContain(`\n${command}\n`);
  });
});

describe('progress', () => {
  const written = (isTTY: boolean): { out: PassThrough & { isTTY: boolean }; text: () => string } => {
    const out = Object.assign(new PassThrough(), { isTTY });
    return { out, text: () => String(out.read() ?? '') };
  };

  test('a file gets one plain line a step, with the time', () => {
    const { out, text } = written(false);
    const progress = createProgress(out);
    progress.waiting('Starting');
    progress.step('PostgreSQL on port 3303');
    expect(text()).toMatch(/^ +0\.0 s {2}PostgreSQL on port 3303\n$/);
  });

  test('a terminal also sees what is waited for, and the line is taken away again', () => {
    const { out, text } = written(true);
    const progress = createProgress(out);
    progress.waiting('Starting');
    expect(text()).toContain('Starting ...');
    progress.step('PostgreSQL on port 3303');
    expect(text().startsWith('\r\u001B[K')).toBe(true);
  });

  test('a file gets no colour, whatever the environment says', () => {
    expect(colorsOf({}).green('ready')).toBe('ready');
    expect(colorsOf({ isTTY: false }).green('ready')).toBe('ready');
  });
});
