/** Owns the servers of one test run: started at once, stopped when the channel to the test run closes. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testSettingsOfThisProcess, type TestSettings } from '../config/testEnv';
import { startPostgres } from './postgres';
import { freePort } from './processes';
import { findTemporalBinary } from './temporalBinary';
import { startTemporalServer } from './temporalServer';
import type { KeeperReport } from './testServers';

type Stop = () => Promise<void>;

async function main(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'mdsync-test-'));
  // As root, PostgreSQL runs as another user, who must get in.
  chmodSync(dataDir, 0o755);
  const stops: Stop[] = [];
  const testRunIsGone = new Promise<void>((resolve) => process.once('disconnect', resolve));
  try {
    const settings = testSettingsOfThisProcess();
    const starts = await Promise.allSettled([database(settings, dataDir, stops), temporal(settings, dataDir, stops)]);
    const [databaseUrl, temporalAddress] = starts.map((start) => {
      if (start.status === 'rejected') throw start.reason;
      return start.value;
    });
    await report({ databaseUrl: databaseUrl as string, temporalAddress: temporalAddress as string });
    await testRunIsGone;
  } catch (error) {
    await report({ problem: (error as Error).message });
  } finally {
    await Promise.all(stops.map((stop) => stop()));
    rmSync(dataDir, { recursive: true, force: true });
    if (process.connected) process.disconnect();
  }
}

/** Without syncing to disk: what a test wrote need not survive a power cut. */
async function database({ databaseUrl }: TestSettings, dataDir: string, stops: Stop[]): Promise<string> {
  if (databaseUrl) return databaseUrl;
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const postgres = await startPostgres({ dataDir, port: await freePort(), settings });
  stops.push(() => postgres.stop());
  return postgres.url;
}

async function temporal({ temporalAddress, cliPath, cacheDir }: TestSettings, dataDir: string, stops: Stop[]): Promise<string> {
  if (temporalAddress) return temporalAddress;
  const onProgress = (message: string): void => void process.stderr.write(`${message}\n`);
  const binary = await findTemporalBinary({ ...(cliPath && { cliPath }), cacheDir, onProgress });
  const server = await startTemporalServer({ binary, port: await freePort(), logFile: join(dataDir, 'temporal.log') });
  stops.push(() => server.stop());
  return server.address;
}

async function report(message: KeeperReport): Promise<void> {
  if (process.connected) await new Promise((resolve) => process.send?.(message, resolve));
}

void main();
