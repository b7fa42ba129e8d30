/** A row as it is answered: selected columns, etag, and annotations where they were asked for. */
import { type Column, LOOKUPS, type Table, tables, wireName } from '../metadata/model';
import type { Instance } from '../instance';
import type { Row, Value } from '../store';
import { read } from './filter';

export interface Presentation {
  /** Absent: every column. */
  readonly select?: readonly Column[];
  /** Patterns from `odata.include-annotations`. */
  readonly annotations: readonly string[];
}

const FORMATTED = 'OData.Community.Display.V1.FormattedValue';
const LOOKUP_TABLE = 'Microsoft.Dynamics.CRM.lookuplogicalname';
const NAVIGATION = 'Microsoft.Dynamics.CRM.associatednavigationproperty';

export function present(instance: Instance, table: Table, row: Row, how: Presentation): Record<string, unknown> {
  const wants = (annotation: string): boolean => how.annotations.some((pattern) => matches(pattern, annotation));
  const answer: Record<string, unknown> = { '@odata.etag': etagOf(row) };
  for (const column of how.select ?? [...table.columns.values()].filter((one) => one.read)) {
    const name = wireName(column);
    // A secured column that may not be read is answered as empty, not refused.
    const value = instance.security.mayRead(table.name, column.name) ? read(row, column) : null;
    answer[name] = value;
    if (value === null) continue;
    if (LOOKUPS.has(column.type)) {
      const target = String(row.values[`${column.name}@table`] ?? column.targets[0] ?? '');
      if (wants(LOOKUP_TABLE)) answer[`${name}@${LOOKUP_TABLE}`] = target;
      if (wants(NAVIGATION))
        answer[`${name}@${NAVIGATION}`] = column.type === 'Customer' ? `${column.name}_${target}` : column.name;
    }
    const formatted = wants(FORMATTED) ? format(instance, column, row, value) : undefined;
    if (formatted !== undefined) answer[`${name}@${FORMATTED}`] = formatted;
  }
  answer[table.idColumn] = row.id;
  return answer;
}

export const etagOf = (row: Row): string => `W/"${row.version}"`;

function matches(pattern: string, annotation: string): boolean {
  return pattern === '*' || pattern === annotation || (pattern.endsWith('*') && annotation.startsWith(pattern.slice(0, -1)));
}

const MONEY = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });

function format(instance: Instance, column: Column, row: Row, value: Value): string | undefined {
  if (LOOKUPS.has(column.type)) {
    const target = tables.get(String(row.values[`${column.name}@table`] ?? column.targets[0] ?? ''));
    const other = target && instance.rows.row(target, String(value));
    return other === undefined ? undefined : nameOf(other);
  }
  if (column.options.length > 0) return column.options.find((option) => option.value === value)?.label;
  if (column.type === 'Boolean') return value === true ? 'Yes' : 'No';
  if (column.type === 'Money') return MONEY.format(Number(value));
  if (column.type === 'Integer' || column.type === 'Decimal' || column.type === 'Double')
    return Number(value).toLocaleString('en-US');
  return column.type === 'DateTime' ? String(value) : undefined;
}

const nameOf = ({ values }: Row): string => String(values['fullname'] ?? values['name'] ?? values['currencyname'] ?? '');
