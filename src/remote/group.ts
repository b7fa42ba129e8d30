/**
 * Group commit: while a call is in flight, further items queue and leave together in the next one. A vendor's call costs the same for
 * one item as for hundreds, so this is where a busy record path gets cheap, and an idle one waits for nobody.
 */
import { setTimeout as sleep } from 'node:timers/promises';
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
  /** Calls in flight at once while whole groups wait, `parallel` unless given: to wait for company they have no reason. */
  readonly parallelFull?: number;
  /** While more items are known to be coming, a group waits for them; without this it leaves at once. */
  readonly gather?: Gather;
  /** Resolves when a call may leave, the budget allowing; items go on queueing meanwhile. Must not reject. */
  readonly ready?: () => Promise<void>;
}

export interface Gather {
  /** Whether somebody is on the way who may want to travel along: without, a group leaves at once. Must not reject. */
  readonly moreComing: () => Promise<boolean>;
  /** It leaves all the same when nobody has come for so long. */
  readonly quietMs: number;
  /** And when its first item has waited for so long. */
  readonly mostMs: number;
}

/** How often a group that waits looks whether the others are still coming. */
const LOOK_EVERY_MS = 200;

/** The code of an item that was given back because its own patience ended before it could leave: nothing was sent. */
export const NOT_YET = 'notYet';

interface Waiting<I, O> {
  readonly item: I;
  readonly key: string;
  resolve(result: Result<O>): void;
  reject(reason: unknown): void;
  readonly timer: NodeJS.Timeout;
  readonly sinceMs: number;
}

export type Group<I, O> = (item: I, patienceMs?: number) => Promise<Result<O>>;

/**
 * The returned function promises one result per item; it rejects only if `send` itself throws. With `patienceMs` an item that has not left
 * by then is given back unsent (`NOT_YET`); once it has left, it is seen through.
 */
export function createGroup<I, O>(options: GroupOptions<I, O>): Group<I, O> {
  const { send, maxItems, keyOf, maxWaitMs, parallel = 1, parallelFull = parallel, gather, ready } = options;
  let queue: Waiting<I, O>[] = [];
  const keysInFlight = new Set<string>();
  let calls = 0;
  let departureDue = false;
  /** Ends the gathering of a group that has become full. */
  let full: (() => void) | undefined;

  const mayLeave = (): boolean => calls < (queue.length >= maxItems ? parallelFull : parallel);

  function depart(): void {
    // Each call that ends looks for the next one.
    if (departureDue || !mayLeave()) return;
    departureDue = true;
    void leave();
  }

  async function leave(): Promise<void> {
    // Items handed over in the same turn of the event loop leave together, even when nothing is in flight.
    await nextTurn();
    await gathered();
    await ready?.();
    departureDue = false;
    while (mayLeave()) {
      const batch = board();
      if (batch.length === 0) return;
      void travel(batch);
    }
  }

  /** Waits until the group is full, or no more items are to be expected. */
  async function gathered(): Promise<void> {
    if (gather === undefined) return;
    for (;;) {
      const [first] = queue;
      const last = queue.at(-1);
      if (first === undefined || last === undefined || queue.length >= maxItems) return;
      const leaveAtMs = Math.min(last.sinceMs + gather.quietMs, first.sinceMs + gather.mostMs);
      const waitMs = leaveAtMs - performance.now();
      if (waitMs <= 0 || !(await gather.moreComing())) return;
      const isFull = new AbortController();
      full = () => isFull.abort();
      await sleep(Math.min(waitMs, LOOK_EVERY_MS), undefined, { signal: isFull.signal }).catch(() => undefined);
    }
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

  return (item, patienceMs) =>
    new Promise((resolve, reject) => {
      const waiting: Waiting<I, O> = {
        item,
        key: keyOf(item),
        resolve,
        reject,
        timer: setTimeout(
          () => {
            queue = queue.filter((other) => other !== waiting);
            resolve({ failure: patienceMs === undefined ? waitedTooLong(maxWaitMs) : GIVEN_BACK });
          },
          Math.min(patienceMs ?? maxWaitMs, maxWaitMs),
        ),
        sinceMs: performance.now(),
      };
      queue.push(waiting);
      if (queue.length >= maxItems) full?.();
      depart();
    });
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const GIVEN_BACK: Failure = {
  kind: 'throttled',
  scope: 'side',
  code: NOT_YET,
  message: 'There was no place in a call yet; the item was not sent',
};

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
