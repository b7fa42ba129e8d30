/** Duplicate detection: the rule every organisation starts with, that no two rows of a table have the same e-mail. */
import { problem } from '../http/problem';
import type { Table } from '../metadata/model';
import type { Organization } from '../organization';
import type { Change } from '../rows/payload';
import type { Row } from '../rows/row';

const COLUMN = 'emailaddress1';
const TABLES: ReadonlySet<string> = new Set(['account', 'contact', 'lead']);

/**
 * Throws `0x80040333` when another active row has the e-mail that this one has after the change, even when the change is about
 * something else: that is how an update of any column of an old duplicate fails.
 */
export function checkDuplicates(table: Table, change: Change, before: Row | undefined, organization: Organization): void {
  if (!TABLES.has(table.name)) return;
  const email = change.has(COLUMN) ? change.get(COLUMN) : before?.values[COLUMN];
  if (typeof email !== 'string') return;
  const rows = organization.rows(table.name);
  for (const id of rows.find(COLUMN, email)) {
    if (id !== before?.id && rows.get(id)?.values['statecode'] === 0) throw problem('duplicateRecordsFound');
  }
}
