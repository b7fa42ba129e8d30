import type { FastifyInstance } from 'fastify';
import { within } from './deadline';
import type { HealthReport, PartHealth } from './deps';

export interface HealthChecks {
  readonly store: () => Promise<boolean>;
  readonly temporal: () => Promise<boolean>;
  /** True once the first cycle has been through. */
  readonly ready: () => Promise<boolean>;
}

/**
 * Makes the report of `GET /health`. A part that fails or does not answer within `waitMs` is down. Callers that ask at the same
 * moment share one look, because anybody may ask.
 */
export function createHealth(checks: HealthChecks, waitMs = 2_000): () => Promise<HealthReport> {
  let looking: Promise<HealthReport> | undefined;
  return () => {
    looking ??= look(checks, waitMs).finally(() => {
      looking = undefined;
    });
    return looking;
  };
}

async function look(checks: HealthChecks, waitMs: number): Promise<HealthReport> {
  const holds = async (check: () => Promise<boolean>): Promise<boolean> =>
    (await within(
      check().catch(() => false),
      waitMs,
    )) ?? false;
  const [store, temporal] = await Promise.all([holds(checks.store), holds(checks.temporal)]);
  const parts = { store: word(store), temporal: word(temporal) };
  if (!store || !temporal) return { status: 'down', parts };
  return { status: (await holds(checks.ready)) ? 'ready' : 'starting', parts };
}

function word(ok: boolean): PartHealth {
  return ok ? 'ok' : 'down';
}

/** `GET /health`, without a token: it says that parts are down, never why. */
export function registerHealth(app: FastifyInstance, health: () => Promise<HealthReport>): void {
  app.get('/health', async (_request, reply) => {
    const report = await health();
    return reply.code(report.status === 'down' ? 503 : 200).send(report);
  });
}
