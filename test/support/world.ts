/** The whole product in one process, for scenarios: both sandboxes, store, Temporal server, worker and gateway, all real. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { readSettings } from '../../src/config/env';
import { testSettingsOfThisProcess } from '../../src/config/testEnv';
import type { Log } from '../../src/core/ports';
import { freePort } from '../../src/embedded/processes';
import { findTemporalBinary } from '../../src/embedded/temporalBinary';
import { type RunningServer, startTemporalServer } from '../../src/embedded/temporalServer';
import { createGateway } from '../../src/gateway/server';
import { createDataverseSandbox } from '../../src/sandbox/dataverse';
import { createMarketoSandbox } from '../../src/sandbox/marketo';
import { createFlowStepChunks } from '../../src/store/flowStep';
import { createDesk } from '../../src/store/desk';
import { createOperations } from '../../src/store/operations';
import { createRequests } from '../../src/store/requests';
import type { Database } from '../../src/store/database';
import { createTemporalDoor } from '../../src/temporal/door';
import { startAnswer } from '../../src/temporal/flowStep';
import { SCHEDULE_ID, TASK_QUEUE } from '../../src/temporal/names';
import { createLooks } from '../../src/temporal/lookInto';
import { ensureSchedule } from '../../src/temporal/schedule';
import { runSetUp } from '../../src/temporal/setUp';
import { createWorkers } from '../../src/temporal/workers';
import { wire, type Wired } from '../../src/wiring';
import type { CycleResult } from '../../src/workflows/syncCycle';
import { oneToken } from './keyring';
import { freshDatabase } from './database';
import { createMarketer, createSalesperson, type Marketer, type Salesperson, sendJson } from './vendors';

export const GATEWAY_TOKEN = 'gateway-token-of-the-tests';
export const OPERATOR_TOKEN = 'operator-token-of-the-tests';

export interface WorldOptions {
  readonly people?: number;
  readonly contacts?: number;
  readonly leads?: number;
  /** Shifts the Dynamics seed, so that some humans are known to one side only. */
  readonly offset?: number;
  /** More settings, by environment variable. */
  readonly env?: Readonly<Record<string, string>>;
  /** True: the worker is the program of its own that production runs, and can be killed. */
  readonly ownProcess?: boolean;
  /** How many of those there are; one unless said otherwise. */
  readonly processes?: number;
  /** Something that stands between the product and a vendor: answers the address that the product is to use. */
  readonly through?: (side: 'marketo' | 'dataverse', url: string) => Promise<string>;
  /** False: Marketo stays as it is when new. */
  readonly setUp?: boolean;
}

export interface World {
  readonly marketer: Marketer;
  readonly sales: Salesperson;
  readonly client: Client;
  readonly db: Database;
  readonly gatewayUrl: string;
  /** The environment of the product's programs, for one that a scenario starts itself. */
  readonly env: Readonly<Record<string, string>>;
  readonly marketoUrl: string;
  readonly dataverseUrl: string;
  /** Everything the product logged, as JSON lines. */
  readonly logged: readonly string[];
  /** Runs one cycle to its end. */
  cycle(): Promise<CycleResult>;
  /** Runs cycles until one finds nothing to do; answers how many it took. */
  settle(): Promise<number>;
  /** Like `settle`, but waits for records that have put themselves off for a moment, too. */
  rest(): Promise<void>;
  /** Calls by the product since the last time this was asked, by side and operation. */
  callsSince(): Promise<{
    readonly marketo: Readonly<Record<string, number>>;
    readonly dataverse: Readonly<Record<string, number>>;
  }>;
  control(side: 'marketo' | 'dataverse', path: string, body?: unknown, method?: string): Promise<Record<string, unknown>>;
  /** What Marketo's webhook would send and get. */
  webhook(body: unknown): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  /** Stops the worker in order and starts another, for this once with other settings than the world's. */
  restartWorker(otherEnv?: Readonly<Record<string, string>>): Promise<void>;
  /** `kill -9` of the worker's process (with `ownProcess`), and another one at once. */
  crashWorker(): Promise<void>;
  stop(): Promise<void>;
}

/** The slowest answer in a hundred takes so many times as long as half of them. */
const SLOWEST_TO_MEDIAN = 3;

Runtime.install({ logger: new DefaultLogger('ERROR') });

