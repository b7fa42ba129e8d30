/** No two rows have the same alternate key; keys with an empty column are no keys. */
import { problem } from '../http/problem';
import type { Table } from '../metadata/model';
import type { Organization } from '../organization';
import type { Value } from './row';
import { rowWith } from './rowKey';

/** `ownId`: of the row that is being changed. Throws `0x80060892`. */
export function requireUniqueKeys(
  table: Table,
  values: Readonly<Record<string, Value>>,
  ownId: string | undefined,
  organization: Organization,
): void {
  for (const { label, columns } of table.keys) {
    const wanted = new Map(columns.map((column) => [column, values[column]] as const).filter(hasValue));
    if (wanted.size < columns.length) continue;
    const other = rowWith(wanted, table, organization);
    if (other !== undefined && other.id !== ownId) {
      throw problem(
        'duplicateRecordEntityKey',
        undefined,
        label,
        columns.map((column) => table.columns.get(column)?.label).join(', '),
      );
    }
  }
}

const hasValue = (entry: readonly [string, Value | undefined]): entry is readonly [string, Value] => entry[1] !== undefined;
