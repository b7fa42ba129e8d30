/** Refusals of writes to secured columns. */
import { problem } from '../http/problem';
import type { Table } from '../metadata/model';
import type { Change } from '../rows/payload';
import type { WriteContext } from '../rows/write';

/** Throws `0x8004f502` or `0x8004f507` for the first column that the user may not write. */
export function requireColumns(table: Table, change: Change, operation: 'create' | 'update', context: WriteContext): void {
  const { organization, user } = context;
  for (const name of change.keys()) {
    const column = table.columns.get(name);
    if (column === undefined || organization.columnSecurity.canWrite(user, column)) continue;
    throw problem(
      operation === 'create' ? 'attributePrivilegeCreateIsMissing' : 'attributePermissionUpdateIsMissingDuringUpdate',
      `Caller user with Id ${user.id} does not have ${operation} permissions to a ${column.label} secured field on entity ${table.label} table. The requested operation could not be completed.`,
    );
  }
}
