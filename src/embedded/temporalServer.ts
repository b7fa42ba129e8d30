/** The Temporal server of `npm start` and of tests: the CLI's dev server, kept in a file so that runs survive a restart. */
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../temporal/names';
import { type Child, startChild, untilReady } from './child';
import { requireFreePort } from './processes';

const START_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 4_000;

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
  /** Where the server's own words go. */
  readonly logFile: string;
  /** Told the pid as soon as there is one, before the server answers. */
  readonly onSpawned?: (pid: number) => void;
}

export interface RunningServer {
  readonly address: string;
  /** As of a child. */
  readonly ended: Child['ended'];
  stop(): Promise<void>;
}

/** Starts a dev server on 127.0.0.1 with our search attributes. Resolves when it serves the `default` namespace. */
export async function startTemporalServer(options: TemporalServerOptions): Promise<RunningServer> {
  await requireFreePort(options.port, 'the Temporal server', 'MDSYNC_TEMPORAL_PORT');
  if (options.uiPort) await requireFreePort(options.uiPort, 'the Temporal Web UI', 'MDSYNC_TEMPORAL_UI_PORT');

  const { binary, logFile } = options;
  const server = await startChild({ command: binary, args: argumentsOf(options), logFile });
  const stop = (): Promise<void> => server.stop(STOP_GRACE_MS);
  try {
    options.onSpawned?.(server.pid);
    const address = `127.0.0.1:${options.port}`;
    const probe = (): Promise<void> => ask(address);
    await untilReady({ what: 'The Temporal server', child: server, logFile, timeoutMs: START_TIMEOUT_MS, probe });
    return { address, ended: server.ended, stop };
  } catch (error) {
    await stop();
    throw error;
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
async function ask(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '2s' });
  try {
    await connection.workflowService.countWorkflowExecutions({ namespace: 'default' });
  } finally {
    await connection.close();
  }
}
