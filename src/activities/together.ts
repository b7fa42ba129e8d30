/**
 * Group commit of questions: what many runs ask one by one while a call is in flight travels together in the next one. A campaign that
 * sends thirty people a second would otherwise use up the day's calls with a read and an activity for each of them.
 */
import type { ActivityItem, FindQuery, Result } from '../core/ports';
import type { Entity, RecordRef } from '../core/types';
import { createGroup, type GroupOptions } from '../remote/group';
import { isUrgent } from '../remote/urgent';
import type { Remotes } from './deps';
import { withPatience } from './patience';

const MAX_PEOPLE = 300;
/** Some queries' worth: they share one batch. */
const MAX_VALUES = 100;
/** Pages of an initial load wait for the budget, with what they search for. */
const MAX_SEARCH_MS = 60_000;
const MAX_QUEUE_MS = 30_000;

type Fields = Readonly<Partial<Record<Entity, readonly string[]>>>;

/**
 * The same remotes; single reads, searches and activities of different runs share calls. Lists go as they are: they are groups already, but for
 * the few people that each of several pages looks for. `untilPlace` resolves when a call to Marketo may leave, the budget allowing.
 */
export function together({ marketo, dynamics }: Remotes, untilPlace: () => Promise<void>): Remotes {
  const readers = groupsBy((fields: Fields) => ({
    send: (refs: RecordRef[]) => marketo.read(refs, fields),
    maxItems: MAX_PEOPLE,
    keyOf: ({ id }: RecordRef) => id,
    maxWaitMs: MAX_QUEUE_MS,
  }));
  const searchers = groupsBy(({ entity, by, fields }: Omit<FindQuery, 'values'>) => ({
    send: (values: string[]) => marketo.find({ entity, by, fields, values }),
    maxItems: MAX_PEOPLE,
    keyOf: (value: string) => value,
    maxWaitMs: MAX_SEARCH_MS,
    ready: untilPlace,
  }));
  const finders = groupsBy(({ entity, by, fields }: Omit<FindQuery, 'values'>) => ({
    send: (values: string[]) => dynamics.find({ entity, by, fields, values }),
    maxItems: MAX_VALUES,
    keyOf: (value: string) => value,
    maxWaitMs: MAX_QUEUE_MS,
  }));
  const add = createGroup({
    send: (items: ActivityItem[]) => marketo.add(items),
    maxItems: MAX_PEOPLE,
    // One by one on each person, so that they stand in their log in the order they happened.
    keyOf: ({ personId }: ActivityItem) => personId,
    maxWaitMs: MAX_QUEUE_MS,
  });
  return {
    marketo: {
      ...marketo,
      read: (refs, fields) => only(refs, (ref) => readers(fields)(ref)) ?? marketo.read(refs, fields),
      find: ({ values, ...query }) => {
        if (values.length >= MAX_PEOPLE) return marketo.find({ ...query, values });
        const search = searchers(query);
        return Promise.all(values.map((value) => search(value)));
      },
      add: (items) => Promise.all(items.map((item) => withPatience((patienceMs) => add(item, patienceMs)))),
    },
    dynamics: {
      ...dynamics,
      find: ({ values, ...query }) => only(values, (value) => finders(query)(value)) ?? dynamics.find({ ...query, values }),
    },
  };
}

function only<I, O>(items: readonly I[], one: (item: I) => Promise<O>): Promise<O[]> | undefined {
  const [item] = items;
  return items.length === 1 && item !== undefined ? one(item).then((result) => [result]) : undefined;
}

/** One group for each different way of asking, and for urgent work one of its own. There are few: the ways change with the mapping only. */
function groupsBy<A, I, O>(optionsFor: (asked: A) => GroupOptions<I, O>): (asked: A) => (item: I) => Promise<Result<O>> {
  const groups = new Map<string, (item: I) => Promise<Result<O>>>();
  return (asked) => {
    const name = JSON.stringify([asked, isUrgent()]);
    const group = groups.get(name) ?? createGroup(optionsFor(asked));
    groups.set(name, group);
    return group;
  };
}
