/** Everything that `npm start` does until the product is ready, in order. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { environmentOfPrograms, sandboxedSides } from '../config/embeddedEnv';
import type { SyncStatus } from '../core/ports';
import { connectTemporal, type TemporalConnection } from '../temporal/client';
import { describeSchedule, triggerCycle } from '../temporal/schedule';
import { runSetUp } from '../temporal/setUp';
import { askHealth, readStatus, waitForFirstCycle } from './firstCycle';
import { type House, ourUrl } from './house';
import { requireFreePort } from './processes';
import { startProgram } from './programs';
import { provideSandboxes, requireSandboxPorts } from './sandboxes';
import { provideDatabase, provideTemporal } from './services';
import { tokenOf } from './tokens';

const FIRST_CYCLE_TIMEOUT_MS = 5 * 60_000;
/** Together with what the sandboxes, Temporal and PostgreSQL take, well below the 20 s in which a Ctrl-C is done. */
const GRACE_MS = { gateway: 2_000, worker: 9_000 } as const;

/** How everything stands when it runs. */
export interface BroughtUp {
  readonly status: SyncStatus;
  /** The first cycle has been through. */
  readonly ready: boolean;
}

/** Brings everything up. Rejects with one message that says what to do; what has been started then is in the stack. */
export async function bringUp(house: House): Promise<BroughtUp> {
  const { settings, dataDir, progress } = house;
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  await requireFreePorts(house);
  progress.waiting('Starting PostgreSQL, Temporal and the sandboxes');
  const [databaseUrl, temporalAddress] = await Promise.all([
    provideDatabase(house),
    provideTemporal(house),
    provideSandboxes(house),
  ]);

  const tokens = {
    gateway: tokenOf(settings, 'gateway'),
    operator: tokenOf(settings, 'operator'),
  };
  const env = environmentOfPrograms(settings, {
    dataDir,
    databaseUrl,
    tokens,
    ...(temporalAddress !== undefined && { temporalAddress }),
  });
  const temporal = openTemporal(temporalAddress);
  try {
    progress.waiting('Starting worker and gateway');
    await startPrograms(house, env, temporal.client);
    return await runFirstCycle(house, temporal.client, tokens.operator);
  } finally {
    await temporal.close();
  }
}

/** Asked before anything is started, so that a busy port costs nothing. PostgreSQL's may be taken by the one to adopt. */
async function requireFreePorts({ settings }: House): Promise<void> {
  const { ports, temporal } = settings;
  await requireFreePort(ports.gateway, 'the gateway', 'MDSYNC_GATEWAY_PORT');
  await requireSandboxPorts(settings);
  if (temporal.address !== undefined) return;
  await requireFreePort(ports.temporal, 'the Temporal server', 'MDSYNC_TEMPORAL_PORT');
  await requireFreePort(ports.temporalUi, 'the Temporal Web UI', 'MDSYNC_TEMPORAL_UI_PORT');
}

/** A developer's `TEMPORAL_*` are for the server they name, not for ours. */
function openTemporal(ownAddress: string | undefined): TemporalConnection {
  if (ownAddress === undefined) return connectTemporal();
  const connection = Connection.lazy({ address: ownAddress });
  return { client: new Client({ connection }), close: () => connection.close() };
}

async function startPrograms(house: House, env: NodeJS.ProcessEnv, client: Client): Promise<void> {
  const { ports } = house.settings;
  await Promise.all([
    startProgram(house, {
      name: 'worker',
      command: ['worker.js'],
      env,
      graceMs: GRACE_MS.worker,
      // The worker makes the Schedule once its store is ready.
      probe: () => describeSchedule(client),
    }),
    startProgram(house, {
      name: 'gateway',
      command: ['gateway.js'],
      env,
      graceMs: GRACE_MS.gateway,
      probe: () => askHealth(ourUrl(ports.gateway)),
    }),
  ]);
  house.progress.step(`Worker, and gateway on port ${ports.gateway}`);
}

/**
 * Between sandboxes all goes by itself. With a real system a person decides: fields of a real Marketo cannot be removed again, and a
 * paused Schedule stays paused.
 */
async function runFirstCycle(house: House, client: Client, operatorToken: string): Promise<BroughtUp> {
  const { settings, progress } = house;
  const gateway = { gatewayUrl: ourUrl(settings.ports.gateway), operatorToken };
  if (!settings.marketo) await prepareMarketo(house, client);
  if (sandboxedSides(settings).length < 2) {
    return { status: await readStatus(gateway), ready: (await askHealth(gateway.gatewayUrl)).status === 'ready' };
  }
  await triggerCycle(client);
  const ready = await waitForFirstCycle({
    ...gateway,
    timeoutMs: FIRST_CYCLE_TIMEOUT_MS,
    onStatus: ({ pairs, waiting }) => {
      const left = Object.values(waiting).reduce((sum, count) => sum + count, 0);
      progress.waiting(`First cycle: ${pairs} pairs so far, ${left} records waiting`);
    },
  });
  const status = await readStatus(gateway);
  if (ready) progress.step(`First cycle: ${status.pairs} pairs`);
  return { status, ready };
}

async function prepareMarketo({ progress }: House, client: Client): Promise<void> {
  progress.waiting('Preparing Marketo: fields and activity types');
  const { createdFields, preparedTypes } = await runSetUp(client);
  progress.step(`Marketo is prepared: ${createdFields.length} fields and ${preparedTypes.length} activity types were missing`);
}
