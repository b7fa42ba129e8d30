/** Who wants to be told of writes: a service endpoint and a processing step in one. */
import type { Journal } from '../../journal';
import type { RowEvent } from '../rows/event';

export interface Subscription {
  readonly url: string;
  readonly table: string;
  readonly message: RowEvent['message'];
  /** Only updates that touch one of these columns; all when absent. */
  readonly columns?: readonly string[] | undefined;
  /** Sent along, which is how the receiver knows who is calling. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface Subscriptions {
  add(subscription: Subscription): void;
  clear(): void;
  for(event: RowEvent): readonly Subscription[];
}

export function createSubscriptions(journal: Journal): Subscriptions {
  const subscriptions = journal.table<Subscription>('webhooks');
  return {
    add: (one) => void subscriptions.set(`${one.message} ${one.table} ${one.url}`, one),
    clear() {
      for (const key of subscriptions.keys()) subscriptions.delete(key);
    },
    for: (event) =>
      [...subscriptions.values()].filter(
        ({ table, message, columns }) =>
          table === event.table.name &&
          message === event.message &&
          (message !== 'Update' || columns === undefined || columns.some((column) => column in event.change)),
      ),
  };
}
