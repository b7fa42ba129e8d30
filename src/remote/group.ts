/**
 * Group commit: while a call is in flight, further items queue and leave together in the next one. A vendor's call costs the same for
 * one item as for hundreds, so this is where a busy record path gets cheap, and an idle one waits for nobody.
 */
import type { Failure, Result } from '../core/ports';

export interface GroupOptions<I, O> {
  /** Answers in the order of `items`, one each. */
  readonly send: (items: I[]) => Promise<Result<O>[]>;
  readonly maxItems: number;
  /** Two items with the same key never travel in one call, nor in two calls at once: their order is kept. */
  readonly keyOf: (item: I) => string;
  /** An item that has queued longer than this ends as `throttled`. */
  readonly maxWaitMs: number;
  /** Calls in flight at once, 1 unless given. */
  readonly parallel?: number;
}

interface Waiting<I, O> {
  readonly item: I;
  readonly key: string;
  resolve(result: Result<O>): void;
  reject(reason: unknown): void;
  readonly timer: NodeJS.Timeout;
}

/** The returned function promises one result per item; it rejects only if `send` itself throws. */
export function createGroup<I, O>(options: GroupOptions<I, O>): (item: I) => Promise<Result<O>> {
  const { send, maxItems, keyOf, maxWaitMs, parallel = 1 } = options;
  let queue: Waiting<I, O>[] = [];
  const keysInFlight = new Set<string>();
  let calls = 0;
  let departureDue = false;

  /** Items handed over in the same turn of the event loop leave together, even when nothing is in flight. */
  function depart(): void {
    if (departureDue) return;
    departureDue = true;
    setImmediate(() => {
      departureDue = false;
      while (calls < parallel) {
        const batch = board();
        if (batch.length === 0) return;
        void travel(batch);
      }
    });
  }

  function board(): Waiting<I, O>[] {
    const batch: Waiting<I, O>[] = [];
    const left: Waiting<I, O>[] = [];
    const passedOver = new Set<string>();
    for (const waiting of queue) {
      const free = batch.length < maxItems && !keysInFlight.has(waiting.key) && !passedOver.has(waiting.key);
      if (free) {
        batch.push(waiting);
        clearTimeout(waiting.timer);
      } else left.push(waiting);
      // A second item of the same key stays behind the first, whether that one left or not.
      passedOver.add(waiting.key);
    }
    queue = left;
    return batch;
  }

  async function travel(batch: readonly Waiting<I, O>[]): Promise<void> {
    calls += 1;
    for (const { key } of batch) keysInFlight.add(key);
    try {
      const results = await send(batch.map(({ item }) => item));
      for (const [index, waiting] of batch.entries()) waiting.resolve(results[index] ?? { failure: UNANSWERED });
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    } finally {
      calls -= 1;
      for (const { key } of batch) keysInFlight.delete(key);
      if (queue.length > 0) depart();
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      const waiting: Waiting<I, O> = {
        item,
        key: keyOf(item),
        resolve,
        reject,
        timer: setTimeout(() => {
          queue = queue.filter((other) => other !== waiting);
          resolve({ failure: waitedTooLong(maxWaitMs) });
        }, maxWaitMs),
      };
      queue.push(waiting);
      depart();
    });
}

const waitedTooLong = (waitMs: number): Failure => ({
  kind: 'throttled',
  scope: 'side',
  waitMs,
  code: 'queue',
  message: 'The call before this one took too long; the item was not sent',
});

/** Fewer results than items: which one is missing cannot be told. */
const UNANSWERED: Failure = {
  kind: 'retry',
  scope: 'record',
  outcomeUnknown: true,
  code: 'unanswered',
  message: 'The call answered fewer items than it was given',
};
