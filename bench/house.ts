/** Everything the product runs on, started for the measurements alone and stopped after them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { settingsOfThisProcess } from '../src/config/env';
import { type Child, startChild, untilReady } from '../src/embedded/child';
import { startPostgres } from '../src/embedded/postgres';
import { freePort } from '../src/embedded/processes';
import { findTemporalBinary } from '../src/embedded/temporalBinary';
import { startTemporalServer } from '../src/embedded/temporalServer';
import { type Database, migrate, openDatabase } from '../src/store/database';
import { TASK_QUEUE } from '../src/temporal/names';
import { runSetUp } from '../src/temporal/setUp';
import type { CycleResult } from '../src/workflows/syncCycle';
import { control, MARKETO_GRANT, setLatency, type Latency, type Vendors } from './vendors';

const START_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 8_000;

export interface House {
  readonly client: Client;
  readonly db: Database;
  readonly vendors: Vendors;
  /** Environment of the product's programs. */
  readonly env: NodeJS.ProcessEnv;
  readonly dir: string;
  readonly latency: Latency;
  readonly pids: { readonly temporal: number; readonly postgres: number; readonly sandboxes: number };
  /** Starts a worker process. With `profile`, it leaves a CPU profile in that directory when it is stopped. */
  startWorker(options?: { readonly env?: NodeJS.ProcessEnv; readonly profile?: string }): Promise<Child>;
  stopWorker(worker: Child): Promise<void>;
  startProgram(name: string, script: string, probe: () => Promise<unknown>, env?: NodeJS.ProcessEnv): Promise<Child>;
  /** Set-up, as an administrator runs it once. */
  prepare(): Promise<void>;
  cycle(): Promise<CycleResult & { readonly workflowId: string; readonly ms: number }>;
  /** Runs cycles until one finds nothing to do. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export interface HouseOptions {
  readonly pairs: number;
  readonly latency: Latency;
  readonly say: (words: string) => void;
}

/**
 * A persisted Temporal dev server with the pragmas `npm start` uses, a PostgreSQL that syncs to disk, both sandboxes in a process of their
 * own, and no worker yet. The sandboxes know the same `pairs` humans.
 */
