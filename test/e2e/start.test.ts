import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isPortFree } from '../../src/embedded/processes';
import { postgresPid, processesOf, runningOf, start, type StartEnv, type Started, surroundings } from '../support/started';

const run = promisify(execFile);
const READY = /Ready: \d+ pairs are in sync/;
/** Seconds on a machine of its own; a busy one may take minutes for the first cycle. */
const PATIENCE_MS = 240_000;
const EVERYTHING = ['PostgreSQL', 'Temporal', 'gateway', 'sandboxes', 'worker'];

let dataDir: string;
let env: StartEnv;
const all: Started[] = [];

const begin = (overrides: StartEnv = {}, words: readonly string[] = []): Started => {
  const started = start({ ...env, ...overrides }, words);
  all.push(started);
  return started;
};
const running = (): readonly string[] => runningOf(processesOf(dataDir));
/** The ports that a part would hold, and PostgreSQL's own file: what shows when nothing was left by a start that failed. */
async function leftBehind(): Promise<readonly string[]> {
  const ports = Object.entries(env).filter(([name]) => name.endsWith('_PORT'));
  const taken = await Promise.all(ports.map(async ([name, port]) => ((await isPortFree(Number(port))) ? [] : [name])));
  return [...taken.flat(), ...(postgresPid(dataDir) === undefined ? [] : ['PostgreSQL'])];
}
const pairsOf = (started: Started): string => READY.exec(started.said())?.[0] ?? '';

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'mdsync-start-'));
  // As root, PostgreSQL runs as another user, who must get in.
  chmodSync(dataDir, 0o755);
  env = await surroundings(dataDir);
});

