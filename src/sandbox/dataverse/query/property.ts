/** A property that a query names, perhaps of a row that a lookup points to. */
import { noSuchProperty, problem } from '../http/problem';
import { type Column, isLookup, type Navigation, type Table } from '../metadata/model';
import { isStored, valueOf } from '../rows/columnValue';
import { isReference, type Row, type Value } from '../rows/row';
import type { Path } from './ast';
import type { Scope } from './scope';

export interface Property {
  readonly column: Column;
  read(row: Row): Value | undefined;
  /** The column of the row itself by which its table can be asked for rows. */
  readonly indexed: string | undefined;
}

/** Throws what the server says of an unknown property, and of a secured column that the user may not read. */
export function propertyAt(path: Path, table: Table, scope: Scope): Property {
  const [first = '', ...rest] = path;
  const navigation = table.navigations.get(first);
  if (rest.length > 0) {
    if (navigation === undefined) throw noSuchProperty(first, table.name);
    return throughLookup(navigation, rest, scope);
  }
  // `contactid`, `_ownerid_value`; a bare navigation is allowed in comparisons with null only, and read as its lookup.
  const column = table.properties.get(first) ?? navigation?.column;
  if (column === undefined) throw noSuchProperty(first, table.name);
  if (!scope.organization.columnSecurity.canRead(scope.user, column)) throw unreadable(column, scope);
  return { column, read: (row) => valueOf(row, column), indexed: isIndexable(column) ? column.name : undefined };
}

/** What an owner has in common with others is asked of users: teams have the same names for it. */
function throughLookup(navigation: Navigation, rest: Path, scope: Scope): Property {
  const [first] = navigation.targets;
  const rows = scope.organization.rows(first?.table ?? '');
  const property = propertyAt(rest, rows.table, scope);
  return {
    column: property.column,
    indexed: undefined,
    read(row) {
      const reference = row.values[navigation.column.name];
      if (!isReference(reference) || !navigation.targets.some(({ table }) => table === reference.table)) return undefined;
      const other = scope.organization.rows(reference.table).get(reference.id);
      return other && property.read(other);
    },
  };
}

/** Choices and flags have few values, and looking them up would find half of the table. */
const isIndexable = (column: Column): boolean =>
  isStored(column) && (isLookup(column) || column.type === 'String' || column.type === 'Uniqueidentifier');

const unreadable = (column: Column, { user, organization }: Scope): Error =>
  problem(
    'attributePermissionReadIsMissing',
    `Caller user with Id ${user.id} does not have read permissions to a ${column.label} secured field on entity ${organization.model.table(column.table).label} table. The requested operation could not be completed.`,
  );
