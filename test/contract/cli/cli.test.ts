/** `mdsync` as a process against a gateway over HTTP. What stands behind the gateway is played, so that every end can be shown. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, RetryState } from '@temporalio/common';
import type { RecordProgress } from '../../../src/core/ports';
import { freePort } from '../../../src/embedded/processes';
import { eventually, OPERATOR_TOKEN } from '../gateway/support';
import { startTestGateway, type TestGateway } from '../../unit/gateway/support';
import { type Ended, MDSYNC, mdsync, type Surroundings } from './support';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await startTestGateway({ waits: { reportMs: 100 } });
});
afterEach(() => gateway.close());

const run = (args: readonly string[], surroundings: Surroundings = {}): Promise<Ended> =>
  mdsync(args, { url: gateway.url, ...surroundings });

const GUID = '6c9f1d3e-0d3b-ee11-be6d-002248aa0001';
const rejection = { side: 'dynamics', field: 'phone', code: '0x80040265', message: 'Not a phone number.' } as const;
const refused: RecordProgress = {
  key: 'record/1042',
  marketoId: '1042',
  microsoftId: GUID,
  state: 'done',
  outcome: 'rejected',
  rejections: [rejection],
};
const quarantined: RecordProgress = {
  key: 'record/7',
  marketoId: '7',
  state: 'quarantined',
  rejections: [],
  failure: { code: 'timeout', message: 'Dynamics gave no answer in time' },
};

/** What the sync does, one step a look. */
function play(...steps: readonly (Partial<RecordProgress> & { readonly key: string })[]): void {
  gateway.operations.steps.push(...steps.map((step) => () => gateway.operations.put(step)));
}

