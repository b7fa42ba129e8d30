/** The store as the gateway uses it: opened at once, brought up to date as soon as PostgreSQL answers. */
import type { CreationRequests, FlowStepChunks, Log, Operations } from '../../core/ports';
import { isAlive, migrate, openDatabase } from '../../store/database';
import { createDesk, type Desk } from '../../store/desk';
import { createFlowStepChunks } from '../../store/flowStep';
import { createOperations } from '../../store/operations';
import { hasComeUp, type ReadinessOptions } from '../../store/readiness';
import { createRequests } from '../../store/requests';
import { patiently } from './patiently';

export interface GatewayStore {
  readonly requests: CreationRequests;
  readonly operations: Operations;
  readonly chunks: FlowStepChunks;
  readonly desk: Desk;
  /** True when PostgreSQL answers and its tables are up to date. */
  readonly isAlive: () => Promise<boolean>;
  readonly hasComeUp: () => Promise<boolean>;
  /** To be called after `closing` was aborted. */
  readonly close: () => Promise<void>;
}

/** Answers at once, whether PostgreSQL is there or not: campaigns must get their 503. */
export function openStore(url: string, readiness: ReadinessOptions, log: Log, closing: AbortSignal): GatewayStore {
  const db = openDatabase(url);
  let upToDate = false;
  const bringUpToDate = async (): Promise<void> => {
    await migrate(db);
    upToDate = true;
  };
  const bringing = patiently(bringUpToDate, {
    signal: closing,
    onFailure: (error) =>
      log.error(
        { code: codeOf(error) },
        `The store is not ready (${codeOf(error)}): check DATABASE_URL, and that PostgreSQL runs. Requests are answered 503 until it is.`,
      ),
    onRecovery: () => log.info({}, 'the store is ready'),
  });
  return {
    requests: createRequests(db),
    operations: createOperations(db),
    chunks: createFlowStepChunks(db),
    desk: createDesk(db),
    isAlive: async () => upToDate && (await isAlive(db)),
    hasComeUp: () => hasComeUp(db, readiness),
    async close() {
      await bringing;
      await db.destroy();
    },
  };
}

/** The code of a database or network error; its text may hold the URL with its password. */
function codeOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  if (typeof code === 'string') return code;
  return message?.includes('timeout') ? 'timeout' : 'unknown error';
}
