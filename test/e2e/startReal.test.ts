import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createMarketoSandbox, type MarketoSandbox } from '../../src/sandbox/marketo';
import { start, type StartEnv, type Started, surroundings } from '../support/started';
import { sendJson } from '../support/vendors';

let dataDir: string;
let env: StartEnv;
/** It stands for a real one: `npm start` is told its address and has not started it. */
let marketo: MarketoSandbox;
let marketoUrl: string;
let started: Started;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'mdsync-start-real-'));
  chmodSync(dataDir, 0o755);
  env = await surroundings(dataDir);
  marketo = await createMarketoSandbox();
  marketoUrl = await marketo.listen(0);
});

afterAll(async () => {
  started.ctrlC();
  await started.ended;
  await marketo.close();
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

describe('npm start with a real Marketo', () => {
  test('changes nothing by itself: no made-up people anywhere, no new fields, no cycle before its time', async () => {
    const credentials = { MARKETO_CLIENT_ID: 'sync-client', MARKETO_CLIENT_SECRET: 'sync-secret' };
    started = start({ ...env, MARKETO_BASE_URL: marketoUrl, ...credentials });
    await started.says('Stop: Ctrl-C');
    expect(started.said()).toMatch(/Before the first cycle: .*mdsync doctor, .*mdsync setup, .*mdsync plan/);
    expect(started.said()).toContain(`Marketo           ${marketoUrl}`);
    expect(started.said()).not.toMatch(/Seeded|is prepared|Try it/);
    const calls = JSON.stringify(await sendJson(`${marketoUrl}/_sandbox/calls`));
    expect(calls).not.toMatch(/create|delete|post|sync/i);
    // The side that has no real system is local, and empty.
    const dynamics = `http://127.0.0.1:${env['MDSYNC_DATAVERSE_SANDBOX_PORT']}`;
    expect(started.said()).toContain(`Dynamics sandbox  ${dynamics}`);
    await expect(fetch(`http://127.0.0.1:${env['MDSYNC_MARKETO_SANDBOX_PORT']}`)).rejects.toThrow();
  }, 120_000);
});
