import { appendFileSync, closeSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { endOfLog, openLog, watchErrors } from '../../../src/embedded/logs';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mdsync-logs-'));
  file = join(dir, 'worker.log');
});
afterEach(() => rmSync(dir, { recursive: true }));

const line = (level: number, msg: string, more: object = {}): string => `${JSON.stringify({ level, msg, ...more })}\n`;

describe('logs of the programs', () => {
  test('a start begins a new log and keeps the one before', () => {
    writeFileSync(file, 'of yesterday\n');
    const log = openLog(file);
    writeSync(log, 'of today\n');
    closeSync(log);
    expect(readFileSync(file, 'utf8')).toBe('of today\n');
    expect(readFileSync(`${file}.previous`, 'utf8')).toBe('of yesterday\n');
  });

  test('the end of a log is told in words, JSON taken off', () => {
    writeFileSync(file, `${'x\n'.repeat(30)}${line(50, 'the store is gone', { err: { message: 'ECONNREFUSED' } })}Error: boom\n`);
    const end = endOfLog(file, 3);
    expect(end).toBe('x\nthe store is gone (ECONNREFUSED)\nError: boom');
    expect(endOfLog(join(dir, 'absent.log'))).toBe('');
  });

  test('errors are passed on once, warnings and other words are not', () => {
    const said: string[] = [];
    writeFileSync(file, '');
    const stop = watchErrors(file, (message) => said.push(message));
    appendFileSync(file, line(40, 'a warning') + line(50, 'an error') + 'no JSON\n' + line(50, 'an error') + line(60, 'the end'));
    stop();
    expect(said).toEqual(['an error', 'the end']);
  });

  test('a line that is written in two parts is read as one', async () => {
    const said: string[] = [];
    writeFileSync(file, '');
    const stop = watchErrors(file, (message) => said.push(message));
    const whole = line(50, 'written slowly');
    appendFileSync(file, whole.slice(0, 10));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(said).toEqual([]);
    appendFileSync(file, whole.slice(10));
    stop();
    expect(said).toEqual(['written slowly']);
  });
});
