/** From failures as values to what Temporal and operators see. Only our own words and codes go there; a vendor's words stay in the store. */
import { ApplicationFailure } from '@temporalio/common';
import type { Failure, FailureKind } from '../core/ports';
import type { SideName } from '../core/types';

const SCREEN_NAME = { marketo: 'Marketo', dynamics: 'Dynamics' } as const;

const SENTENCES: Readonly<Record<FailureKind, (who: string, failure: Failure) => string>> = {
  retry: (who, { code }) => `${who} could not do it (${code}); it will be tried again`,
  throttled: (who, { code }) => `${who} asks for fewer calls (${code})`,
  quota: (who, { code }) => `${who}'s daily quota is used up (${code})`,
  config: (who, { code }) =>
    `${who} does not let us in or does not understand us (${code}): check credentials, permissions and the mapping`,
  rejected: (who, { code, field }) => `${who} refused ${field ?? 'the record'} (${code})`,
  gone: (who, { code }) => `${who} does not have it any more (${code})`,
  conflict: (who, { code }) => `The record changed in ${who} meanwhile (${code})`,
};

/** One sentence about a failure that is safe to show anywhere. */
export function describeFailure(side: SideName, failure: Failure): string {
  return SENTENCES[failure.kind](SCREEN_NAME[side], failure);
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
