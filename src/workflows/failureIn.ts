import { ActivityFailure, isCancellation } from '@temporalio/workflow';
import { ApplicationFailure, type Duration, TimeoutFailure } from '@temporalio/common';

export interface ActivityEnd {
  /** Whether another try may succeed. */
  readonly mayPass: boolean;
  /** What the activity asked for before its next try. */
  readonly nextRetryDelay?: Duration;
}

/**
 * How an activity failed: a local one's failure comes bare, a regular one's within an `ActivityFailure`. `undefined` for whatever is not an
 * activity's failure, a cancellation among it: that has to be thrown on.
 */
export function failureIn(error: unknown): ActivityEnd | undefined {
  if (isCancellation(error)) return undefined;
  const failure = error instanceof ActivityFailure ? error.cause : error;
  if (failure instanceof ApplicationFailure) {
    const { nonRetryable, nextRetryDelay } = failure;
    return { mayPass: nonRetryable !== true, ...(nextRetryDelay == null ? {} : { nextRetryDelay }) };
  }
  // Without a word of ours it ran out of time.
  return failure instanceof TimeoutFailure || error instanceof ActivityFailure ? { mayPass: true } : undefined;
}