afterAll(async () => {
  // After a failed test something may still run.
  for (const one of all) {
    try {
      one.ctrlC();
    } catch {
      // It has ended, as it should.
    }
  }
  await Promise.all(all.map((one) => one.ended));
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

/** In the order of a life: each test goes on from where the one before left the data directory. */
describe('npm start', () => {
  let first: Started;
  let pairs: string;

  test('with a port taken: one message, nothing started', async () => {
    const stranger = createServer();
    await new Promise<void>((listening) => stranger.listen(Number(env['MDSYNC_MARKETO_SANDBOX_PORT']), '127.0.0.1', listening));
    const refused = begin();
    const code = await refused.ended;
    const left = await leftBehind();
    await new Promise((closed) => stranger.close(closed));
    expect(code).toBe(1);
    expect(refused.said()).toMatch(/Port \d+, meant for the local Marketo, is used .* set MDSYNC_MARKETO_SANDBOX_PORT/);
    expect(refused.said()).not.toMatch(/^ +at /m);
    expect(left).toEqual(['MDSYNC_MARKETO_SANDBOX_PORT']);
  });

  test('with a wrong setting: one message that names it', async () => {
    const refused = begin({ MDSYNC_LOG_LEVEL: 'loud' });
    expect(await refused.ended).toBe(1);
    expect(refused.said()).toContain('MDSYNC_LOG_LEVEL must be one of');
    expect(await leftBehind()).toEqual([]);
  });

  test('with people at work at a real system: one message, nothing started', async () => {
    const real = { MARKETO_BASE_URL: 'https://123-ABC-456.mktorest.com', MARKETO_CLIENT_ID: 'id', MARKETO_CLIENT_SECRET: 'hush' };
    const refused = begin(real, ['--traffic']);
    expect(await refused.ended).toBe(1);
    expect(refused.said()).toContain('--traffic makes edits up, so it runs with the local Marketo and the local Dynamics only');
    expect(await leftBehind()).toEqual([]);
  });

  test('without a Temporal server: every way to get one, nothing left running', async () => {
    const refused = begin({ TEMPORAL_CLI_PATH: '/nowhere/temporal' });
    expect(await refused.ended).toBe(1);
    expect(refused.said()).toMatch(/TEMPORAL_ADDRESS=[^]*https:\/\/docs\.temporal\.io\/cli[^]*pip/);
    expect(await leftBehind()).toEqual([]);
  });

  test(
    'brings everything up until the first cycle has paired the seed, and shows where to look',
    async () => {
      first = begin();
      await first.says('Ctrl-C');
      pairs = pairsOf(first);
      expect(Number(/\d+/.exec(pairs)?.[0])).toBeGreaterThan(250);
      expect(running()).toEqual(EVERYTHING);
      const links = [...first.said().matchAll(/http:\/\/127\.0\.0\.1:\d+[^\s)]*(?=\s{2}|\n)/g)].map(([link]) => link);
      expect(links.length).toBeGreaterThanOrEqual(5);
      for (const link of links) expect((await fetch(link)).status).toBeLessThan(500);
      const health = await fetch(`http://127.0.0.1:${env['MDSYNC_GATEWAY_PORT']}/health`);
      expect(await health.json()).toMatchObject({ status: 'ready' });
    },
    PATIENCE_MS,
  );

  test('keeps tokens for their owner alone', () => {
    for (const name of ['gateway-token', 'operator-token', 'postgres-password']) {
      expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(dataDir, name), 'utf8').trim().length).toBeGreaterThan(30);
    }
  });

  test(
    'shows three commands that work when they are pasted into a shell',
    async () => {
      const [, ...blocks] = first.said().split(/^ {2}\d\. .*\n/m);
      const commands = blocks.map((block) => block.trim().split('\n\n')[0] ?? '');
      expect(commands).toHaveLength(3);
      const outputs: string[] = [];
      for (const command of commands)
        outputs.push((await run('sh', ['-ec', command], { cwd: resolve(__dirname, '../..') })).stdout);
      const [edited, collided, created] = outputs;
      expect(edited).toMatch(/written|done/);
      expect(collided).toMatch(/Title by sales/);
      expect(created).toMatch(/"status":"created"/);
    },
    PATIENCE_MS,
  );

  test('refuses a second start on the same data, and leaves the first alone', async () => {
    const second = begin();
    expect(await second.ended).toBe(1);
    expect(second.said()).toContain(`It is running already, as process ${first.pid}`);
    expect(running()).toEqual(EVERYTHING);
  });

  test('stops everything on Ctrl-C within 20 s and ends well', async () => {
    const processes = processesOf(dataDir);
    const asked = Date.now();
    first.ctrlC();
    // As npm does: it passes on what the terminal has sent already.
    first.kill('SIGINT');
    expect(await first.ended).toBe(0);
    expect(Date.now() - asked).toBeLessThan(20_000);
    expect(runningOf(processes)).toEqual([]);
    expect(await leftBehind()).toEqual([]);
  });

  test(
    'after a kill -9 the next start takes over: PostgreSQL as it is, the rest anew, on the same data, with people at work',
    async () => {
      const killed = begin();
      await killed.says(READY);
      expect(killed.said()).not.toContain('Seeded');
      const postgres = postgresPid(dataDir);
      killed.kill('SIGKILL');
      await killed.ended;
      expect(running()).toEqual(EVERYTHING);

      const next = begin({}, ['--traffic', '600']);
      await next.says('Ctrl-C');
      for (const name of ['gateway', 'worker', 'sandboxes', 'Temporal']) expect(next.said()).toContain(`left: ${name}`);
      expect(next.said()).toMatch(/PostgreSQL on port \d+ \(was still running, adopted\)/);
      expect(postgresPid(dataDir)).toBe(postgres);
      expect(pairsOf(next)).toBe(pairsOf(killed));
      expect(running()).toEqual(EVERYTHING);
      await next.says(/Marketing gave|Marketing moved/);
      await next.says(/Sales gave|Sales made/);
      await next.says(/A trigger campaign asked for .* as a contact: 1 created/);
      const processes = processesOf(dataDir);
      next.kill('SIGTERM');
      expect(await next.ended).toBe(0);
      expect(next.said()).toMatch(/People have gone home, after \d+ deeds/);
      expect(runningOf(processes)).toEqual([]);
    },
    PATIENCE_MS,
  );
});
