/** `$orderby`: the asked-for columns first, the id last, so that every page goes on exactly where the one before it ended. */
import { uriProblem } from '../http/problem';
import type { Table } from '../metadata/model';
import type { Row } from '../rows/row';
import { type Comparable, comparable } from './compare';
import { propertyAt, type Property } from './property';
import type { Scope } from './scope';

export interface Order {
  /** Nothing was asked for: rows come in the order of their ids. */
  readonly isById: boolean;
  /** Where a row stands; can be kept in a token and compared later. */
  placeOf(row: Row): Place;
  compare(a: Place, b: Place): number;
}

export interface Place {
  readonly id: string;
  readonly by: readonly (Comparable | null)[];
}

export function readOrder(text: string | undefined, table: Table, scope: Scope): Order {
  const terms = text === undefined ? [] : text.split(',').map((term) => readTerm(term, table, scope));
  return {
    isById: terms.length === 0,
    placeOf: (row) => ({ id: row.id, by: terms.map(({ property }) => valueIn(property, row)) }),
    compare(a, b) {
      for (const [i, { sign }] of terms.entries()) {
        const difference = compareValues(a.by[i] ?? null, b.by[i] ?? null);
        if (difference !== 0) return sign * difference;
      }
      return a.id < b.id ? -1 : Number(a.id > b.id);
    },
  };
}

function readTerm(term: string, table: Table, scope: Scope): { readonly property: Property; readonly sign: 1 | -1 } {
  const [, path, direction] = /^\s*([\w/]+)(?:\s+(asc|desc))?\s*$/i.exec(term) ?? [];
  if (path === undefined) throw uriProblem(`Syntax error at position 0 in '${term}'.`);
  return { property: propertyAt(path.split('/'), table, scope), sign: direction?.toLowerCase() === 'desc' ? -1 : 1 };
}

function valueIn(property: Property, row: Row): Comparable | null {
  const value = property.read(row);
  return value === undefined ? null : comparable(value);
}

/** Rows without a value come first, as SQL Server sorts them. */
function compareValues(a: Comparable | null, b: Comparable | null): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === 'string' && typeof b === 'string') return COLLATOR.compare(a, b);
  return a < b ? -1 : 1;
}

const COLLATOR = new Intl.Collator('en', { sensitivity: 'accent' });
