/** How Dataverse writes values for people: an English user in UTC. */
import { type Column, isDateOnly } from '../metadata/model';
import type { Organization } from '../organization';
import { valueOf } from './columnValue';
import { isReference, type Reference, type Value } from './row';

/** What `FormattedValue` says; `undefined` for columns that have no other form. */
export function formatted(column: Column, value: Value, organization: Organization): string | undefined {
  if (isReference(value)) return nameOf(value, organization);
  switch (column.type) {
    case 'Boolean':
      return column.options.find((option) => option.value === Number(value))?.label;
    case 'DateTime':
      return formatTime(String(value), column);
    case 'Integer':
    case 'BigInt':
      return Number(value).toLocaleString('en-US');
    case 'Decimal':
    case 'Double':
      return fixed(Number(value), column.precision);
    case 'Money':
      return `$${fixed(Number(value), column.precision)}`;
    case 'Picklist':
    case 'State':
    case 'Status':
      return column.options.find((option) => option.value === value)?.label;
    default:
      return undefined;
  }
}

/** The primary name of a row that a lookup points to. */
function nameOf(reference: Reference, organization: Organization): string | undefined {
  const rows = organization.model.tables.has(reference.table) ? organization.rows(reference.table) : undefined;
  const row = rows?.get(reference.id);
  const name = rows?.table.columns.get(rows.table.primaryName ?? '');
  const value = row && name && valueOf(row, name);
  return typeof value === 'string' ? value : undefined;
}

const fixed = (value: number, digits = 2): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

function formatTime(value: string, column: Column): string {
  const [year, month, day] = value.slice(0, 10).split('-').map(Number);
  const date = `${month}/${day}/${year}`;
  if (isDateOnly(column) || column.format === 'DateOnly') return date;
  const [hour = 0, minute = 0] = value.slice(11, 16).split(':').map(Number);
  return `${date} ${hour % 12 || 12}:${String(minute).padStart(2, '0')} ${hour < 12 ? 'AM' : 'PM'}`;
}
