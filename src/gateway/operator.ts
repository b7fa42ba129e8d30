/** What engineers ask over HTTP; the CLI is its client. */
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { RecordProgress, RetrySelector, SyncStatus } from '../core/ports';
import type { ScheduleState } from '../temporal/schedule';
import { OPERATORS, requireBearer } from './auth';
import type { ZodBodies } from './bodies';
import { within } from './deadline';
import type { GatewayDeps, Waits } from './deps';
import { fromStore } from './fromStore';
import { openApi } from './openapi/document';
import { progressBody, retryBody } from './schemas';

export interface StatusAnswer extends SyncStatus {
  /** `null` while Temporal does not answer. */
  readonly schedule: ScheduleState | null;
}

export interface CycleAnswer {
  /** False: Temporal did not answer, the records wait for the next cycle. */
  readonly cycleTriggered: boolean;
}

export interface ProgressAnswer {
  readonly records: readonly RecordProgress[];
}

export interface RetryAnswer extends ProgressAnswer, CycleAnswer {}

export function registerOperator(app: FastifyInstance, deps: GatewayDeps, waits: Waits): void {
  const { operations, temporal, log } = deps;
  const onRequest = requireBearer(deps.tokens.operator, OPERATORS);
  const operator = app.withTypeProvider<ZodBodies>();
  const stored = <T>(work: Promise<T>): Promise<T> => fromStore(work, waits.storeMs, log);

  operator.get('/operator/status', { onRequest }, async (): Promise<StatusAnswer> => {
    const schedule = within(
      temporal.schedule().catch(() => undefined),
      waits.temporalMs,
    );
    return { ...(await stored(operations.status())), schedule: (await schedule) ?? null };
  });

  operator.post('/operator/retry', { onRequest, schema: { body: retryBody } }, async ({ body }): Promise<RetryAnswer> => {
    const records = await stored(operations.retry(selectorOf(body)));
    const cycleTriggered = records.length > 0 && (await triggerCycle());
    log.info({ records: records.length, cycleTriggered }, 'an operator asked for a retry');
    return { records, cycleTriggered };
  });

  operator.post(
    '/operator/progress',
    { onRequest, schema: { body: progressBody } },
    async ({ body }): Promise<ProgressAnswer> => ({ records: await stored(operations.progress(body.keys)) }),
  );

  operator.post('/operator/cycle', { onRequest }, async (): Promise<CycleAnswer> => ({ cycleTriggered: await triggerCycle() }));

  operator.get('/operator/openapi.json', { onRequest }, () => openApi());

  async function triggerCycle(): Promise<boolean> {
    const triggered = await within(
      temporal.triggerCycle().then(
        () => true,
        () => false,
      ),
      waits.temporalMs,
    );
    if (!triggered) log.warn({}, 'Temporal did not start a cycle; the records wait for the next one');
    return triggered ?? false;
  }
}

function selectorOf(body: z.output<typeof retryBody>): RetrySelector {
  if (body.id !== undefined) return { id: body.id };
  return body.code === undefined ? { all: true } : { all: true, code: body.code };
}
