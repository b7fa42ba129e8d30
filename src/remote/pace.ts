/** Waiting for a place in a side's budget. Where the budget is kept is the caller's business: it is shared by all processes. */
import { setTimeout as realSleep } from 'node:timers/promises';
import type { Pace } from '../core/ports';
import { isUrgent } from './urgent';

export interface PaceOptions {
  /** Takes one place, or says how long there is none. */
  take(): Promise<{ readonly ok: true } | { readonly waitMs: number }>;
  /** Closes the side to everyone for `waitMs`. */
  block(waitMs: number, code: string): Promise<void>;
  /** A place that comes later than this is not waited for. */
  readonly maxWaitMs: number;
  /** Milliseconds since any fixed moment; injectable for tests, as `sleep` and `random` are. */
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<unknown>;
  /** From 0 to 1: spreads processes that were all told to come back at one moment. */
  readonly random?: () => number;
}

/** At most this much is added to a wait, and never more than a tenth of it beyond `LEAST_JITTER_MS`. */
const MOST_JITTER_MS = 1_000;
const LEAST_JITTER_MS = 20;

/**
 * A pace over a shared budget. Callers of one process stand in line: the first asks and waits, so that many waiting callers do not ask
 * the ledger all at once, and places go out in the order they were asked for. Urgent ones have a line of their own: there may be a place
 * for them when there is none for the others. `acquire` rejects only if `take` does.
 */
export function createPace(options: PaceOptions): Pace {
  const { maxWaitMs, now = Date.now, sleep = realSleep, random = Math.random } = options;
  const lines: Record<'urgent' | 'others', Promise<unknown>> = { urgent: Promise.resolve(), others: Promise.resolve() };

  async function acquireBy(deadlineMs: number): ReturnType<Pace['acquire']> {
    for (;;) {
      const place = await options.take();
      if ('ok' in place) return place;
      // Whoever cannot wait long enough does not wait at all: others may want to stand in line.
      const waitMs = place.waitMs + jitter(place.waitMs, random());
      if (now() + waitMs > deadlineMs) return { waitMs: place.waitMs };
      await sleep(waitMs);
    }
  }

  return {
    acquire() {
      const deadlineMs = now() + maxWaitMs;
      const line = isUrgent() ? 'urgent' : 'others';
      const turn = lines[line].then(() => acquireBy(deadlineMs));
      lines[line] = turn.catch(() => undefined);
      return turn;
    },
    async block(waitMs, code) {
      try {
        await options.block(waitMs, code);
      } catch {
        // The answer that told of the limit still counts; without the ledger, the next call learns of the limit from the vendor again.
      }
    },
  };
}

const jitter = (waitMs: number, share: number): number =>
  share * Math.min(MOST_JITTER_MS, Math.max(LEAST_JITTER_MS, waitMs / 10));
