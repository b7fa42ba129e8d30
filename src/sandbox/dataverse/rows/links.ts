/** What becomes of lookups when the row they point to goes. */
import type { Table } from '../metadata/model';
import type { Organization } from '../organization';
import { isReference } from './row';

/**
 * Clears the lookups of other rows that point to this one. Their versions move, as with every system update; who changed them last,
 * and when, stays.
 */
export function releaseLinks(table: Table, id: string, organization: Organization): void {
  for (const collection of table.collections.values()) {
    const rows = organization.rows(collection.table);
    const { name } = collection.column;
    for (const pointing of rows.find(name, id)) {
      const row = rows.get(pointing);
      const reference = row?.values[name];
      if (row === undefined || !isReference(reference) || reference.table !== table.name) continue;
      const { [name]: _cleared, ...values } = row.values;
      rows.put({ id: row.id, version: organization.nextVersion(), values });
    }
  }
}
