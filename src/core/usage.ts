/** Calls of a day: what we have counted, and what the vendor has. */

/** What Marketo has counted today, up to the question. */
export interface CountedCalls {
  /** The day, as Marketo dates it: `2026-11-25`. */
  readonly date: string;
  /** Of all integrations. */
  readonly total: number;
  /** Of the API user that we are; absent when Marketo does not tell which that is. */
  readonly ours?: number;
}

/** Both counts at one moment. */
export interface UsageLook extends CountedCalls {
  /** ISO 8601. */
  readonly askedAt: string;
  /** What our own ledger had counted on that day. */
  readonly counted: number;
}

/** Some calls are answered on one side of the look and counted on the other. */
const TOLERATED = { calls: 20, share: 0.05 } as const;

/**
 * Calls that Marketo has counted as ours between two looks and that were not: another program uses the same API user, or another
 * deployment serves the same instance. 0 when the counts agree, or cannot be compared.
 */
export function callsOfOthers(before: UsageLook | undefined, now: UsageLook): number {
  if (before?.date !== now.date || before.ours === undefined || now.ours === undefined) return 0;
  const own = now.counted - before.counted;
  const extra = now.ours - before.ours - own;
  return own >= 0 && extra > Math.max(TOLERATED.calls, own * TOLERATED.share) ? extra : 0;
}
