/** From failures as values to what Temporal and operators see. Only our own words and codes go there; a vendor's words stay in the store. */
import { ApplicationFailure } from '@temporalio/common';
import type { Failure } from '../core/ports';
import type { SideName } from '../core/types';

const SCREEN_NAME = { marketo: 'Marketo', dynamics: 'Dynamics' } as const;

/** One sentence about a failure that is safe to show anywhere. */
export function describeFailure(side: SideName, failure: Failure): string {
  const who = SCREEN_NAME[side];
  switch (failure.kind) {
    case 'retry':
      return `${who} could not do it (${failure.code}); it will be tried again`;
    case 'throttled':
      return `${who} asks for fewer calls (${failure.code})`;
    case 'quota':
      return `${who}'s daily quota is used up (${failure.code})`;
    case 'config':
      return `${who} does not let us in or does not understand us (${failure.code}): check credentials, permissions and the mapping`;
    case 'rejected':
      return `${who} refused ${failure.field ?? 'the record'} (${failure.code})`;
    case 'gone':
      return `${who} does not have it any more (${failure.code})`;
    case 'conflict':
      return `The record changed in ${who} meanwhile (${failure.code})`;
  }
}

/** Stops this record for a while without blame: its side is busy, out of quota or closed to us. */
export function isDeferral(failure: Failure): boolean {
  return failure.kind === 'throttled' || failure.kind === 'quota' || (failure.kind === 'config' && failure.scope === 'side');
}

/** How long a deferred record stays away, ms. */
export function deferralMs(failure: Failure): number {
  return Math.max(1_000, failure.waitMs ?? (failure.kind === 'config' ? 5 * 60_000 : 10_000));
}

/** The error that makes Temporal try an activity again, or stop, as the kind of the failure says. */
export function toApplicationFailure(side: SideName, failure: Failure, retryInMs?: number): ApplicationFailure {
  const waitMs = Math.max(retryInMs ?? 0, failure.waitMs ?? 0);
  return ApplicationFailure.create({
    message: describeFailure(side, failure),
    type: failure.kind === 'config' ? 'Config' : 'Retry',
    nonRetryable: failure.kind === 'config' || failure.kind === 'rejected',
    ...(waitMs > 0 ? { nextRetryDelay: waitMs } : {}),
  });
}
