/** The rows of one table, and finding them by id order, by a column's value, or by when they last changed. */
import type { Journal } from '../../journal';
import type { Table } from '../metadata/model';
import { type ChangeLog, createChangeLog } from '../tracking/changeLog';
import type { Row, Value } from './row';
import { createSortedIds, type SortedIds } from './sorted';
import type { Undo } from './undo';
import { createIndex, type Index, keyOf } from './valueIndex';

export interface RowTable {
  readonly table: Table;
  get(id: string): Row | undefined;
  count(): number;
  /** The ids in ascending order, the order of rows nobody asked to sort; with `after`, those behind it. */
  ids(after?: string): Iterable<string>;
  put(row: Row): void;
  /** `version`: the row version of the deletion, which change tracking reports. */
  remove(id: string, version: number): void;
  /** The ids of the rows whose column holds this value; text compares without case, a reference by its id. */
  find(column: string, value: Value): Iterable<string>;
  readonly changes: ChangeLog;
}

export function createRowTable(table: Table, journal: Journal, undo: Undo): RowTable {
  const rows = journal.table<Row>(`rows:${table.name}`);
  const deleted = journal.table<number>(`deleted:${table.name}`);
  const changes = createChangeLog(rows, deleted);
  // Both are built when first asked for and kept up to date from then on: most columns are never filtered by.
  const indexes = new Map<string, Index>();
  let sortedIds: SortedIds | undefined;

  const indexOf = (column: string): Index => {
    let index = indexes.get(column);
    if (index === undefined) {
      indexes.set(column, (index = createIndex()));
      for (const row of rows.values()) index.move(row.id, undefined, keyOf(row.values[column]));
    }
    return index;
  };
  const reindex = (id: string, before: Row | undefined, after: Row | undefined): void => {
    for (const [column, index] of indexes) index.move(id, keyOf(before?.values[column]), keyOf(after?.values[column]));
    if (before === undefined) sortedIds?.add(id);
    else if (after === undefined) sortedIds?.remove(id);
  };
  const write = (id: string, row: Row | undefined, tombstone: number | undefined): void => {
    const [before, tombstoneBefore] = [rows.get(id), deleted.get(id)];
    undo.remember(() => write(id, before, tombstoneBefore));
    if (before !== undefined || row !== undefined) reindex(id, before, row);
    if (row === undefined) rows.delete(id);
    else rows.set(id, row);
    if (tombstone === undefined) deleted.delete(id);
    else deleted.set(id, tombstone);
    changes.note(id, row?.version ?? tombstone);
  };
  return {
    table,
    get: (id) => rows.get(id),
    count: () => rows.size,
    ids: (after) => (sortedIds ??= createSortedIds(rows.keys())).after(after),
    put: (row) => write(row.id, row, undefined),
    remove: (id, version) => write(id, undefined, version),
    find: (column, value) => indexOf(column).find(keyOf(value) ?? ''),
    changes,
  };
}
