/** All rows with one row version for everything, tombstones, the order of changes, and what filters look up by. */
import type { Journal, JournalTable } from '../journal';
import { type Table, tables } from './metadata/model';

export type Value = string | number | boolean | null;
export type Values = Readonly<Record<string, Value>>;

export interface Row {
  readonly id: string;
  readonly version: number;
  /** By column name; lookups hold the id, their table stands under `<column>@table`. Absent is null. */
  readonly values: Values;
}

export interface Tombstone {
  readonly id: string;
  readonly version: number;
  /** ISO time. */
  readonly at: string;
}

/** Columns that filters look up by all the time. */
const INDEXED = new Set(['emailaddress1', 'originatingleadid', 'internalemailaddress', 'domainname', 'accountnumber']);

export interface RowStore {
  row(table: Table, id: string): Row | undefined;
  rows(table: Table): IterableIterator<Row>;
  /** Rows whose indexed column has that value, without regard to case; `undefined` when the column is not indexed. */
  lookUp(table: Table, column: string, value: string): readonly Row[] | undefined;
  put(table: Table, id: string, values: Values): Row;
  remove(table: Table, id: string, at: string): void;
  readonly version: number;
  /** Runs a transaction: when it answers false, every row it changed is as it was before, version included. */
  transaction(run: () => boolean): void;
  /** Rows changed and deleted after a version, each in the order of their versions. */
  changesSince(table: Table, version: number): { readonly changed: readonly Row[]; readonly deleted: readonly Tombstone[] };
}

interface Shelf {
  readonly rows: JournalTable<Row>;
  readonly tombs: JournalTable<Tombstone>;
  readonly index: Map<string, Map<string, Set<string>>>;
  /** Every change in order; entries that were overtaken by a later change of the same row are skipped and swept out now and then. */
  log: { readonly id: string; readonly version: number }[];
}

export function createRowStore(journal: Journal): RowStore {
  const meta = journal.table<number>('meta');
  const shelves = new Map([...tables.values()].map((table) => [table.name, openShelf(journal, table)]));
  const shelfOf = (table: Table): Shelf => {
    const shelf = shelves.get(table.name);
    if (shelf === undefined) throw new Error(`No shelf for ${table.name}`);
    return shelf;
  };
  let undo: (() => void)[] | undefined;
  const next = (): number => {
    const version = (meta.get('version') ?? 1_000_000) + 1;
    meta.set('version', version);
    return version;
  };
  return {
    row: (table, id) => shelfOf(table).rows.get(id),
    rows: (table) => shelfOf(table).rows.values(),
    lookUp(table, column, value) {
      if (!INDEXED.has(column)) return undefined;
      const shelf = shelfOf(table);
      const ids = shelf.index.get(column)?.get(value.toLowerCase()) ?? new Set<string>();
      return [...ids].flatMap((id) => shelf.rows.get(id) ?? []);
    },
    put(table, id, values) {
      const shelf = shelfOf(table);
      const before = shelf.rows.get(id);
      undo?.push(() => restore(shelf, id, before));
      const row = { id, version: next(), values };
      shelf.rows.set(id, row);
      shelf.tombs.delete(id);
      reindex(shelf, id, before?.values ?? {}, values);
      note(shelf, row);
      return row;
    },
    remove(table, id, at) {
      const shelf = shelfOf(table);
      const before = shelf.rows.get(id);
      undo?.push(() => restore(shelf, id, before));
      shelf.rows.delete(id);
      shelf.tombs.set(id, { id, version: next(), at });
      reindex(shelf, id, before?.values ?? {}, {});
    },
    transaction(run) {
      const steps: (() => void)[] = [];
      undo = steps;
      const kept = run();
      undo = undefined;
      if (!kept) for (const step of steps.toReversed()) step();
    },
    get version() {
      return meta.get('version') ?? 1_000_000;
    },
    changesSince(table, version) {
      const shelf = shelfOf(table);
      const changed: Row[] = [];
      for (let index = firstAfter(shelf.log, version); index < shelf.log.length; index += 1) {
        const entry = shelf.log[index];
        const row = entry && shelf.rows.get(entry.id);
        if (row !== undefined && row.version === entry?.version) changed.push(row);
      }
      const deleted = [...shelf.tombs.values()].filter((tomb) => tomb.version > version).sort((a, b) => a.version - b.version);
      return { changed, deleted };
    },
  };
}

function restore(shelf: Shelf, id: string, before: Row | undefined): void {
  const now = shelf.rows.get(id);
  if (before === undefined) shelf.rows.delete(id);
  else {
    shelf.rows.set(id, before);
    shelf.tombs.delete(id);
  }
  reindex(shelf, id, now?.values ?? {}, before?.values ?? {});
}

function openShelf(journal: Journal, table: Table): Shelf {
  const rows = journal.table<Row>(table.name);
  const shelf: Shelf = { rows, tombs: journal.table<Tombstone>(`${table.name}/deleted`), index: new Map(), log: [] };
  for (const row of rows.values()) reindex(shelf, row.id, {}, row.values);
  shelf.log = [...rows.values()].map(({ id, version }) => ({ id, version })).sort((a, b) => a.version - b.version);
  return shelf;
}

function note(shelf: Shelf, { id, version }: Row): void {
  shelf.log.push({ id, version });
  if (shelf.log.length > 2 * shelf.rows.size + 1_000)
    shelf.log = shelf.log.filter((entry) => shelf.rows.get(entry.id)?.version === entry.version);
}

function firstAfter(log: Shelf['log'], version: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log[middle]?.version ?? 0) > version) high = middle;
    else low = middle + 1;
  }
  return low;
}

function reindex(shelf: Shelf, id: string, before: Values, after: Values): void {
  for (const column of INDEXED) {
    const old = before[column];
    const now = after[column];
    if (old === now) continue;
    const index = shelf.index.get(column) ?? new Map<string, Set<string>>();
    shelf.index.set(column, index);
    if (typeof old === 'string') {
      const ids = index.get(old.toLowerCase());
      ids?.delete(id);
      if (ids?.size === 0) index.delete(old.toLowerCase());
    }
    if (typeof now === 'string') index.set(now.toLowerCase(), (index.get(now.toLowerCase()) ?? new Set<string>()).add(id));
  }
}
