import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { isPortFree } from '../../src/embedded/processes';

const ROOT = resolve(__dirname, '../..');
/** A test run as jest makes it, that goes on until it is stopped. */
const TEST_RUN = `
  require('./dist/embedded/testServers').startTestServers().then(
    (servers) => { process.on('SIGTERM', () => servers.stop().then(() => process.exit(0))); setInterval(() => {}, 1000); console.log(JSON.stringify(servers)); },
    (error) => { console.log(error.message); process.exit(1); },
  );`;

let testRun: ChildProcess | undefined;
afterEach(() => void testRun?.kill('SIGKILL'));

function begin(env: NodeJS.ProcessEnv = {}): ChildProcess {
  const { TEST_DATABASE_URL: _database, TEST_TEMPORAL_ADDRESS: _temporal, ...own } = process.env;
  testRun = spawn(process.execPath, ['-e', TEST_RUN], {
    cwd: ROOT,
    env: { ...own, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return testRun;
}

async function firstWords(run: ChildProcess): Promise<string> {
  const [words] = (await once(run.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return words.toString();
}

async function portsOf(run: ChildProcess): Promise<readonly number[]> {
  const { databaseUrl, temporalAddress } = JSON.parse(await firstWords(run)) as Record<string, string>;
  return [Number(new URL(databaseUrl ?? '').port), Number(temporalAddress?.split(':')[1])];
}

async function taken(ports: readonly number[]): Promise<boolean[]> {
  return Promise.all(ports.map(async (port) => !(await isPortFree(port))));
}

describe('the servers of a test run', () => {
  test('both run until they are stopped', async () => {
    const run = begin();
    const ports = await portsOf(run);
    expect(await taken(ports)).toEqual([true, true]);
    run.kill('SIGTERM');
    await once(run, 'exit');
    expect(await taken(ports)).toEqual([false, false]);
  });

  test('none is left when the run is killed', async () => {
    const run = begin();
    const ports = await portsOf(run);
    run.kill('SIGKILL');
    const deadline = Date.now() + 15_000;
    while ((await taken(ports)).includes(true) && Date.now() < deadline) await sleep(100);
    expect(await taken(ports)).toEqual([false, false]);
  });

  test("a person's own database and Temporal are left alone, those named for tests are used", async () => {
    const env = { DATABASE_URL: 'postgres://real/people', TEMPORAL_ADDRESS: 'real:7233' };
    const named = { TEST_DATABASE_URL: 'postgres://u:p@127.0.0.1:1/tests', TEST_TEMPORAL_ADDRESS: '127.0.0.1:1' };
    expect(JSON.parse(await firstWords(begin({ ...env, ...named })))).toEqual({
      databaseUrl: named.TEST_DATABASE_URL,
      temporalAddress: named.TEST_TEMPORAL_ADDRESS,
    });
  });

  test('without a Temporal server it says every way to get one', async () => {
    const run = begin({ TEMPORAL_CLI_PATH: '/nowhere/temporal' });
    expect(await firstWords(run)).toMatch(/TEST_TEMPORAL_ADDRESS[^]*docs\.temporal\.io\/cli[^]*pip/);
  });
});
