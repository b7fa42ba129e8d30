/** Pointing a lookup at a row needs Append on the row itself and AppendTo on the other. */
import { isLookup, type Table } from '../metadata/model';
import { requireOnRow, requirePrivilege } from '../security/require';
import type { Change } from './payload';
import { isReference, type Row } from './row';
import type { WriteContext } from './write';

export function requireBinding(
  table: Table,
  change: Change,
  before: Row | undefined,
  { organization, user }: WriteContext,
): void {
  for (const [name, value] of change) {
    const column = table.columns.get(name);
    if (!isReference(value) || column === undefined || !isLookup(column) || column.type === 'Owner') continue;
    if (before === undefined) requirePrivilege(organization, user, table, 'Append');
    else requireOnRow(organization, user, table, before, 'Append');
    requirePrivilege(organization, user, organization.model.table(value.table), 'AppendTo');
  }
}
