#!/usr/bin/env node
/** The gateway program: config, then dependencies, then listen. */
import { settingsOfThisProcess } from './config/env';
import { openDoor } from './gateway/program/door';
import { createHealth } from './gateway/health';
import { endOnSignal } from './gateway/program/endOnSignal';
import { openKeyrings } from './gateway/program/keyrings';
import { listen } from './gateway/program/listen';
import { createGateway } from './gateway/server';
import { gatewaySettings } from './gateway/program/settings';
import { openStore } from './gateway/program/store';
import { createLog } from './log';

async function main(): Promise<void> {
  const all = settingsOfThisProcess();
  const settings = gatewaySettings(all);
  const log = createLog(all, 'gateway');
  const closing = new AbortController();
  const store = openStore(settings.databaseUrl, { awaitFirstLoad: settings.local }, log, closing.signal);
  const { door, startAnswer, looks } = openDoor(log, closing.signal);
  const { requests, operations, chunks, desk } = store;
  const app = createGateway({
    requests,
    operations,
    desk: { ...desk, looks },
    temporal: door,
    tokens: openKeyrings(settings, log, closing.signal),
    flowStep: {
      chunks,
      startAnswer,
      callbackHosts: settings.callbackHosts,
      ...(settings.munchkinId !== undefined && { munchkinId: settings.munchkinId }),
    },
    health: createHealth({ store: store.isAlive, temporal: () => door.isAlive(), ready: store.hasComeUp }),
    log,
    clock: { now: () => new Date() },
  });
  await listen(app, settings);
  log.info({ host: settings.host, port: settings.port }, 'gateway ready');
  endOnSignal(async () => {
    closing.abort();
    await app.close();
    await store.close();
  }, log);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  // What has been opened by then would keep the process alive.
  process.exit(1);
});
