/** Waiting for a place in a budget without taking it, so that what may share the call goes on gathering meanwhile. */
import { setTimeout as realSleep } from 'node:timers/promises';

export interface UntilPlaceOptions {
  /** How long there is no place, ms; 0 when there is one. */
  readonly look: () => Promise<number>;
  /** A place that comes later than this is not waited for. */
  readonly maxWaitMs: number;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/** Others ask for the same place at the same moment; whoever comes a little later finds theirs taken already. */
const AFTER_MS = 10;

/**
 * Resolves when there is a place, or when none will come in time. Never rejects: whether the call can be made, and why not, is found out by
 * the call itself.
 */
export async function untilPlace({ look, maxWaitMs, sleep = realSleep }: UntilPlaceOptions): Promise<void> {
  let leftMs = maxWaitMs;
  try {
    for (let waitMs = await look(); waitMs > 0 && waitMs <= leftMs; waitMs = await look()) {
      await sleep(waitMs + AFTER_MS);
      leftMs -= waitMs + AFTER_MS;
    }
  } catch {
    // Without the ledger the call is not sent either, and says so.
  }
}
