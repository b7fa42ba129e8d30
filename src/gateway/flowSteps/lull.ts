/** Work that can wait for a lull, so that a burst of calls is answered first. */

export interface Lull {
  /** Counts a call as under way until `call` has settled. */
  during<T>(call: () => Promise<T>): Promise<T>;
  /** Runs `task` when no call is under way, or at the latest when it has waited long enough. What it rejects with is lost. */
  afterwards(task: () => Promise<unknown>): void;
}

/** A few keep Temporal busy; more would only take the processor from the next call. */
const AT_ONCE = 8;
/** So long may calls follow each other without a gap before what they asked for is begun all the same. */
const MOST_MS = 250;

export function createLull({ atOnce = AT_ONCE, mostMs = MOST_MS } = {}): Lull {
  const waiting: { readonly task: () => Promise<unknown>; due: boolean }[] = [];
  let calls = 0;
  let running = 0;

  function next(): void {
    for (;;) {
      const [first] = waiting;
      if (first === undefined || running >= atOnce) return;
      if (calls > 0 && !first.due) return;
      waiting.shift();
      running += 1;
      void run(first.task);
    }
  }

  async function run(task: () => Promise<unknown>): Promise<void> {
    try {
      await task();
    } catch {
      // The one who handed it over has seen to it, or does not care.
    } finally {
      running -= 1;
      next();
    }
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
    afterwards(task) {
      const one = { task, due: false };
      waiting.push(one);
      setTimeout(() => {
        one.due = true;
        next();
      }, mostMs).unref();
      if (calls === 0) setImmediate(next);
    },
  };
}
