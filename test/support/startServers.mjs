// Jest's globalSetup: one PostgreSQL and one Temporal server for the whole run. It is called once per project that names it;
// later calls find the first one's servers. The program's own code starts them, so `npm run build` comes first.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export default async function startServers() {
  globalThis.mdsyncTestServers ??= start();
  const { databaseUrl, temporalAddress } = await globalThis.mdsyncTestServers;
  process.env.TEST_DATABASE_URL = databaseUrl;
  process.env.TEST_TEMPORAL_ADDRESS = temporalAddress;
}

async function start() {
  const built = new URL('../../dist/embedded/testServers.js', import.meta.url);
  if (!existsSync(fileURLToPath(built))) throw new Error('These tests run against the built program: run `npm run build` first.');
  const { startTestServers } = await import(built.href);
  return startTestServers();
}
