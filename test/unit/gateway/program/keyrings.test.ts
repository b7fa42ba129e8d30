import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readSettings } from '../../../../src/config/env';
import { openKeyrings } from '../../../../src/gateway/program/keyrings';
import { gatewaySettings } from '../../../../src/gateway/program/settings';
import { until } from '../flowSteps/support';
import { memoryLog } from '../support';

const OPERATOR = 'operators-only-5678';
const [FIRST, OLD, NEW] = ['first-token-0000', 'old-token-1234', 'new-token-5678'];

let dir: string;
let file: string;
let closing: AbortController;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mdsync-tokens-'));
  file = join(dir, 'tokens');
  closing = new AbortController();
});
afterEach(() => {
  closing.abort();
  rmSync(dir, { recursive: true });
});

const settings = (env: NodeJS.ProcessEnv = {}) =>
  gatewaySettings(
    readSettings({
      DATABASE_URL: 'postgres://u:hush@localhost/x',
      MDSYNC_OPERATOR_TOKEN: OPERATOR,
      MDSYNC_GATEWAY_TOKENS_FILE: file,
      ...env,
    }),
  );

describe('the tokens of campaigns', () => {
  test('are those of both variables and of the file', () => {
    writeFileSync(file, `forms-2027:${NEW}\n`);
    const env = { MDSYNC_GATEWAY_TOKEN: FIRST, MDSYNC_GATEWAY_TOKENS: `forms-2026:${OLD}` };
    const { gateway, operator } = openKeyrings(settings(env), memoryLog().log, closing.signal);
    expect([FIRST, OLD, NEW, OPERATOR].map((token) => gateway.nameOf(token))).toEqual([
      'campaigns',
      'forms-2026',
      'forms-2027',
      undefined,
    ]);
    expect([FIRST, OLD, NEW, OPERATOR].map((token) => operator.nameOf(token))).toEqual([
      undefined,
      undefined,
      undefined,
      'operators',
    ]);
  });

  test('are read again when the file changes: old and new side by side, then the new one alone; names are logged, tokens are not', async () => {
    writeFileSync(file, `forms:${OLD}\n`);
    const { log, lines } = memoryLog();
    const { gateway } = openKeyrings(settings({ MDSYNC_GATEWAY_TOKEN: FIRST }), log, closing.signal);
    writeFileSync(file, `forms:${OLD}\nforms-2027:${NEW}\n`);
    await until(() => gateway.nameOf(NEW) === 'forms-2027');
    expect(gateway.nameOf(OLD)).toBe('forms');
    writeFileSync(file, `forms-2027:${NEW}\n`);
    await until(() => gateway.nameOf(OLD) === undefined);
    expect([FIRST, NEW].map((token) => gateway.nameOf(token))).toEqual(['campaigns', 'forms-2027']);
    expect(lines.join()).toContain('"names":["forms-2027"]');
    for (const token of [OLD, NEW]) expect(lines.join()).not.toContain(token);
  });

  test('are read again when a mounted secret is swapped', async () => {
    const mount = (number: number, text: string): void => {
      writeFileSync(join(dir, `data-${number}`), text);
      symlinkSync(join(dir, `data-${number}`), join(dir, `next-${number}`));
      renameSync(join(dir, `next-${number}`), file);
    };
    mount(1, `forms:${OLD}`);
    const { gateway } = openKeyrings(settings(), memoryLog().log, closing.signal);
    mount(2, `forms:${NEW}`);
    await until(() => gateway.nameOf(NEW) === 'forms');
    expect(gateway.nameOf(OLD)).toBeUndefined();
  });

  test('stay as they were while the file is wrong, and the log says what to mend', async () => {
    writeFileSync(file, `forms:${OLD}\n`);
    const { log, lines } = memoryLog();
    const { gateway } = openKeyrings(settings(), log, closing.signal);
    for (const [text, problem] of [
      ['', 'holds no tokens'],
      [NEW, 'entry 1 of 1 does not begin with a name'],
      [`forms:${OPERATOR}`, 'holds the token of operators'],
    ] as const) {
      writeFileSync(file, text);
      await until(() => lines.join().includes(problem));
      expect(gateway.nameOf(OLD)).toBe('forms');
    }
    rmSync(file);
    await until(() => lines.join().includes('cannot be read (ENOENT)'));
    expect(gateway.nameOf(OLD)).toBe('forms');
    for (const token of [NEW, OPERATOR]) expect(lines.join()).not.toContain(token);
    writeFileSync(file, `forms:${NEW}\n`);
    await until(() => gateway.nameOf(NEW) === 'forms');
  });

  test.each([
    ['that is not there', undefined, 'cannot be read (ENOENT)'],
    ['without tokens', '# none yet', 'holds no tokens'],
    ['with a mistake', 'forms', 'entry 1 of 1'],
  ])('a file %s keeps the gateway from starting, in one sentence', (_what, text, message) => {
    if (text !== undefined) writeFileSync(file, text);
    expect(() => settings()).toThrow(`${file}, named by MDSYNC_GATEWAY_TOKENS_FILE, `);
    expect(() => settings()).toThrow(message);
  });
});
