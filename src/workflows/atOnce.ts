/** The first try of a write, made inside the workflow task: it mostly is the only one, and spares the server half of the work. */
import { ActivityFailure, isCancellation } from '@temporalio/workflow';
import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';

/**
 * Runs `local`, a local activity with a single attempt. `undefined` when its report says that nothing was sent, or when it failed in a way
 * that may pass: then the write has to become an activity of its own, which operators see waiting and being retried. Other failures, and
 * a cancellation, are thrown on.
 */
export async function atOnce<R extends object>(local: () => Promise<R>): Promise<R | undefined> {
  try {
    const report = await local();
    return 'unsent' in report && report.unsent === true ? undefined : report;
  } catch (error) {
    if (isCancellation(error) || !mayPass(error)) throw error;
    return undefined;
  }
}

/** A local activity's failure comes without the wrapper that a regular one's has. */
function mayPass(error: unknown): boolean {
  const failure = error instanceof ActivityFailure ? error.cause : error;
  return failure instanceof TimeoutFailure || (failure instanceof ApplicationFailure && failure.nonRetryable !== true);
}