describe('mdsync', () => {
  test('is a program', () => {
    accessSync(MDSYNC, constants.X_OK);
    expect(readFileSync(MDSYNC, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test('--help teaches by examples, --version is that of the package', async () => {
    const help = await mdsync(['--help']);
    expect(help).toMatchObject({ code: 0, err: '' });
    for (const words of ['mdsync status', 'mdsync retry 1042', 'mdsync setup', 'MDSYNC_OPERATOR_TOKEN', '--json', '--gateway'])
      expect(help.out).toContain(words);
    expect((await mdsync(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    for (const command of ['status', 'retry', 'explain', 'review', 'plan', 'doctor', 'import', 'erase', 'setup']) {
      const { code, out } = await mdsync([command, '--help']);
      expect([code, out]).toEqual([0, expect.stringMatching(/Examples:\n[^]*\$ mdsync/)]);
      expect(out).toContain('--json');
    }
  });

  test.each([
    [[], /Usage: mdsync/],
    [['statsu'], /unknown command 'statsu'[^]*Did you mean status\?/],
    [['status', '--bogus'], /unknown option '--bogus'/],
    [['status', 'extra'], /too many arguments/],
    [['review', 'list', '--bogus'], /unknown option '--bogus'/],
    [['review', 'resolve', '7'], /missing required argument 'choice'/],
    [['retry', '--timeout', 'soon', '1'], /whole number of seconds/],
    [['retry'], /Say which records: their ids, or --all/],
    [['retry', '1042', '--all'], /Say which records/],
    [['retry', '1042', '--code', 'x'], /--code goes together with --all/],
    [['status', '--gateway', 'gateway.example.com'], /--gateway is not a URL/],
    [['status', '--gateway', 'http://gateway.example.com'], /--gateway must start with https/],
  ])('wrong usage %j: says so on standard error, exit code 2', async (args, words) => {
    const { code, out, err } = await mdsync(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(words);
    expect(err).not.toContain('    at ');
  });

  test('a wrong variable is named', async () => {
    const { code, err } = await run(['status'], { env: { MDSYNC_GATEWAY_PORT: 'none' } });
    expect([code, err]).toEqual([2, expect.stringContaining('MDSYNC_GATEWAY_PORT must be a whole number')]);
  });
});

describe('the way to the gateway', () => {
  test('without --gateway is the one of this machine, without a variable the token in the data directory', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'mdsync-cli-'));
    mkdirSync(join(dir, 'data'));
    writeFileSync(join(dir, 'data/operator-token'), 'operators-only-5678\n');
    const env = { MDSYNC_GATEWAY_PORT: new URL(gateway.url).port, MDSYNC_OPERATOR_TOKEN: '', MDSYNC_DATA_DIR: 'data' };
    expect(await mdsync(['status'], { env, cwd: dir })).toMatchObject({ code: 0, err: '' });

    writeFileSync(join(dir, 'data/operator-token'), 'of-another-day\n');
    const refusal = await mdsync(['status'], { env, cwd: dir });
    expect(refusal.code).toBe(2);
    expect(refusal.err).toContain(`does not accept the token from ${join('data', 'operator-token')}`);

    rmSync(join(dir, 'data/operator-token'));
    const none = await mdsync(['status'], { env, cwd: dir });
    expect(none.code).toBe(2);
    expect(none.err).toMatch(/MDSYNC_OPERATOR_TOKEN is not set, and .*operator-token cannot be read/);
    rmSync(dir, { recursive: true });
  });

  test('a wrong token: exit code 2, where it came from, and nothing of it', async () => {
    const { code, out, err } = await run(['status'], { env: { MDSYNC_OPERATOR_TOKEN: 'wrong-one-1234' } });
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('does not accept the token from MDSYNC_OPERATOR_TOKEN');
    expect(err).not.toContain('wrong-one-1234');
  });

  test.each(['status', 'setup', 'retry'])('%s without a gateway: exit code 2, and what to do', async (command) => {
    const port = await freePort();
    const { code, out, err } = await mdsync([command, ...(command === 'retry' ? ['--all'] : [])], {
      url: `http://127.0.0.1:${port}`,
    });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(new RegExp(`does not answer at http://127\\.0\\.0\\.1:${port} \\(ECONNREFUSED\\)\\.\n.*npm start`));
    expect(err).not.toMatch(/ {4}at |Bearer/);
  });

  test('something else at that address', async () => {
    const other = createServer((_request, response) => response.end('<html>hello</html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { code, err } = await mdsync(['status'], { url: `http://127.0.0.1:${(other.address() as AddressInfo).port}` });
    expect([code, err]).toEqual([2, expect.stringContaining('Something else than the gateway answers')]);
    other.close();
  });

  test('never through a proxy to this machine', async () => {
    const env = { http_proxy: `http://127.0.0.1:${await freePort()}`, no_proxy: '' };
    expect((await run(['status'], { env })).code).toBe(0);
  });

  test('with --json errors are JSON too, on standard error', async () => {
    const { out, err } = await run(['status', '--json'], { env: { MDSYNC_OPERATOR_TOKEN: 'wrong-one-1234' } });
    expect(out).toBe('');
    expect(JSON.parse(err)).toEqual({ error: 'unauthorized', message: expect.stringContaining('MDSYNC_OPERATOR_TOKEN') });
  });

  test('a store that is away: exit code 2, and where to look', async () => {
    gateway.operations.down = true;
    expect(await run(['status'])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('The store (PostgreSQL)') });
  });
});

describe('mdsync status', () => {
  test('is ten lines without colours when it is piped, whatever the environment says', async () => {
    const { code, out, err } = await run(['status'], { env: { FORCE_COLOR: '1' } });
    expect([code, err]).toEqual([0, '']);
    expect(out.trimEnd().split('\n')).toHaveLength(10);
    expect(out).toContain('1,234 pairs');
    expect(out).not.toContain('\u001B');
  });

  test('--json is what the gateway answers, before and after the command', async () => {
    const { json } = await gateway.send('GET', '/operator/status', { token: OPERATOR_TOKEN });
    for (const args of [
      ['status', '--json'],
      ['--json', 'status'],
    ])
      expect(JSON.parse((await run(args)).out)).toEqual(json);
  });

  test('tells of trouble', async () => {
    gateway.temporal.down = true;
    gateway.operations.current = {
      ...gateway.operations.current,
      problems: ['Marketo has no field microsoftId'],
      quarantined: 3,
    };
    const { code, out } = await run(['status']);
    expect(code).toBe(0);
    for (const words of ['Marketo has no field microsoftId', '3 records failed too often', 'Temporal does not answer'])
      expect(out).toContain(words);
  });
});

describe('mdsync retry', () => {
  beforeEach(() => {
    gateway.operations.put(refused);
    gateway.operations.put(quarantined);
  });

  test('follows one record to its good end: exit code 0', async () => {
    play({ key: 'record/1042', state: 'running' }, { key: 'record/1042', state: 'done', outcome: 'written' });
    const { code, out, err } = await run(['retry', '1042']);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      '1 record back at work; a cycle has been asked for.',
      `  person 1042 (${GUID}): written`,
      'It went through.',
      '',
    ]);
    expect(gateway.operations.records.get('record/7')?.state).toBe('quarantined');
  });

  test.each([GUID, `{${GUID.toUpperCase()}}`])('finds it by %s', async (id) => {
    play({ key: 'record/1042', state: 'done', outcome: 'unchanged' });
    expect(await run(['retry', id])).toMatchObject({ code: 0, out: expect.stringContaining('person 1042') });
  });

  test('refused: exit code 1; record, side, field, code, reason and next step', async () => {
    play(refused);
    const { code, out } = await run(['retry', '1042']);
    expect(code).toBe(1);
    for (const words of [
      `person 1042 (${GUID}): refused`,
      'Dynamics refused phone (0x80040265): Not a phone number.',
      'Next: mend the value, or the rule that refuses it, then: mdsync retry 1042',
      '1 refused.',
    ])
      expect(out).toContain(words);
  });

  test('--all takes everything that failed, and ends with the sum', async () => {
    play({ key: 'record/1042', state: 'done', outcome: 'written' }, quarantined);
    const { code, out } = await run(['retry', '--all']);
    expect(code).toBe(1);
    expect(out).toContain('2 records back at work');
    expect(out).toContain('person 7: failed: Dynamics gave no answer in time (timeout)');
    expect(out.trimEnd().split('\n').at(-1)).toBe('1 went through, 1 failed.');
  });

  test('--all --code takes what has that code', async () => {
    play({ key: 'record/7', state: 'done', outcome: 'written' });
    expect(await run(['retry', '--all', '--code', 'timeout'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('person 7'),
    });
    expect(gateway.operations.records.get('record/1042')).toEqual(refused);
  });

  test('nothing to try again is fine; an id that no record has is not', async () => {
    expect(await run(['retry', '--all', '--code', 'none'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing has failed'),
    });
    expect(await run(['retry', '999'])).toMatchObject({
      code: 2,
      out: expect.stringContaining('The sync knows nothing of the id 999.'),
    });
    expect(await run(['retry', 'jane'])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('must be a Marketo id'),
    });
  });

  test('several ids: the ones that are known are followed', async () => {
    play({ key: 'record/1042', state: 'done', outcome: 'written' });
    const { code, out } = await run(['retry', '1042', '999']);
    expect(code).toBe(2);
    expect(out).toMatch(/The sync knows nothing of the id 999\.[^]*person 1042 .*: written/);
  });

  test('--no-follow returns at once', async () => {
    const { code, out } = await run(['retry', '1042', '--no-follow']);
    expect([code, out]).toEqual([0, '1 record back at work; a cycle has been asked for.\n']);
  });

  test('--json is one document with a verdict for each record', async () => {
    play({ key: 'record/1042', state: 'done', outcome: 'written' }, quarantined);
    const { code, out } = await run(['retry', '--all', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      records: [
        {
          key: 'record/1042',
          marketoId: '1042',
          microsoftId: GUID,
          state: 'done',
          outcome: 'written',
          rejections: [],
          verdict: 'through',
        },
        { ...quarantined, verdict: 'failed' },
      ],
      unknown: [],
      cycleTriggered: true,
      hindrances: [],
    });
  });

  test('does not wait longer than --timeout: exit code 1, and the record stays on the list', async () => {
    const started = Date.now();
    const { code, out } = await run(['retry', '1042', '--timeout', '1']);
    expect(code).toBe(1);
    expect(Date.now() - started).toBeLessThan(5_000);
    expect(out).toMatch(/still waiting\n.*it stays on the list[^]*1 not through yet\.\n$/);
  });

  test('does not wait when a side is blocked: says what is in the way', async () => {
    gateway.operations.current = { ...gateway.operations.current, problems: ['Marketo does not let us in (601)'] };
    const started = Date.now();
    const { code, out } = await run(['retry', '1042']);
    expect(code).toBe(1);
    expect(Date.now() - started).toBeLessThan(20_000);
    expect(out).toContain('In the way: Marketo does not let us in (601).');
  });

  test('asks for another cycle when nothing moves', async () => {
    const retried = run(['retry', '1042']);
    await eventually(
      async () => gateway.temporal.cycles,
      (cycles) => cycles === 2,
    );
    gateway.operations.put({ key: 'record/1042', state: 'done', outcome: 'written' });
    expect((await retried).code).toBe(0);
  });

  test('more records than one answer tells of', async () => {
    const keys = Array.from({ length: 2_500 }, (_one, index) => `record/${10_000 + index}`);
    for (const key of keys) gateway.operations.put({ ...quarantined, key });
    gateway.operations.steps.push(() => {
      for (const key of [...keys, 'record/7', 'record/1042'])
        gateway.operations.put({ key, state: 'done', outcome: 'unchanged' });
    });
    const { code, out } = await run(['retry', '--all']);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n').at(-1)).toBe('All 2,502 records went through.');
  });
});

describe('mdsync setup', () => {
  test('says what was made', async () => {
    gateway.temporal.onSetUp = async () => ({ createdFields: ['microsoftId', 'microsoftType'], preparedTypes: [] });
    expect(await run(['setup'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('2 fields created: microsoftId, microsoftType'),
    });
    expect(JSON.parse((await run(['setup', '--json'])).out)).toEqual({
      createdFields: ['microsoftId', 'microsoftType'],
      preparedTypes: [],
    });
  });

  test('when Marketo refuses: exit code 1, the reason, and the run to look at', async () => {
    gateway.temporal.onSetUp = async () => {
      const refusal = ApplicationFailure.nonRetryable('Marketo does not let us in (603): check permissions', 'Config');
      throw new WorkflowFailedError('failed', refusal, RetryState.NON_RETRYABLE_FAILURE);
    };
    const { code, out, err } = await run(['setup']);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/Marketo does not let us in \(603\): check permissions\.[^]*set-up/);
  });

  test('waits for a worker that is late, and gives up after --timeout', async () => {
    let asked = 0;
    gateway.temporal.onSetUp = async () => {
      asked += 1;
      return asked < 3 ? new Promise(() => undefined) : { createdFields: [], preparedTypes: [] };
    };
    expect(await run(['setup'])).toMatchObject({ code: 0, out: expect.stringContaining('was there already') });
    gateway.temporal.onSetUp = () => new Promise(() => undefined);
    expect(await run(['setup', '--timeout', '1'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('the worker does not run'),
    });
  });
});
