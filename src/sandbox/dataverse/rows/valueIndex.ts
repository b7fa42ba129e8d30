/** Ids by the value of a column. */
import { isReference, type Value } from './row';

export interface Index {
  find(key: string): Iterable<string>;
  /** A row's key was `before` and is `after`; `undefined` for no value, or no row. */
  move(id: string, before: string | undefined, after: string | undefined): void;
}

/** Values that compare as equal in a filter have the same key. */
export function keyOf(value: Value | undefined): string | undefined {
  if (value === undefined) return undefined;
  return isReference(value) ? value.id : String(value).toLowerCase();
}

export function createIndex(): Index {
  // A plain id where there is one only, which is nearly always; a set, as thousands of rows may have the same owner.
  const entries = new Map<string, string | Set<string>>();
  const add = (key: string, id: string): void => {
    const entry = entries.get(key);
    if (entry === undefined) entries.set(key, id);
    else if (typeof entry === 'string') entries.set(key, new Set([entry, id]));
    else entry.add(id);
  };
  const remove = (key: string, id: string): void => {
    const entry = entries.get(key);
    if (entry instanceof Set) entry.delete(id);
    else if (entry === id) entries.delete(key);
  };
  return {
    find(key) {
      const entry = entries.get(key);
      return typeof entry === 'string' ? [entry] : (entry ?? []);
    },
    move(id, before, after) {
      if (before === after) return;
      if (before !== undefined) remove(before, id);
      if (after !== undefined) add(after, id);
    },
  };
}
