/** `POST /operator/setup`: prepares Marketo, by the workflow that makes its fields and activity types. */
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import type { SetUpReport } from '../core/ports';
import { SET_UP_WORKFLOW_ID } from '../temporal/names';
import { requireBearer } from './auth';
import { within } from './deadline';
import type { GatewayDeps, Waits } from './deps';
import { HttpError } from './errors';

export type SetUpAnswer = SetUpReport;

/**
 * Starts the workflow, or joins the run under way, and waits for its report. Asking again after a 503 is safe, and the way to get the
 * report of a run that takes longer than `waits.setUpMs`.
 */
export function registerSetUp(app: FastifyInstance, deps: GatewayDeps, waits: Waits, closing: AbortSignal): void {
  const { temporal, log } = deps;
  const onRequest = requireBearer(deps.tokens.operator, 'MDSYNC_OPERATOR_TOKEN');

  app.post('/operator/setup', { onRequest }, async (): Promise<SetUpAnswer> => {
    // The client tries for long before it says that nobody answers, and a run that never began must not be waited for.
    if (!(await within(temporal.isAlive(), waits.temporalMs))) throw temporalAway();
    const report = await within(temporal.setUp().catch(refuse), waits.setUpMs, closing);
    if (report === undefined) throw stillRunning(closing.aborted ? 'The gateway is being stopped' : tooLate(waits.setUpMs));
    log.info({ createdFields: report.createdFields, preparedTypes: report.preparedTypes }, 'an operator had Marketo prepared');
    return report;
  });

  function refuse(error: unknown): never {
    const answer = answerTo(error);
    log.warn({ error: answer.code }, 'Marketo could not be prepared');
    throw answer;
  }
}

/** Our activities say in one sentence, without the vendor's words, what an administrator must mend. */
function answerTo(error: unknown): HttpError {
  if (!(error instanceof WorkflowFailedError)) return temporalAway();
  const cause = deepest(error);
  if (cause instanceof ApplicationFailure) {
    return new HttpError(424, 'setUpRefused', `${cause.message}. The set-up has ended; ask again once that is mended.`, RUN);
  }
  const message = 'The set-up was ended from outside, or ran out of time. Its run in Temporal shows how far it got.';
  return new HttpError(503, 'setUpEnded', message, RUN, AGAIN);
}

function deepest(error: Error): Error {
  return error.cause instanceof Error ? deepest(error.cause) : error;
}

function temporalAway(): HttpError {
  const message = 'Temporal does not answer, so nothing was started. GET /health says which part is down.';
  return new HttpError(503, 'unavailable', message, {}, AGAIN);
}

function tooLate(waitMs: number): string {
  return `No report within ${waitMs / 1000} s: the worker does not run, or Marketo is slow`;
}

function stillRunning(why: string): HttpError {
  return new HttpError(503, 'setUpRunning', `${why}. The set-up goes on; ask again for its report.`, RUN, AGAIN);
}

/** Where to look further. */
const RUN = { workflowId: SET_UP_WORKFLOW_ID } as const;
const AGAIN = { 'retry-after': '5' } as const;
