/** The Temporal server of `npm start` and of tests: the CLI's dev server, kept in a file so that runs survive a restart. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../temporal/names';
import { identify, requireFreePort, stopProcess } from './processes';

const START_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 8_000;

/**
 * What the dev server leaves at values for clusters, and what they cost here: `matching.*Partitions` spread one machine's queue for
 * nothing, and an id may be used again only after `workflowIdReuseMinimalInterval`, which delays every continue-as-new; the rest are
 * rate limits that look like slowness.
 */
const DYNAMIC_CONFIG: Readonly<Record<string, number | string>> = {
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'history.workflowIdReuseMinimalInterval': '100ms',
  'frontend.rps': 20_000,
  'frontend.namespaceRPS': 20_000,
  'frontend.namespaceCount': 5_000,
  'matching.rps': 20_000,
  'matching.persistenceMaxQPS': 20_000,
  'history.rps': 20_000,
  'worker.batcherRPS': 500,
};

export interface TemporalServerOptions {
  readonly binary: string;
  readonly port: number;
  /** Absent: no Web UI. */
  readonly uiPort?: number;
  /** Absent: everything is forgotten when the server ends. */
  readonly dbFile?: string;
  /** Where the server's own words go; begun anew at each start. */
  readonly logFile: string;
  /** Told the pid as soon as there is one, before the server answers. */
  readonly onSpawned?: (pid: number) => void;
}

export interface RunningServer {
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a dev server on 127.0.0.1 with our search attributes. Resolves when it serves the `default` namespace. */
export async function startTemporalServer(options: TemporalServerOptions): Promise<RunningServer> {
  await requireFreePort(options.port, 'the Temporal server', 'MDSYNC_TEMPORAL_PORT');
  if (options.uiPort) await requireFreePort(options.uiPort, 'the Temporal Web UI', 'MDSYNC_TEMPORAL_UI_PORT');

  // Not a pipe: it would break under a server that outlives us. Detached: a Ctrl-C is ours to handle, the server ends after the worker.
  const log = openSync(options.logFile, 'w');
  const server = spawn(options.binary, argumentsOf(options), { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  const failed = new Promise<never>((_, reject) => {
    server.once('error', reject);
    server.once('exit', (code, signal) => reject(new Error(`ended with ${signal ?? `code ${code}`}`)));
  });
  try {
    if (server.pid !== undefined) options.onSpawned?.(server.pid);
    const address = `127.0.0.1:${options.port}`;
    await Promise.race([failed, answers(address)]);
    failed.catch(() => {});
    return { address, pid: server.pid ?? 0, stop: () => stop(server) };
  } catch (error) {
    failed.catch(() => {});
    await stop(server);
    const words = readFileSync(options.logFile, 'utf8').trim().split('\n').slice(-5).join('\n');
    throw new Error(
      `The Temporal server does not start (${(error as Error).message}). The end of ${options.logFile}:\n${words}`,
      {
        cause: error,
      },
    );
  }
}

/** Without the two pragmas a persisted server syncs every commit to disk, which is 2.6 times slower. */
function argumentsOf({ port, uiPort, dbFile }: TemporalServerOptions): string[] {
  const pragmas = dbFile ? ['journal_mode=WAL', 'synchronous=NORMAL'] : ['journal_mode=OFF', 'synchronous=OFF'];
  return [
    'server',
    'start-dev',
    '--ip=127.0.0.1',
    `--port=${port}`,
    '--log-level=warn',
    ...(uiPort ? [`--ui-port=${uiPort}`, '--ui-disable-news-fetch'] : ['--headless']),
    ...(dbFile ? [`--db-filename=${dbFile}`] : []),
    ...pragmas.map((pragma) => `--sqlite-pragma=${pragma}`),
    ...Object.values(SEARCH_ATTRIBUTES).map(({ name }) => `--search-attribute=${name}=Keyword`),
    ...Object.entries(DYNAMIC_CONFIG).map(([key, value]) => `--dynamic-config-value=${key}=${JSON.stringify(value)}`),
  ];
}

/** The port opens before the namespace is there: only a call that needs it shows that the server is ready. */
async function answers(address: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: '2s' });
      try {
        return void (await connection.workflowService.countWorkflowExecutions({ namespace: 'default' }));
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`no answer within ${START_TIMEOUT_MS / 1000} s`, { cause: error });
      await sleep(100);
    }
  }
}

async function stop(server: ChildProcess): Promise<void> {
  const identity = server.pid === undefined ? undefined : identify(server.pid);
  if (identity) await stopProcess(identity, STOP_GRACE_MS);
}
