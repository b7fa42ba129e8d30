/**
 * At most `width` items under way at once. Lanes take the next item in the order they become free, which is the same on replay.
 * `stop` keeps lanes from taking more; what is under way goes on. Answers the items that were never taken.
 */
export interface Pool<T> {
  readonly done: Promise<void>;
  stop(): readonly T[];
}

export function runPool<T>(items: readonly T[], width: number, run: (item: T) => Promise<void>): Pool<T> {
  let next = 0;
  let stopped = false;
  const lane = async (): Promise<void> => {
    while (!stopped) {
      const item = items[next];
      if (item === undefined) return;
      next += 1;
      await run(item);
    }
  };
  const lanes = Array.from({ length: Math.min(width, items.length) }, lane);
  return {
    done: Promise.all(lanes).then(() => undefined),
    stop() {
      stopped = true;
      return items.slice(next);
    },
  };
}
