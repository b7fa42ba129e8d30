/** What is asked of the store for one record, answered for many at once. */
import type { Result } from '../core/ports';
import { createGroup } from '../remote/group';
import { isUrgent } from '../remote/urgent';

/** As many as a page of the initial load has. */
const MAX_RECORDS = 300;
/** A store that keeps its callers waiting for longer is out of order. */
const MAX_QUEUE_MS = 60_000;
/** One transaction is written to the disk while another is made ready. */
const PARALLEL = 2;

/**
 * A function for one item, made from one for many that answers in their order: what is asked while `all` is under way goes together in its
 * next run. Items with the same key follow one another. What is urgent does not stand in line behind what is not. Rejects with what `all`
 * throws for this one item.
 */
export function grouped<I, O>(
  keyOf: (item: I) => string,
  all: (items: readonly I[]) => Promise<readonly O[]>,
): (item: I) => Promise<O> {
  const line = () =>
    createGroup<I, () => O>({
      send: async (items) => (await eachAlone(items, all)).map((ok): Result<() => O> => ({ ok })),
      maxItems: MAX_RECORDS,
      keyOf,
      maxWaitMs: MAX_QUEUE_MS,
      parallel: PARALLEL,
    });
  const lines = { urgent: line(), others: line() };
  return async (item) => {
    const result = await lines[isUrgent() ? 'urgent' : 'others'](item);
    if ('failure' in result) throw new Error('The store did not get to it in time');
    return result.ok();
  };
}

/** The same for what has no answer. */
export function groupedTelling<I>(
  keyOf: (item: I) => string,
  all: (items: readonly I[]) => Promise<void>,
): (item: I) => Promise<void> {
  return grouped(keyOf, async (items) => {
    await all(items);
    return items.map(() => undefined);
  });
}

/** What cannot be done together is done one by one, so that what is wrong with one record is nobody else's trouble. */
async function eachAlone<I, O>(
  items: readonly I[],
  all: (items: readonly I[]) => Promise<readonly O[]>,
): Promise<readonly (() => O)[]> {
  try {
    return (await all(items)).map((answer) => () => answer);
  } catch (error) {
    if (items.length > 1) return (await Promise.all(items.map((item) => eachAlone([item], all)))).flat();
    return [
      () => {
        throw error;
      },
    ];
  }
}
