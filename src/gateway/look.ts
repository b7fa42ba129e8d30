/** Waiting for a workflow that looks into something, on behalf of an operator. */
import { WorkflowFailedError } from '@temporalio/client';
import { within } from './deadline';
import type { DeskRoutes } from './deskRoutes';
import { HttpError } from './errors';

const AGAIN = { 'retry-after': '5' } as const;

/**
 * The report of a run, which callers share. Throws a 503 `stillRunning` when it takes longer than a caller should be kept: asking again
 * joins the same run.
 */
export async function reportOf<T>(
  { temporal, waits, closing }: Pick<DeskRoutes, 'temporal' | 'waits' | 'closing'>,
  workflowId: string,
  start: () => Promise<T>,
): Promise<T> {
  // The client tries for long before it says that nobody answers.
  if (!(await within(temporal.isAlive(), waits.temporalMs))) throw away();
  const report = await within(start().catch(refuse), waits.setUpMs, closing);
  if (report !== undefined) return report;
  const message = 'No report yet: the worker does not run, or there is much to look at. It goes on; ask again for its report.';
  throw new HttpError(503, 'stillRunning', message, { workflowId }, AGAIN);

  function refuse(error: unknown): never {
    if (!(error instanceof WorkflowFailedError)) throw away();
    throw new HttpError(424, 'failed', 'It could not be looked into to the end. The run in Temporal shows why.', { workflowId });
  }
}

function away(): HttpError {
  const message = 'Temporal does not answer, so nothing was started. GET /health says which part is down.';
  return new HttpError(503, 'unavailable', message, {}, AGAIN);
}