const startTemporal = async (dir: string, cacheDir: string): Promise<RunningServer> =>
  startTemporalServer({
    binary: await findTemporalBinary({ cacheDir }),
    port: await freePort(),
    logFile: join(dir, 'temporal.log'),
  });

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'mdsync-world-'));
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const { vendors, cacheDir } = testSettingsOfThisProcess();
  // It takes longest, so the rest is made meanwhile.
  const startingTemporal = startTemporal(dir, cacheDir);
  const marketo = await createMarketoSandbox({});
  const dataverse = await createDataverseSandbox({});
  const [marketoUrl, dataverseUrl] = await Promise.all([marketo.listen(0), dataverse.listen(0)]);
  const { latencyMs, areLimitsEnforced } = vendors;
  if (!areLimitsEnforced) {
    // Two people at the keyboard of a test ask faster than an instance allows all its integrations together.
    await sendJson(`${marketoUrl}/_sandbox/limits`, 'POST', { callsPer20s: 100_000, concurrent: 100, daily: 10_000_000 });
  }
  await sendJson(`${marketoUrl}/_sandbox/seed`, 'POST', { people: options.people ?? 0 });
  await sendJson(`${dataverseUrl}/_sandbox/seed`, 'POST', {
    contacts: options.contacts ?? 0,
    leads: options.leads ?? 0,
    ...(options.offset === undefined ? {} : { offset: options.offset }),
  });
  for (const url of [marketoUrl, dataverseUrl]) {
    await sendJson(`${url}/_sandbox/latency`, 'POST', { medianMs: latencyMs, p99Ms: SLOWEST_TO_MEDIAN * latencyMs });
  }
  const database = await freshDatabase();
  const through = options.through ?? (async (_side, url) => url);
  const [marketoAddress, dataverseAddress] = [await through('marketo', marketoUrl), await through('dataverse', dataverseUrl)];

  const env = {
    MARKETO_BASE_URL: marketoAddress,
    MARKETO_CLIENT_ID: 'sync-client',
    MARKETO_CLIENT_SECRET: 'sync-secret',
    MARKETO_TIMEOUT_MS: '5000',
    ...(areLimitsEnforced ? {} : { MARKETO_CALLS_PER_20S: '10000' }),
    DATAVERSE_URL: dataverseAddress,
    DATAVERSE_TENANT_ID: 'sandbox',
    DATAVERSE_CLIENT_ID: 'sync-app',
    DATAVERSE_CLIENT_SECRET: 'sync-secret',
    DATAVERSE_AUTHORITY: dataverseAddress,
    DATAVERSE_TIMEOUT_MS: '5000',
    DATABASE_URL: database.url,
    MDSYNC_CALLBACK_HOSTS: '127.0.0.1',
    ...options.env,
  };
  const settings = readSettings(env);
  const temporal = await startingTemporal;
  const client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
  const logged: string[] = [];
  const log = logTo(logged);
  const connection = await NativeConnection.connect({ address: temporal.address });

  const envOfPrograms = { ...env, TEMPORAL_ADDRESS: temporal.address };
  let wired = await wire(settings, log);
  const start = async (): Promise<RunningWorker> =>
    options.ownProcess === true ? startProcesses(options.processes ?? 1, envOfPrograms, dir) : startWorker(connection, wired);
  let running = await start();
  const door = createTemporalDoor(client);
  await ensureSchedule(client);
  // Cycles run when a scenario asks for one.
  await client.schedule.getHandle(SCHEDULE_ID).pause('the scenario runs its own cycles');
  const gateway = createGateway({
    requests: createRequests(database.db),
    operations: createOperations(database.db),
    desk: { ...createDesk(database.db), looks: createLooks(client) },
    temporal: door,
    tokens: { gateway: oneToken(GATEWAY_TOKEN), operator: oneToken(OPERATOR_TOKEN) },
    flowStep: {
      chunks: createFlowStepChunks(database.db),
      startAnswer: (chunk, kind) => startAnswer(client, chunk, kind),
      callbackHosts: settings.callbackHosts,
    },
    health: async () => ({ status: 'ready', parts: { store: 'ok', temporal: 'ok' } }),
    log,
    clock: { now: () => new Date() },
  });
  const gatewayUrl = await gateway.listen({ host: '127.0.0.1', port: 0 });
  if (options.setUp !== false) await runSetUp(client);

  let number = 0;
  const cycle = async (): Promise<CycleResult> => {
    number += 1;
    return client.workflow.execute('syncCycle', { taskQueue: TASK_QUEUE, workflowId: `cycle-${number}`, args: [] });
  };
  let before: Awaited<ReturnType<typeof counts>> = { marketo: {}, dataverse: {} };
  const settle = async (): Promise<number> => {
    for (let count = 1; count <= 10; count += 1) {
      const { found, outcomes, failed } = await cycle();
      // An operator's retry starts a cycle of its own, whose records are not this one's.
      while ((await client.workflow.count(`ExecutionStatus = 'Running' AND WorkflowType = 'syncCycle'`)).count > 0)
        await sleep(50);
      if (found === 0 && failed === 0 && Object.keys(outcomes).length === 0) return count;
    }
    throw new Error('Ten cycles did not bring the two sides to rest');
  };
  const waiting = () => wired.db.selectFrom('inbox').select('key').where('state', '=', 'open').execute();
  const counts = async () => ({
    marketo: ofCaller(await sendJson(`${marketoUrl}/_sandbox/calls`), 'sync-client'),
    dataverse: ofCaller(await sendJson(`${dataverseUrl}/_sandbox/calls`), 'sync-app'),
  });

  return {
    marketer: createMarketer(marketoUrl, since),
    sales: createSalesperson(dataverseUrl),
    client,
    get db() {
      return wired.db;
    },
    gatewayUrl,
    env: envOfPrograms,
    marketoUrl,
    dataverseUrl,
    logged,
    cycle,
    settle,
    async rest() {
      await settle();
      for (let tries = 0; tries < 40 && (await waiting()).length > 0; tries += 1) {
        await sleep(250);
        await settle();
      }
    },
    async callsSince() {
      const now = await counts();
      const difference = { marketo: minus(now.marketo, before.marketo), dataverse: minus(now.dataverse, before.dataverse) };
      before = now;
      return difference;
    },
    control: (side, path, body, method) =>
      sendJson(
        `${side === 'marketo' ? marketoUrl : dataverseUrl}/_sandbox/${path}`,
        method ?? (body === undefined ? 'GET' : 'POST'),
        body,
      ),
    async webhook(body) {
      const answer = await fetch(`${gatewayUrl}/marketo/webhook/sync-person-to-microsoft`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${GATEWAY_TOKEN}` },
        body: JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
    async restartWorker(otherEnv = {}) {
      await running.stop();
      await wired.close();
      wired = await wire(readSettings({ ...env, ...otherEnv }), log);
      running = await start();
    },
    async crashWorker() {
      await running.crash();
      running = await start();
    },
    async stop() {
      await gateway.close();
      await running.stop();
      await wired.close();
      await connection.close();
      await client.connection.close();
      await temporal.stop();
      await Promise.all([marketo.close(), dataverse.close()]);
      await database.drop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

interface RunningWorker {
  stop(): Promise<void>;
  crash(): Promise<void>;
}

async function startProcesses(count: number, env: Readonly<Record<string, string>>, dir: string): Promise<RunningWorker> {
  const all = await Promise.all(
    Array.from({ length: count }, (_, number) => startProcess(env, join(dir, `worker-${number}.log`))),
  );
  const each = (end: keyof RunningWorker) => async (): Promise<void> => {
    await Promise.all(all.map((worker) => worker[end]()));
  };
  return { stop: each('stop'), crash: each('crash') };
}

/** The worker program, as `npm start` and a deployment run it; answers when it says that it is ready. */
async function startProcess(env: Readonly<Record<string, string>>, log: string): Promise<RunningWorker> {
  const out = openSync(log, 'w');
  const child = spawn(process.execPath, [resolve(__dirname, '../../dist/worker.js')], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  const ended = once(child, 'exit');
  while (!readFileSync(log, 'utf8').includes('worker ready')) {
    if (child.exitCode !== null) throw new Error(`The worker ended: ${readFileSync(log, 'utf8').slice(-2_000)}`);
    await new Promise((resume) => setTimeout(resume, 50));
  }
  const end = (signal: NodeJS.Signals) => async (): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return { stop: end('SIGTERM'), crash: end('SIGKILL') };
}

async function startWorker(connection: NativeConnection, wired: Wired): Promise<RunningWorker> {
  const workers = await createWorkers({
    connection,
    workflowBundle: { codePath: resolve(__dirname, '../../dist/workflowBundle.js') },
    activities: wired.activities,
    shutdownGraceTime: '1 second',
  });
  const run = workers.run();
  return {
    async stop() {
      workers.shutdown();
      await run;
    },
    crash: () => Promise.reject(new Error('A worker inside the test cannot be killed: say ownProcess')),
  };
}

function logTo(lines: string[]): Log {
  const write =
    (level: string) =>
    (fields: object, message: string): void => {
      lines.push(JSON.stringify({ level, message, ...fields }));
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

type Counts = Record<string, number>;

function ofCaller(answer: Record<string, unknown>, caller: string): Counts {
  const calls = (answer['calls'] ?? answer) as Record<string, Counts>;
  return calls[caller] ?? {};
}

function minus(now: Counts, before: Counts): Counts {
  const entries = Object.entries(now).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}
