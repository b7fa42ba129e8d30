/** A payload against the metadata: real codes and texts, checked column by column in the order they were sent. */
import { badPayload, DataverseError, notFound } from '../errors';
import type { Instance } from '../instance';
import { type Column, LOOKUPS, type Table, tableOfSet, tables, wireName } from '../metadata/model';
import type { Value } from '../store';

export type Payload = Readonly<Record<string, unknown>>;
/** Changes by column name; lookups come with `<column>@table`. */
export type Changes = Record<string, Value>;

const BIND = '@odata.bind';

/**
 * What a payload would change. Columns that may not be written are ignored, as the real service does; unknown ones, values of the wrong
 * type and values beyond a column's limits are refused.
 */
export function readPayload(instance: Instance, table: Table, payload: Payload, doing: 'create' | 'update'): Changes {
  const changes: Changes = {};
  for (const [name, value] of Object.entries(payload)) {
    if (name.endsWith(BIND)) {
      bind(instance, table, name.slice(0, -BIND.length), value, changes);
      continue;
    }
    if (name.includes('@')) continue;
    const column = table.columns.get(name);
    if (column === undefined || LOOKUPS.has(column.type)) throw undeclared(table, name);
    if (!(doing === 'create' ? column.create : column.update)) continue;
    if (!instance.security.mayUpdate(table.name, name)) throw secured(instance, table, column, doing);
    changes[name] = checked(table, column, value);
  }
  for (const rule of instance.security.rules())
    if (rule.table === table.name && rule.column in changes && new RegExp(rule.pattern).test(String(changes[rule.column] ?? '')))
      throw new DataverseError(400, rule.code, rule.message);
  return changes;
}

function undeclared(table: Table, name: string): DataverseError {
  return badPayload(
    table.setName,
    `Microsoft.OData.ODataException: An undeclared property '${name}' which only has property annotations in the payload but no property value was found in the payload. In OData, only declared navigation properties and declared named streams can be represented as properties without values.`,
  );
}

function secured({ security }: Instance, table: Table, column: Column, doing: string): DataverseError {
  return new DataverseError(
    403,
    doing === 'create' ? '0x8004f502' : '0x8004f507',
    `Caller user with Id ${security.userId} does not have ${doing} permissions to a ${column.name} secured field on entity ${table.label} table. The requested operation could not be completed.`,
  );
}

function checked(table: Table, column: Column, value: unknown): Value {
  if (value === null || value === undefined) {
    if (column.required === 'SystemRequired')
      throw new DataverseError(400, '0x80040200', `The field '${column.name}' of entity '${table.name}' cannot be null.`);
    return null;
  }
  return (CHECKS[column.type] ?? asText)(value, column, table);
}

type Check = (value: unknown, column: Column, table: Table) => Value;

const wrongType = (value: unknown, type: string, table: Table): DataverseError =>
  badPayload(
    table.setName,
    `Microsoft.OData.ODataException: Cannot convert the literal '${String(value)}' to the expected type '${type}'. ---> System.FormatException: Input string was not in a correct format.`,
  );

