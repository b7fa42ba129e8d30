#!/usr/bin/env node
/** The worker program: config, then dependencies, then the workers. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { settingsOfThisProcess } from './config/env';
import type { Log } from './core/ports';
import { createLog } from './log';
import { connectTemporal } from './temporal/client';
import { ensureSchedule } from './temporal/schedule';
import { createWorkers } from './temporal/workers';
import { wire } from './wiring';

/** A write under way is given this long to end before it is left to be taken up by another worker. */
const SHUTDOWN_GRACE = '20 seconds';
const CONNECT_AGAIN_MS = 2_000;

async function main(): Promise<void> {
  const settings = settingsOfThisProcess();
  const log = createLog(settings, 'worker');
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      log[level === 'ERROR' ? 'error' : 'warn'](
        { workflowId: meta?.['workflowId'], activityType: meta?.['activityType'] },
        message,
      );
    }),
    shutdownSignals: ['SIGINT', 'SIGTERM'],
  });
  const wired = await wire(settings, log);
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connection = await connectPatiently(() => NativeConnection.connect(connectionOptions), log);
  try {
    const temporal = connectTemporal();
    await ensureSchedule(temporal.client);
    await temporal.close();
    const workers = await createWorkers({
      connection,
      namespace,
      workflowBundle: { codePath: join(__dirname, 'workflowBundle.js') },
      activities: wired.activities,
      shutdownGraceTime: SHUTDOWN_GRACE,
    });
    log.info({}, 'worker ready');
    await workers.run();
  } finally {
    await connection.close();
    await wired.close();
  }
}

/** Temporal may start after us, in a compose file for one. */
async function connectPatiently<T>(connect: () => Promise<T>, log: Log): Promise<T> {
  for (;;) {
    try {
      return await connect();
    } catch {
      log.warn({}, 'Temporal does not answer yet: check TEMPORAL_ADDRESS if this goes on');
      await sleep(CONNECT_AGAIN_MS);
    }
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