export async function startHouse({ pairs, latency, say }: HouseOptions): Promise<House> {
  const dir = mkdtempSync(join(tmpdir(), 'mdsync-bench-'));
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    say('starting PostgreSQL, Temporal and the sandboxes');
    const { cacheDir } = settingsOfThisProcess();
    const postgres = await startPostgres({ dataDir: dir, port: await freePort() });
    stops.push(() => postgres.stop());
    let temporalPid = 0;
    const temporal = await startTemporalServer({
      binary: await findTemporalBinary({ cacheDir }),
      port: await freePort(),
      dbFile: join(dir, 'temporal.db'),
      logFile: join(dir, 'temporal.log'),
      onSpawned: (pid) => (temporalPid = pid),
    });
    stops.push(() => temporal.stop());
    const sandboxes = await startSandboxes(dir);
    stops.push(() => sandboxes.child.stop(STOP_GRACE_MS));
    const { vendors } = sandboxes;
    await Promise.all([
      control(vendors.marketoUrl, 'seed', { people: pairs }),
      control(vendors.dataverseUrl, 'seed', { contacts: pairs }),
    ]);
    const db = openDatabase(postgres.url, { maxConnections: 4 });
    stops.push(() => db.destroy());
    await migrate(db);
    // Never closed, it ends with this process: whoever waits for a workflow then would throw where nobody can catch it.
    const client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
    say('bundling the workflows');
    const bundle = join(dir, 'workflowBundle.js');
    const { code } = await bundleWorkflowCode({
      workflowsPath: require.resolve('./workflows'),
      logger: new DefaultLogger('WARN'),
    });
    writeFileSync(bundle, code);
    await setLatency(vendors, latency);
    // The product keeps to all that Marketo grants, and so does the script it is held against; what the bench itself does beside is not refused.
    await control(vendors.marketoUrl, 'limits', { callsPer20s: 100_000, daily: 10_000_000 });
    await control(vendors.dataverseUrl, 'limits', { requests: 1_000_000, executionSeconds: 1_000_000, concurrent: 1_000 });

    const env: NodeJS.ProcessEnv = {
      ...process.env,
      MARKETO_BASE_URL: vendors.marketoUrl,
      MARKETO_CLIENT_ID: 'sync-client',
      MARKETO_CLIENT_SECRET: 'sync-secret',
      MARKETO_CALLS_PER_20S: String(MARKETO_GRANT.calls),
      DATAVERSE_URL: vendors.dataverseUrl,
      DATAVERSE_TENANT_ID: 'sandbox',
      DATAVERSE_CLIENT_ID: 'sync-app',
      DATAVERSE_CLIENT_SECRET: 'sync-secret',
      DATAVERSE_AUTHORITY: vendors.dataverseUrl,
      DATABASE_URL: postgres.url,
      TEMPORAL_ADDRESS: temporal.address,
      MDSYNC_LOG_LEVEL: 'warn',
      // Campaigns of the bench wait on this machine for the answers of flow steps.
      MDSYNC_CALLBACK_HOSTS: '127.0.0.1',
      // A re-read of the recent past belongs to one cycle in six: it would fall on some rounds and not on others.
      MDSYNC_OVERLAP_EVERY_CYCLES: '1000',
    };
    let started = 0;
    const startProgram: House['startProgram'] = async (name, script, probe, more = {}) => {
      const logFile = join(dir, `${name}-${(started += 1)}.log`);
      const args = ['--enable-source-maps', resolve(__dirname, script)];
      const child = await startChild({ command: process.execPath, args, env: { ...env, ...more }, logFile });
      stops.push(() => child.stop(STOP_GRACE_MS));
      await untilReady({ what: `The ${name}`, child, logFile, timeoutMs: START_TIMEOUT_MS, probe });
      return child;
    };
    const startWorker: House['startWorker'] = async ({ env: more = {}, profile } = {}) => {
      const logFile = join(dir, `worker-${(started += 1)}.log`);
      const node = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
      const args = ['--enable-source-maps', ...node, resolve(__dirname, 'programs/worker.js'), bundle];
      const child = await startChild({ command: process.execPath, args, env: { ...env, ...more }, logFile });
      stops.push(() => child.stop(STOP_GRACE_MS));
      const probe = async (): Promise<void> => {
        const { pollers } = await client.workflowService.describeTaskQueue({
          namespace: 'default',
          taskQueue: { name: TASK_QUEUE },
        });
        if (!pollers?.some(({ identity }) => identity?.startsWith(`${child.pid}@`))) throw new Error('It does not poll yet.');
      };
      await untilReady({ what: 'The worker', child, logFile, timeoutMs: START_TIMEOUT_MS, probe });
      return child;
    };

    let cycles = 0;
    const cycle: House['cycle'] = async () => {
      const workflowId = `bench-cycle-${(cycles += 1)}`;
      const startedAt = performance.now();
      const result: CycleResult = await client.workflow.execute('syncCycle', { taskQueue: TASK_QUEUE, workflowId, args: [] });
      if (result.ended !== 'done') throw new Error(`A cycle ended with ${result.ended}: ${result.why?.join(' ')}`);
      return { ...result, workflowId, ms: performance.now() - startedAt };
    };
    return {
      client,
      db,
      vendors,
      env,
      dir,
      latency,
      pids: { temporal: temporalPid, postgres: postgres.pid, sandboxes: sandboxes.child.pid },
      startWorker,
      stopWorker: (worker) => worker.stop(STOP_GRACE_MS),
      startProgram,
      prepare: () => runSetUp(client).then(() => undefined),
      cycle,
      async settle() {
        for (;;) {
          const { found, outcomes } = await cycle();
          if (found === 0 && Object.keys(outcomes).length === 0) return;
        }
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Brings a new instance to where users have it: prepared, and every human of the sandboxes paired. */
export async function pairEverybody(house: House): Promise<void> {
  await house.prepare();
  await house.settle();
}

async function startSandboxes(dir: string): Promise<{ readonly child: Child; readonly vendors: Vendors }> {
  const [marketo, dataverse] = [await freePort(), await freePort()];
  const logFile = join(dir, 'sandboxes.log');
  const child = await startChild({
    command: process.execPath,
    args: [resolve(__dirname, 'programs/sandboxes.js'), String(marketo), String(dataverse)],
    logFile,
  });
  const vendors = { marketoUrl: `http://127.0.0.1:${marketo}`, dataverseUrl: `http://127.0.0.1:${dataverse}` };
  const probe = (): Promise<unknown> => Promise.all(Object.values(vendors).map((url) => control(url, 'calls')));
  await untilReady({ what: 'The sandboxes', child, logFile, timeoutMs: START_TIMEOUT_MS, probe });
  return { child, vendors };
}
