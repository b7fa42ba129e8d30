/**
 * At most `width` items under way at once. Lanes take the next item in the order they become free, which is the same on replay.
 * `stop` keeps lanes from taking more; what is under way goes on. Answers the items that were never taken.
 */
export interface Pool<T> {
  readonly done: Promise<void>;
  stop(): readonly T[];
}

export function runPool<T>(items: readonly T[], width: number, run: (item: T) => Promise<void>): Pool<T> {
  const waiting = [...items];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await run(item);
  };
  const lanes = Array.from({ length: Math.min(width, items.length) }, lane);
  return {
    done: Promise.all(lanes).then(() => undefined),
    stop: () => waiting.splice(0),
  };
}
