/** Create, update, upsert and delete, with the preconditions of `If-Match` and `If-None-Match`. */
import { v4 as uuid } from 'uuid';
import { DataverseError, notFound } from '../errors';
import { CURRENCY_ID, type Instance, stampOf } from '../instance';
import type { Table } from '../metadata/model';
import { etagOf } from '../query/present';
import type { Row, Values } from '../store';
import { type Changes, type Payload, readPayload, settleState } from './validate';

export interface Preconditions {
  readonly ifMatch?: string | undefined;
  /** The literal text "null", which clients send against caches, counts as absent. */
  readonly ifNoneMatch?: string | undefined;
}

export function createRow(instance: Instance, table: Table, payload: Payload): Row {
  const given = payload[table.idColumn];
  const id = typeof given === 'string' ? given.toLowerCase() : uuid();
  if (instance.rows.row(table, id) !== undefined)
    throw new DataverseError(412, '0x80040237', 'A record with matching key values already exists.');
  return insert(instance, table, id, payload);
}

function insert(instance: Instance, table: Table, id: string, payload: Payload): Row {
  const changes = readPayload(instance, table, payload, 'create');
  delete changes[table.idColumn];
  if (table.columns.has('statecode')) {
    changes['statecode'] ??= 0;
    settleState(table, {}, changes);
  }
  const now = stampOf(instance.clock);
  const { userId } = instance.security;
  const defaults: Changes = {
    createdon: now,
    createdby: userId,
    'createdby@table': 'systemuser',
    ...(table.columns.has('ownerid') ? { ownerid: userId, 'ownerid@table': 'systemuser' } : {}),
    ...(table.columns.has('transactioncurrencyid')
      ? { transactioncurrencyid: CURRENCY_ID, 'transactioncurrencyid@table': 'transactioncurrency', exchangerate: 1 }
      : {}),
    ...booleanDefaults(table),
  };
  return save(instance, table, id, {}, { ...defaults, ...changes }, now);
}

/** A two-option column without a value reads as No, except the custom filter, which has no default. */
function booleanDefaults(table: Table): Changes {
  const columns = [...table.columns.values()].filter((column) => column.type === 'Boolean' && !column.name.startsWith('new_'));
  return Object.fromEntries(columns.map((column) => [column.name, false]));
}

/** PATCH: `If-Match: *` only updates, `If-None-Match: *` only creates, neither does whichever fits. */
export function upsertRow(
  instance: Instance,
  table: Table,
  id: string,
  payload: Payload,
  conditions: Preconditions,
): { readonly row: Row; readonly created: boolean } {
  const before = instance.rows.row(table, id);
  if (before === undefined) {
    if (conditions.ifMatch !== undefined) throw notFound(table.label, id);
    return { row: insert(instance, table, id, payload), created: true };
  }
  if (conditions.ifNoneMatch === '*')
    throw new DataverseError(412, '0x80040237', 'A record with matching key values already exists.');
  requireVersion(before, conditions);
  const changes = readPayload(instance, table, payload, 'update');
  delete changes[table.idColumn];
  settleState(table, before.values, changes);
  // Equal values count as a write too: the real service fires plug-ins and moves modifiedon for them.
  return { row: save(instance, table, id, before.values, changes, stampOf(instance.clock)), created: false };
}

export function deleteRow(instance: Instance, table: Table, id: string, conditions: Preconditions): void {
  const before = instance.rows.row(table, id);
  if (before === undefined) throw notFound(table.label, id);
  requireVersion(before, conditions);
  instance.rows.remove(table, id, stampOf(instance.clock));
}

function requireVersion(row: Row, { ifMatch }: Preconditions): void {
  if (ifMatch === undefined || ifMatch === '*' || ifMatch === etagOf(row)) return;
  throw new DataverseError(
    412,
    '0x80060882',
    "The version of the existing record doesn't match the RowVersion property provided.",
  );
}

function save(instance: Instance, table: Table, id: string, before: Values, changes: Changes, now: string): Row {
  const { userId } = instance.security;
  const values: Changes = { ...before, ...changes, modifiedon: now, modifiedby: userId, 'modifiedby@table': 'systemuser' };
  compute(table, values);
  // Empty columns are not kept: they are most of a row.
  return instance.rows.put(table, id, Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)));
}

/** What Dataverse works out by itself. */
function compute(table: Table, values: Changes): void {
  if (table.columns.has('fullname') && table.name !== 'systemuser')
    values['fullname'] = joined([values['firstname'], values['lastname']], ' ');
  for (const number of [1, 2, 3]) {
    const part = (name: string) => values[`address${number}_${name}`];
    if (!table.columns.has(`address${number}_composite`)) continue;
    const town = joined([part('city'), joined([part('stateorprovince'), part('postalcode')], ' ')], ', ');
    values[`address${number}_composite`] = joined([part('line1'), part('line2'), part('line3'), town, part('country')], '\r\n');
  }
}

function joined(parts: readonly unknown[], separator: string): string | null {
  const present = parts.filter((part) => typeof part === 'string' && part !== '');
  return present.length === 0 ? null : present.join(separator);
}
