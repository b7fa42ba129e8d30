/** Companies, sales persons, opportunities and the like: objects with an id of Marketo's and a key of their maker's. */
import type { Journal } from '../../journal';
import type { Value } from '../schema/values';

export interface StoredObject {
  readonly id: number;
  /** The key, as `keyText` writes it: for a company its `externalCompanyId`. */
  readonly externalId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** By REST name; a field without a value is absent. */
  readonly values: Readonly<Record<string, Value>>;
}

export interface Objects {
  get(id: number | undefined): StoredObject | undefined;
  byExternalId(externalId: string): StoredObject | undefined;
  all(): Iterable<StoredObject>;
  nextId(): number;
  put(object: StoredObject): void;
  remove(id: number): void;
}

/** The objects in the journal's table of that name. */
export function createObjects(journal: Journal, name: string): Objects {
  const table = journal.table<StoredObject>(name);
  const counter = journal.table<number>('counters');
  const idOf = new Map([...table.values()].map((object) => [object.externalId, object.id]));
  const get = (id: number | undefined): StoredObject | undefined => (id === undefined ? undefined : table.get(String(id)));
  return {
    get,
    byExternalId: (externalId) => get(idOf.get(externalId)),
    all: () => table.values(),
    nextId() {
      const id = (counter.get(name) ?? 0) + 1;
      counter.set(name, id);
      return id;
    },
    put(object) {
      const before = get(object.id);
      if (before !== undefined) idOf.delete(before.externalId);
      idOf.set(object.externalId, object.id);
      table.set(String(object.id), object);
    },
    remove(id) {
      const object = get(id);
      if (object !== undefined) idOf.delete(object.externalId);
      table.delete(String(id));
    },
  };
}
