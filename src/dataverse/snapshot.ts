/** From the columns that are asked for to `$select`, and from an answered row to a snapshot. */
import { isGuid } from '../core/guid';
import type { RawValue, RowControl, Snapshot, Table } from '../core/types';
import type { Json } from './json';
import { type Columns, NAMES } from './tables';

/** Steer the sync, so they are read whatever is asked for. */
const CONTROL = ['statecode', 'new_synctomkto', 'masterid', 'originatingleadid'] as const;
/** Gives feed entries their time. */
const STAMP = 'modifiedon';

/** Display names are only wanted for lookups, but are asked for by annotation, not by column. */
export const WITH_LABELS = 'odata.include-annotations="OData.Community.Display.V1.FormattedValue"';
const LABEL = '@OData.Community.Display.V1.FormattedValue';

/** The sorted `$select` of a table: asked and control columns, as far as they exist. An unknown name would fail the whole request. */
export function selectList(columns: Columns, asked: readonly string[]): string[] {
  const names = new Set([...CONTROL, STAMP, ...asked].flatMap((name) => columns.get(name)?.select ?? []));
  return [...names].sort();
}

/** The row as a snapshot; `undefined` when it carries no id and so is no row. */
export function toSnapshot(table: Table, columns: Columns, asked: readonly string[], row: Json): Snapshot | undefined {
  const id = guidOf(row[NAMES[table].idColumn]);
  if (id === null) return undefined;
  const values: Record<string, RawValue> = { $id: id, $table: NAMES[table].screenName, $deleted: false };
  const labels: Record<string, string> = {};
  for (const name of asked) {
    const column = columns.get(name);
    // A secured column is answered as null with status 200: left out, else it would look like a clear.
    if (column?.select === undefined || !column.field.readable) continue;
    const value = row[column.select];
    if (!isRaw(value)) continue;
    values[name] = column.lookup && typeof value === 'string' ? value.toLowerCase() : value;
    const label = row[column.select + LABEL];
    if (column.lookup && typeof label === 'string') labels[name] = label;
  }
  const version = row['@odata.etag'];
  return {
    entity: table,
    id,
    values,
    labels,
    ...(typeof version === 'string' ? { version } : {}),
    control: controlOf(row),
  };
}

function controlOf(row: Json): RowControl {
  return {
    state: typeof row.statecode === 'number' ? row.statecode : null,
    filter: typeof row.new_synctomkto === 'boolean' ? row.new_synctomkto : null,
    masterId: guidOf(row._masterid_value),
    originatingLeadId: guidOf(row._originatingleadid_value),
  };
}

/** When the row last changed, ISO 8601 UTC. */
export function stampOf(row: Json): string | undefined {
  const time = typeof row[STAMP] === 'string' ? Date.parse(row[STAMP]) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function guidOf(value: unknown): string | null {
  return typeof value === 'string' && isGuid(value) ? value.toLowerCase() : null;
}

function isRaw(value: unknown): value is RawValue {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
