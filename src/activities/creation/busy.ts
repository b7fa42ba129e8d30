import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';

/** Somebody else is at this person right now: an expected wait, so it counts neither as an error in logs nor in metrics. */
export function busy(message: string, waitMs: number): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type: 'Busy',
    nextRetryDelay: Math.max(100, Math.ceil(waitMs)),
    category: ApplicationFailureCategory.BENIGN,
  });
}
