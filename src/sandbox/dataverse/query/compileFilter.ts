/** Makes a test for rows out of a `$filter`, and where an index helps, the few rows worth testing. */
import { uriProblem } from '../http/problem';
import type { Table } from '../metadata/model';
import type { Row } from '../rows/row';
import type { Filter } from './ast';
import { type Comparable, comparable, holds, literalFor } from './compare';
import { crmFunction } from './crmFunctions';
import { propertyAt } from './property';
import type { Scope } from './scope';

export interface RowTest {
  test(row: Row): boolean;
  /** Ids among which all matching rows are; `undefined` when only a look at every row can tell. */
  candidates(): Iterable<string> | undefined;
}

const everywhere = (): undefined => undefined;

/** Throws for properties and values that do not fit the table. */
export function compileFilter(filter: Filter, table: Table, scope: Scope): RowTest {
  switch (filter.kind) {
    case 'and':
      return allOf(filter.of.map((part) => compileFilter(part, table, scope)));
    case 'or':
      return anyOf(filter.of.map((part) => compileFilter(part, table, scope)));
    case 'not': {
      const inner = compileFilter(filter.of, table, scope);
      return { test: (row) => !inner.test(row), candidates: everywhere };
    }
    case 'compare':
      return comparison(filter, table, scope);
    case 'text':
      return textTest(filter, table, scope);
    default:
      return crmFunction(filter, table, scope, (part) => compileFilter(part, table, scope));
  }
}

function allOf(parts: readonly RowTest[]): RowTest {
  return {
    test: (row) => parts.every((part) => part.test(row)),
    candidates() {
      for (const part of parts) {
        const found = part.candidates();
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

function anyOf(parts: readonly RowTest[]): RowTest {
  return {
    test: (row) => parts.some((part) => part.test(row)),
    candidates() {
      const ids = new Set<string>();
      for (const part of parts) {
        const found = part.candidates();
        if (found === undefined) return undefined;
        for (const id of found) ids.add(id);
      }
      return ids;
    },
  };
}

function comparison(filter: Extract<Filter, { kind: 'compare' }>, table: Table, scope: Scope): RowTest {
  const property = propertyAt(filter.path, table, scope);
  const expected = literalFor(property.column, filter.literal);
  const valueIn = (row: Row): Comparable | null => {
    const value = property.read(row);
    return value === undefined ? null : comparable(value);
  };
  const isKey = property.column.name === table.primaryId && filter.path.length === 1;
  return {
    test: (row) => holds(valueIn(row), filter.comparator, expected),
    candidates() {
      if (filter.comparator !== 'eq' || expected === null) return undefined;
      if (isKey) return [String(expected)];
      return property.indexed && scope.organization.rows(table.name).find(property.indexed, expected);
    },
  };
}

function textTest(filter: Extract<Filter, { kind: 'text' }>, table: Table, scope: Scope): RowTest {
  const property = propertyAt(filter.path, table, scope);
  if (property.column.type !== 'String' && property.column.type !== 'Memo') {
    throw uriProblem(`No function signature for the function with name '${filter.function}' matches the specified arguments.`);
  }
  const part = filter.text.toLowerCase();
  const matches = {
    contains: (text: string) => text.includes(part),
    startswith: (text: string) => text.startsWith(part),
    endswith: (text: string) => text.endsWith(part),
  }[filter.function];
  return {
    test(row) {
      const value = property.read(row);
      return typeof value === 'string' && matches(value.toLowerCase());
    },
    candidates: everywhere,
  };
}