/** Control characters other than tab and line breaks. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const UNSENDABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

const asText: Check = (value, column, table) => {
  if (typeof value !== 'string') throw wrongType(value, 'Edm.String', table);
  if (UNSENDABLE.test(value))
    throw new DataverseError(400, '0x80040278', `Invalid characters in field ${column.name} of entity ${table.name}.`);
  if (column.maxLength !== undefined && value.length > column.maxLength)
    throw new DataverseError(
      400,
      '0x80044331',
      `A validation error occurred.  The length of the '${column.name}' attribute of the '${table.name}' entity exceeded the maximum allowed length of '${column.maxLength}'.`,
    );
  return value === '' ? null : value;
};

const asNumber =
  (type: string, code: string): Check =>
  (value, column, table) => {
    if (typeof value !== 'number' || (type === 'Edm.Int32' && !Number.isInteger(value))) throw wrongType(value, type, table);
    if (value < (column.min ?? -Infinity) || value > (column.max ?? Infinity))
      throw new DataverseError(
        400,
        code,
        `A validation error occurred. The value of '${column.name}' on record of type '${table.name}' is outside the valid range.`,
      );
    const digits = 10 ** (column.precision ?? 10);
    return Math.round(value * digits) / digits;
  };

const asOption: Check = (value, column, table) => {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(value, 'Edm.Int32', table);
  if (!column.options.some((option) => option.value === value))
    throw new DataverseError(
      400,
      '0x8004431a',
      `A validation error occurred. The value ${value} of '${column.name}' on record of type '${table.name}' is outside the valid range. Accepted Values: ${column.options.map((option) => option.value).join(',')}`,
    );
  return value;
};

const asDate: Check = (value, column, table) => {
  const form = column.dateOnly
    ? /^\d{4}-\d{2}-\d{2}$/
    : /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;
  const type = column.dateOnly ? 'Edm.Date' : 'Edm.DateTimeOffset';
  if (typeof value !== 'string' || !form.test(value)) throw wrongType(value, type, table);
  const zoned = column.dateOnly || /(?:Z|[+-]\d{2}:\d{2})$/.test(value) || !value.includes('T') ? value : `${value}Z`;
  const time = new Date(zoned);
  if (Number.isNaN(time.getTime())) throw wrongType(value, type, table);
  if (time.getUTCFullYear() < 1753)
    throw new DataverseError(
      400,
      '0x80040239',
      `The date-time format for ${value} is invalid, or value is outside the supported range.`,
    );
  return column.dateOnly ? value : `${time.toISOString().slice(0, 19)}Z`;
};

const asBoolean: Check = (value, _column, table) => {
  if (typeof value !== 'boolean') throw wrongType(value, 'Edm.Boolean', table);
  return value;
};

const asGuid: Check = (value, _column, table) => {
  if (typeof value !== 'string' || !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value))
    throw wrongType(value, 'Edm.Guid', table);
  return value.toLowerCase();
};

const CHECKS: Readonly<Record<string, Check>> = {
  Boolean: asBoolean,
  Integer: asNumber('Edm.Int32', '0x8004432f'),
  BigInt: asNumber('Edm.Int64', '0x8004432f'),
  Decimal: asNumber('Edm.Decimal', '0x80044330'),
  Double: asNumber('Edm.Double', '0x80044330'),
  Money: asNumber('Edm.Decimal', '0x80044330'),
  Picklist: asOption,
  State: asOption,
  Status: asOption,
  DateTime: asDate,
  Uniqueidentifier: asGuid,
};

/** `ownerid@odata.bind`, `parentcustomerid_account@odata.bind`: the navigation property names the column, and for customers the table. */
function bind(instance: Instance, table: Table, property: string, value: unknown, changes: Changes): void {
  const column = [...table.columns.values()].find(
    (one) =>
      LOOKUPS.has(one.type) &&
      (one.type === 'Customer' ? one.targets.some((target) => `${one.name}_${target}` === property) : one.name === property),
  );
  if (column === undefined) throw undeclared(table, property);
  if (value === null) {
    changes[column.name] = null;
    return;
  }
  const address = typeof value === 'string' ? value : '';
  const [, set = '', id = ''] = /([a-z]+)\(([0-9a-f-]{36})\)$/i.exec(address) ?? [];
  const target = tableOfSet(set.toLowerCase());
  if (target === undefined || !column.targets.includes(target.name))
    throw badPayload(table.setName, `Microsoft.OData.ODataException: Invalid URI '${address}' for '${wireName(column)}'.`);
  const row = instance.rows.row(target, id.toLowerCase());
  if (row === undefined) throw notFound(target.label === 'User' ? 'systemuser' : target.label, id);
  if (target.name === 'systemuser' && row.values['isdisabled'] === true && column.type === 'Owner')
    throw new DataverseError(400, '0x80040231', 'The specified user is either disabled or is not a member of any business unit.');
  changes[column.name] = row.id;
  changes[`${column.name}@table`] = target.name;
}

/** State and status belong together: one alone brings its default partner along. */
export function settleState(table: Table, before: Readonly<Record<string, Value>>, changes: Changes): void {
  if (!('statecode' in changes) && !('statuscode' in changes)) return;
  const statuses = tables.get(table.name)?.columns.get('statuscode')?.options ?? [];
  const state =
    changes['statecode'] ?? statuses.find((one) => one.value === changes['statuscode'])?.state ?? before['statecode'] ?? 0;
  const status = changes['statuscode'] ?? statuses.find((one) => one.state === state)?.value ?? null;
  if (!statuses.some((one) => one.value === status && one.state === state))
    throw new DataverseError(
      400,
      '0x80048408',
      'State code is invalid or state code is valid but status code is invalid for a specified state code.',
    );
  changes['statecode'] = state;
  changes['statuscode'] = status;
}
