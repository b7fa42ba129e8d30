/** Waiting for the report of a workflow, on behalf of an operator. */
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { within } from './deadline';
import type { GatewayDeps, Waits } from './deps';
import { HttpError } from './errors';

export interface ReportOptions {
  readonly temporal: Pick<GatewayDeps['temporal'], 'isAlive'>;
  readonly waits: Waits;
  /** Nobody waits any more. */
  readonly closing: AbortSignal;
}

const AGAIN = { 'retry-after': '5' } as const;

/**
 * Answers the report of a run, which callers share. Throws an HttpError otherwise:
 * - 503 `unavailable`: Temporal is away, nothing was started
 * - 503 `stillRunning`: it takes longer than a caller should be kept; asking again joins the same run
 * - 503 `ended`: somebody ended the run in Temporal, or it ran out of time
 * - 424 `failed`: it could not be done, with the reason
 */
export async function reportOf<T>(options: ReportOptions, workflowId: string, start: () => Promise<T>): Promise<T> {
  const { temporal, waits, closing } = options;
  // The client tries for long before it says that nobody answers, and a run that never began must not be waited for.
  if (!(await within(temporal.isAlive(), waits.temporalMs))) throw temporalAway();
  const report = await within(
    start().catch((error: unknown) => {
      throw answerTo(error, workflowId);
    }),
    waits.reportMs,
    closing,
  );
  if (report !== undefined) return report;
  const why = closing.aborted ? 'The gateway is being stopped' : tooLate(waits.reportMs);
  throw new HttpError(503, 'stillRunning', `${why}. It goes on; ask again for its report.`, { workflowId }, AGAIN);
}

function answerTo(error: unknown, workflowId: string): HttpError {
  if (!(error instanceof WorkflowFailedError)) return temporalAway();
  const cause = deepest(error);
  if (!(cause instanceof ApplicationFailure)) {
    const message = 'It was ended from outside, or ran out of time. Its run in Temporal shows how far it got.';
    return new HttpError(503, 'ended', message, { workflowId }, AGAIN);
  }
  // Our activities say in one sentence, without the vendor's words, what an administrator must mend.
  const reason = cause.message.replace(/\.$/, '');
  return new HttpError(424, 'failed', `${reason}. It has ended; ask again once that is mended.`, { workflowId });
}

function deepest(error: Error): Error {
  return error.cause instanceof Error ? deepest(error.cause) : error;
}

function tooLate(waitMs: number): string {
  return `No report within ${waitMs / 1000} s: the worker does not run, or there is much to do`;
}

function temporalAway(): HttpError {
  const message = 'Temporal does not answer, so nothing was started. GET /health says which part is down.';
  return new HttpError(503, 'unavailable', message, {}, AGAIN);
}
