/** `dist/gateway.js` as a deployment runs it: what it does while PostgreSQL or Temporal are away, and how it ends. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { writeSetting } from '../../../src/store/settings';
import { ensureSchedule } from '../../../src/temporal/schedule';
import { openRequests } from '../../support/creation';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import {
  type Answer,
  eventually,
  type GatewayProgram,
  GATEWAY_TOKEN,
  OPERATOR_TOKEN,
  send,
  startGatewayProgram,
  startOwnTemporal,
  type Way,
  wayTo,
  WEBHOOK,
} from './support';

let fresh: FreshDatabase;
let temporal: Awaited<ReturnType<typeof startOwnTemporal>>;
let ways: { readonly store: Way; readonly temporal: Way };
let env: Record<string, string>;
let program: GatewayProgram | undefined;

beforeAll(async () => {
  fresh = await freshDatabase();
  temporal = await startOwnTemporal();
  const connection = await Connection.connect({ address: temporal.address });
  await ensureSchedule(new Client({ connection }));
  await connection.close();
  const database = new URL(fresh.url);
  const [host = '', port] = temporal.address.split(':');
  ways = { store: await wayTo(database.hostname, Number(database.port)), temporal: await wayTo(host, Number(port)) };
  database.hostname = '127.0.0.1';
  database.port = String(ways.store.port);
  env = { DATABASE_URL: database.href, TEMPORAL_ADDRESS: `127.0.0.1:${ways.temporal.port}` };
}, 60_000);
afterEach(async () => {
  program?.kill('SIGKILL');
  await program?.ended;
  program = undefined;
  await Promise.all([ways.store.close(), ways.temporal.close()]);
});
afterAll(async () => {
  await temporal.stop();
  await fresh.drop();
});

async function start(over: Record<string, string> = {}): Promise<GatewayProgram> {
  program = await startGatewayProgram({ ...env, ...over });
  await program.says('gateway ready');
  return program;
}

const openWays = (): Promise<unknown> => Promise.all([ways.store.open(), ways.temporal.open()]);
const healthOf = ({ url }: GatewayProgram): Promise<Answer> => send(url, '/health');
const ask = ({ url }: GatewayProgram, leadId: number): Promise<Answer> => send(url, WEBHOOK, GATEWAY_TOKEN, { leadId });

describe('the gateway program', () => {
  test('without its settings: one message that names each, and an end', async () => {
    program = await startGatewayProgram({ MDSYNC_GATEWAY_TOKEN: '', MDSYNC_OPERATOR_TOKEN: '' });
    expect(await program.ended).toBe(1);
    for (const name of ['DATABASE_URL', 'MDSYNC_GATEWAY_TOKEN', 'MDSYNC_OPERATOR_TOKEN'])
      expect(program.said()).toContain(`- ${name} must be set`);
    expect(program.said()).not.toContain('    at ');
  });

  test('with its port taken: one message, and an end', async () => {
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    program = await startGatewayProgram(env, port);
    expect(await program.ended).toBe(1);
    expect(program.said()).toContain(`Port ${port} on 127.0.0.1, meant for the gateway, is used by another program.`);
    expect(program.said()).toContain('MDSYNC_GATEWAY_PORT');
    stranger.close();
  });

  test('follows the file of tokens without a restart, and keeps with each request which token asked', async () => {
    await openWays();
    const dir = mkdtempSync(join(tmpdir(), 'mdsync-tokens-'));
    const file = join(dir, 'tokens');
    writeFileSync(file, 'forms-2026:old-token-1234\n');
    const running = await start({ MDSYNC_GATEWAY_TOKEN: '', MDSYNC_GATEWAY_TOKENS_FILE: file });
    const askWith = (token: string, leadId: number) => send(running.url, WEBHOOK, token, { leadId, requestId: 'once' });
    await eventually(
      () => healthOf(running),
      ({ status }) => status === 200,
    );
    const waiting = askWith('old-token-1234', 801);
    expect((await askWith('new-token-5678', 802)).status).toBe(401);
    writeFileSync(file, 'forms-2027:new-token-5678\n');
    const answer = eventually(
      () => askWith('new-token-5678', 802),
      ({ status }) => status !== 401,
    );
    expect((await answer).status).toBe(202);
    expect((await askWith('old-token-1234', 803)).status).toBe(401);
    expect((await waiting).status).toBe(202);
    const asked = fresh.db.selectFrom('request').select(['marketo_id', 'caller']).where('request_id', 'like', '80%/once');
    expect(await asked.orderBy('marketo_id').execute()).toEqual([
      { marketo_id: '801', caller: 'forms-2026' },
      { marketo_id: '802', caller: 'forms-2027' },
    ]);
    expect(running.said()).not.toMatch(/-token-/);
    rmSync(dir, { recursive: true });
  });

  test('with nothing behind it: it answers, says what is missing, and recovers by itself', async () => {
    const one = await start();
    expect(await healthOf(one)).toEqual({ status: 503, json: { status: 'down', parts: { store: 'down', temporal: 'down' } } });
    expect(await ask(one, 1)).toMatchObject({ status: 503, json: { error: 'unavailable' } });
    await one.says('check DATABASE_URL');
    await one.says('check TEMPORAL_ADDRESS');
    expect(one.said()).not.toContain(new URL(fresh.url).password);

    await openWays();
    await eventually(
      () => healthOf(one),
      ({ status }) => status === 200,
    );
    await one.says('the store is ready');
    await one.says('Temporal answers');
    expect(await send(one.url, '/operator/status', OPERATOR_TOKEN)).toMatchObject({
      status: 200,
      json: { pairs: 0, schedule: { nextRunAt: expect.any(String) } },
    });
  });

  test('that loses PostgreSQL answers 503, and 202 when it is back', async () => {
    await openWays();
    const one = await start();
    await eventually(
      () => healthOf(one),
      ({ status }) => status === 200,
    );
    await ways.store.close();
    expect((await ask(one, 2)).status).toBe(503);
    expect((await send(one.url, '/operator/status', OPERATOR_TOKEN)).status).toBe(503);
    expect(await healthOf(one)).toMatchObject({ status: 503, json: { parts: { store: 'down', temporal: 'ok' } } });
    await ways.store.open();
    expect((await ask(one, 2)).status).toBe(202);
    expect(await openRequests(fresh.db, '2')).toHaveLength(1);
  });

  test('that loses Temporal keeps requests all the same, and starts their workflows again when it is back', async () => {
    await openWays();
    const one = await start();
    await eventually(
      () => healthOf(one),
      ({ status }) => status === 200,
    );
    await ways.temporal.close();
    const [status, asked] = await Promise.all([send(one.url, '/operator/status', OPERATOR_TOKEN), ask(one, 3)]);
    expect(status).toMatchObject({ status: 200, json: { schedule: null } });
    expect(asked.status).toBe(202);
    expect(await openRequests(fresh.db, '3')).toHaveLength(1);

    await ways.temporal.open();
    await eventually(
      () => send(one.url, '/operator/status', OPERATOR_TOKEN),
      ({ json }) => json.schedule !== null,
    );
    const answer = ask(one, 4);
    const connection = await Connection.connect({ address: temporal.address });
    const { workflow } = new Client({ connection });
    const runOf = async (): Promise<string | undefined> =>
      (
        await workflow
          .getHandle('create/4')
          .describe()
          .catch(() => undefined)
      )?.status.name;
    await eventually(runOf, (run) => run === 'RUNNING');
    await connection.close();
    await answer;
  });

  test('is ready once a cycle has read both sides; with both on this machine once all is in sync', async () => {
    await openWays();
    const sandboxes = {
      MARKETO_BASE_URL: 'http://127.0.0.1:3301',
      MARKETO_CLIENT_ID: 'id',
      MARKETO_CLIENT_SECRET: 'secret',
      DATAVERSE_URL: 'http://127.0.0.1:3302',
      DATAVERSE_TENANT_ID: 't',
      DATAVERSE_CLIENT_ID: 'id',
      DATAVERSE_CLIENT_SECRET: 'secret',
    };
    const local = await start(sandboxes);
    const stateOf = async (one: GatewayProgram): Promise<string> => (await healthOf(one)).json.status;
    const cycle = { startedAt: new Date().toISOString(), count: 1 };
    await eventually(
      () => stateOf(local),
      (state) => state === 'starting',
    );
    await writeSetting(fresh.db, 'cycle', { ...cycle, outcome: 'config' });
    await writeSetting(fresh.db, 'problems', ['Marketo has no field microsoftId: run mdsync setup']);
    expect(await stateOf(local)).toBe('starting');
    await writeSetting(fresh.db, 'cycle', { ...cycle, outcome: 'running' });
    await writeSetting(fresh.db, 'problems', []);
    expect(await stateOf(local)).toBe('starting');
    await writeSetting(fresh.db, 'cycle', { ...cycle, outcome: 'done' });
    expect(await stateOf(local)).toBe('ready');
    // Once up, it is not new again.
    await writeSetting(fresh.db, 'cycle', { ...cycle, outcome: 'unreachable' });
    expect(await stateOf(local)).toBe('ready');

    local.kill('SIGKILL');
    await local.ended;
    await fresh.db.deleteFrom('setting').execute();
    const remote = await start();
    await eventually(
      () => stateOf(remote),
      (state) => state === 'starting',
    );
    await writeSetting(fresh.db, 'cycle', { ...cycle, outcome: 'running' });
    expect(await stateOf(remote)).toBe('starting');
    await writeSetting(fresh.db, 'problems', []);
    expect(await stateOf(remote)).toBe('ready');
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it in order: whoever waits is answered first', async (signal) => {
    await openWays();
    const one = await start();
    await eventually(
      () => healthOf(one),
      ({ status }) => status === 200,
    );
    const id = signal === 'SIGTERM' ? 5 : 6;
    const waiting = ask(one, id);
    await eventually(
      () => openRequests(fresh.db, String(id)),
      (open) => open.length === 1,
    );
    const asked = Date.now();
    one.kill(signal);
    one.kill(signal);
    expect((await waiting).status).toBe(202);
    expect(await one.ended).toBe(0);
    expect(Date.now() - asked).toBeLessThan(3_000);
  });

  test('ends in time even when PostgreSQL is away', async () => {
    const one = await start();
    await one.says('check DATABASE_URL');
    const asked = Date.now();
    one.kill('SIGTERM');
    expect(await one.ended).toBe(0);
    expect(Date.now() - asked).toBeLessThan(3_000);
  });

  test('logs JSON lines, with ids and without anything of a person', async () => {
    await openWays();
    const one = await start();
    await eventually(
      () => healthOf(one),
      ({ status }) => status === 200,
    );
    const asked = send(one.url, `${WEBHOOK}?who=somebody`, GATEWAY_TOKEN, { leadId: 7, assignTo: 'owner@example.com' });
    await eventually(
      () => openRequests(fresh.db, '7'),
      (open) => open.length === 1,
    );
    one.kill('SIGTERM');
    await asked;
    await one.ended;
    expect(one.said()).toContain('"marketoId":"7"');
    const lines = one.said().trim().split('\n');
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ name: 'gateway', level: expect.any(Number) });
    for (const secret of ['owner@example.com', 'somebody', GATEWAY_TOKEN]) expect(one.said()).not.toContain(secret);
  });
});
