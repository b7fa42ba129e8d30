/** Work that can wait for a lull, so that a burst of calls is answered first, and all it asked for is then begun together. */

export interface Lull<T> {
  /** Counts a call as under way until `call` has settled. */
  during<R>(call: () => Promise<R>): Promise<R>;
  /** Hands `item` to the work when no call is under way, or at the latest when it has waited long enough. */
  afterwards(item: T): void;
}

/** So long may calls follow each other without a gap before what they asked for is begun all the same. */
const MOST_MS = 250;

/** `work` is given all that waits, one lot after the other: what comes meanwhile is the next. What it rejects with is lost. */
export function createLull<T>(work: (items: readonly T[]) => Promise<unknown>, { mostMs = MOST_MS } = {}): Lull<T> {
  let waiting: T[] = [];
  let timer: NodeJS.Timeout | undefined;
  let overdue = false;
  let calls = 0;
  let working = false;

  function next(): void {
    if (waiting.length === 0 || working || (calls > 0 && !overdue)) return;
    const items = waiting;
    waiting = [];
    clearTimeout(timer);
    timer = undefined;
    overdue = false;
    working = true;
    void run(items);
  }

  async function run(items: readonly T[]): Promise<void> {
    try {
      await work(items);
    } catch {
      // Whoever made the work has seen to it, or does not care.
    } finally {
      working = false;
      next();
    }
  }

  function becomeOverdue(): void {
    overdue = true;
    next();
  }

  return {
    async during(call) {
      calls += 1;
      try {
        return await call();
      } finally {
        calls -= 1;
        // After the answer has been written.
        if (calls === 0) setImmediate(next);
      }
    },
    afterwards(item) {
      waiting.push(item);
      timer ??= setTimeout(becomeOverdue, mostMs).unref();
      if (calls === 0) setImmediate(next);
    },
  };
}
