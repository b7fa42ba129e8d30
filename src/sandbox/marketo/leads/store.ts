/** The people of the instance (the API says leads), and finding them by a field's value. */
import type { Journal } from '../../journal';
import type { Value } from '../schema/values';

export interface Lead {
  readonly id: number;
  /** Milliseconds, as all times in stored records. */
  readonly createdAt: number;
  /** Moves with standard fields only: polling on it misses changes of custom ones. */
  readonly updatedAt: number;
  /** The last change of any field. */
  readonly changedAt: number;
  readonly partitionId: number;
  /** A company that was linked by `externalCompanyId`; without it the person's company fields are its own. */
  readonly companyId?: number;
  /** By REST name; a field without a value is absent. */
  readonly values: Readonly<Record<string, Value>>;
}

export interface Leads {
  get(id: number): Lead | undefined;
  /** In the order of their ids. */
  all(): IterableIterator<Lead>;
  count(): number;
  nextId(): number;
  put(lead: Lead): void;
  remove(id: number): void;
  /** Into whom a person was merged; itself when it never was. */
  survivorOf(id: number): number;
  markMerged(loserId: number, winnerId: number): void;
  /** The ids of all whose field has that value (text compares without case), lowest first. */
  find(field: string, value: Value): readonly number[];
}

/** Ids by value; a plain number where there is one only, which is nearly always, to be lean. */
type Index = Map<string, number | Set<number>>;

const keyOf = (value: Value): string => String(value).toLowerCase();

export function createLeads(journal: Journal): Leads {
  const table = journal.table<Lead>('leads');
  const counter = journal.table<number>('counters');
  const winners = journal.table<number>('merged');
  // Built when a field is first looked up by, kept up to date from then on.
  const indexes = new Map<string, Index>();

  const indexOf = (field: string): Index => {
    let index = indexes.get(field);
    if (index === undefined) {
      indexes.set(field, (index = new Map()));
      for (const lead of table.values()) addTo(index, lead.values[field], lead.id);
    }
    return index;
  };
  const reindex = (id: number, before: Lead | undefined, after: Lead | undefined): void => {
    for (const [field, index] of indexes) {
      const [old, current] = [before?.values[field], after?.values[field]];
      if (old === current) continue;
      removeFrom(index, old, id);
      addTo(index, current, id);
    }
  };
  return {
    get: (id) => table.get(String(id)),
    all: () => table.values(),
    count: () => table.size,
    nextId() {
      const id = (counter.get('lead') ?? 0) + 1;
      counter.set('lead', id);
      return id;
    },
    put(lead) {
      const key = String(lead.id);
      reindex(lead.id, table.get(key), lead);
      table.set(key, lead);
    },
    remove(id) {
      reindex(id, table.get(String(id)), undefined);
      table.delete(String(id));
    },
    survivorOf(id) {
      let survivor = id;
      for (let next = winners.get(String(id)); next !== undefined; next = winners.get(String(next))) survivor = next;
      return survivor;
    },
    markMerged: (loserId, winnerId) => void winners.set(String(loserId), winnerId),
    find: (field, value) => idsIn(indexOf(field).get(keyOf(value))),
  };
}

function idsIn(entry: number | Set<number> | undefined): readonly number[] {
  if (entry === undefined) return [];
  return typeof entry === 'number' ? [entry] : [...entry].sort((a, b) => a - b);
}

function addTo(index: Index, value: Value | undefined, id: number): void {
  if (value === undefined) return;
  const key = keyOf(value);
  const entry = index.get(key);
  if (entry === undefined) index.set(key, id);
  else if (typeof entry === 'number') index.set(key, new Set([entry, id]));
  else entry.add(id);
}

function removeFrom(index: Index, value: Value | undefined, id: number): void {
  if (value === undefined) return;
  const key = keyOf(value);
  const entry = index.get(key);
  if (typeof entry === 'number') index.delete(key);
  else entry?.delete(id);
}
