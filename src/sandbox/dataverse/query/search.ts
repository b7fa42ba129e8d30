/** Finding the rows a query is about. */
import type { Table } from '../metadata/model';
import type { Row } from '../rows/row';
import type { RowTable } from '../rows/rowTable';
import { visibleTo } from '../security/require';
import { compileFilter } from './compileFilter';
import type { ReadOptions } from './options';
import { type Order, type Place, readOrder } from './order';
import { parseFilter } from './parseFilter';
import type { Scope } from './scope';

export interface Search {
  readonly order: Order;
  /** At most `limit` rows that come after the place; with no place, from the first one on. */
  after(place: Place | undefined, limit: number): readonly Row[];
  count(): number;
}

/** `within`: only these rows are looked at (those that point to another one). Throws for options that do not fit the table. */
export function searchFor(
  options: Pick<ReadOptions, 'filter' | 'orderBy'>,
  table: Table,
  scope: Scope,
  aliases?: ReadonlyMap<string, string>,
  within?: Iterable<string>,
): Search {
  const { organization, user } = scope;
  const rows = organization.rows(table.name);
  const filter = options.filter === undefined ? undefined : compileFilter(parseFilter(options.filter, aliases), table, scope);
  const order = readOrder(options.orderBy, table, scope);
  const isVisible = visibleTo(organization, user, table);
  const passes = (row: Row): boolean => (isVisible === undefined || isVisible(row)) && (filter === undefined || filter.test(row));
  const few = (): readonly Row[] | undefined => {
    const ids = within ?? filter?.candidates();
    return ids && [...ids].map((id) => rows.get(id)).filter((row): row is Row => row !== undefined && passes(row));
  };
  const all = (): readonly Row[] => few() ?? firstById(rows, passes, undefined, Number.POSITIVE_INFINITY);
  return {
    order,
    after(place, limit) {
      const found = few();
      if (found === undefined && order.isById) return firstById(rows, passes, place, limit);
      return firstInOrder(found ?? all(), order, place, limit);
    },
    count: () => (filter === undefined && isVisible === undefined && within === undefined ? rows.count() : all().length),
  };
}

function firstById(rows: RowTable, passes: (row: Row) => boolean, place: Place | undefined, limit: number): readonly Row[] {
  const found: Row[] = [];
  for (const id of rows.ids(place?.id)) {
    if (found.length === limit) break;
    const row = rows.get(id);
    if (row !== undefined && passes(row)) found.push(row);
  }
  return found;
}

function firstInOrder(rows: readonly Row[], order: Order, place: Place | undefined, limit: number): readonly Row[] {
  return rows
    .map((row) => ({ row, place: order.placeOf(row) }))
    .filter((one) => place === undefined || order.compare(one.place, place) > 0)
    .sort((a, b) => order.compare(a.place, b.place))
    .slice(0, limit)
    .map(({ row }) => row);
}
