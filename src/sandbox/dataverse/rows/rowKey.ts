/** What stands in parentheses behind an entity set: a GUID, or the columns of an alternate key. */
import { splitOutside } from '../http/parameters';
import { problem, uriProblem } from '../http/problem';
import { isGuid } from '../metadata/ids';
import type { AlternateKey, Table } from '../metadata/model';
import type { Organization } from '../organization';
import { isReference, type Row, type Value } from './row';

export interface RowKey {
  /** Of the row, or of the one that would be made; `undefined` when only an alternate key was given and no row has it. */
  readonly id: string | undefined;
  readonly row: Row | undefined;
  /** The columns of the alternate key, which a new row gets. */
  readonly values: ReadonlyMap<string, Value>;
}

/** Documented as not working in the value of a key. */
const FORBIDDEN = /[/<>*%&:\\?+]/;

/** Throws what the server says of a key the table does not have. */
export function readRowKey(text: string, table: Table, organization: Organization): RowKey {
  const id = text.replace(new RegExp(`^${table.primaryId}\\s*=\\s*`), '').trim();
  if (isGuid(id)) {
    const lower = id.toLowerCase();
    return { id: lower, row: organization.rows(table.name).get(lower), values: new Map() };
  }
  const values = new Map(splitOutside(text, ',').map((part) => readPart(part, table)));
  if (values.size === 0 || text === '') throw uriProblem('Bad Request - Error in query syntax.');
  if (keyOfColumns(table, values) === undefined) throw notAKey(table);
  const row = rowWith(values, table, organization);
  return { id: row?.id, row, values };
}

export const noRowWithKey = (table: Table): Error => problem('recordNotFoundByEntityKey', undefined, table.name);

/** The row whose columns have all these values. */
export function rowWith(values: ReadonlyMap<string, Value>, table: Table, organization: Organization): Row | undefined {
  const [first] = values;
  if (first === undefined) return undefined;
  const rows = organization.rows(table.name);
  for (const id of rows.find(...first)) {
    const row = rows.get(id);
    if (row !== undefined && [...values].every(([column, value]) => isSame(row.values[column], value))) return row;
  }
  return undefined;
}

function isSame(a: Value | undefined, b: Value): boolean {
  const plain = (value: Value | undefined): unknown => (isReference(value) ? value.id : value);
  const [left, right] = [plain(a), plain(b)];
  return typeof left === 'string' && typeof right === 'string' ? left.toLowerCase() === right.toLowerCase() : left === right;
}

function keyOfColumns(table: Table, values: ReadonlyMap<string, Value>): AlternateKey | undefined {
  return table.keys.find(({ columns }) => columns.length === values.size && columns.every((column) => values.has(column)));
}

/** `accountnumber='A-1'`, `_parentaccountid_value=<guid>`, `importsequencenumber=5` */
function readPart(part: string, table: Table): [string, Value] {
  const [, property = '', quoted, plain = ''] = /^\s*(\w+)\s*=\s*(?:'(.*)'|([^']+?))\s*$/s.exec(part) ?? [];
  const column = table.properties.get(property);
  if (column === undefined) throw notAKey(table);
  const value = quoted?.replaceAll("''", "'") ?? plain;
  if (FORBIDDEN.test(value)) {
    const character = FORBIDDEN.exec(value)?.[0];
    throw uriProblem(`A potentially dangerous Request.Path value was detected from the client (${character}).`);
  }
  return [column.name, quoted === undefined && !isGuid(plain) ? Number(plain) : value];
}

const notAKey = (table: Table): Error =>
  uriProblem(
    `The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.${table.name}'. Ensure that the names and number of key properties match the declared or alternate key properties for the resource 'Microsoft.Dynamics.CRM.${table.name}'.`,
  );
