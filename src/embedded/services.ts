/** What the programs stand on: PostgreSQL and Temporal, brought along or named by the settings. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, openDatabase } from '../store/database';
import { endedSentence } from './child';
import type { House } from './house';
import { requireNamedTemporal } from './namedTemporal';
import { startPostgres } from './postgres';
import { identify, isRunning } from './processes';
import { findTemporalBinary } from './temporalBinary';
import { startTemporalServer } from './temporalServer';

const WATCH_POSTGRES_EVERY_MS = 1_000;

/** The URL of the store's database, which answers. */
export async function provideDatabase(house: House): Promise<string> {
  const { settings, dataDir, stack, progress } = house;
  if (settings.databaseUrl) {
    await requireDatabase(settings.databaseUrl);
    progress.step('PostgreSQL: the one that DATABASE_URL names');
    return settings.databaseUrl;
  }
  const { postgres: port } = settings.ports;
  const postgres = await stack.start('PostgreSQL', async () => {
    const server = await startPostgres({ dataDir, port });
    return { ...server, ended: endOf(server.pid).then(() => `PostgreSQL ended. Its log is ${server.logFile}.`) };
  });
  progress.step(`PostgreSQL on port ${port}${postgres.adopted ? ' (was still running, adopted)' : ''}`);
  return postgres.url;
}

async function requireDatabase(url: string): Promise<void> {
  const database = openDatabase(url, { maxConnections: 1 });
  try {
    if (await isAlive(database)) return;
  } finally {
    await database.destroy();
  }
  throw new Error(
    'The PostgreSQL that DATABASE_URL names does not answer. Start it or mend the URL, or unset DATABASE_URL to use the one that npm start brings.',
  );
}

/** An adopted server is no child of ours: it is looked for, as nobody tells us of its end. */
async function endOf(pid: number): Promise<void> {
  const identity = identify(pid);
  if (identity === undefined) return;
  while (isRunning(identity)) await sleep(WATCH_POSTGRES_EVERY_MS, undefined, { ref: false });
}

/** The address of the Temporal server brought along, or `undefined` when `TEMPORAL_ADDRESS` names one, which answers. */
export async function provideTemporal(house: House): Promise<string | undefined> {
  const { settings, dataDir, ledger, stack, progress } = house;
  if (settings.temporal.address) {
    await requireNamedTemporal(settings.temporal.address);
    progress.step(`Temporal: the one at ${settings.temporal.address}, which TEMPORAL_ADDRESS names`);
    return undefined;
  }
  const { temporal: port, temporalUi: uiPort } = settings.ports;
  const logFile = join(dataDir, 'logs', 'temporal.log');
  const server = await stack.start('Temporal', async () => {
    const { cliPath } = settings.temporal;
    const onProgress = (message: string): void => progress.step(message);
    const { cacheDir } = settings;
    const binary = await findTemporalBinary({ ...(cliPath && { cliPath }), cacheDir, onProgress, signal: stack.signal });
    mkdirSync(join(dataDir, 'temporal'), { recursive: true });
    const dbFile = join(dataDir, 'temporal', 'temporal.db');
    const onSpawned = (pid: number): void => ledger.add('Temporal', pid);
    const running = await startTemporalServer({ binary, port, uiPort, dbFile, logFile, onSpawned });
    return { ...running, ended: running.ended.then((how) => endedSentence('The Temporal server', how, logFile)) };
  });
  progress.step(`Temporal on port ${port}, Web UI on port ${uiPort}`);
  return server.address;
}
