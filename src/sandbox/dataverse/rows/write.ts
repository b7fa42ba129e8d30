/** Creating, changing and deleting one row, with all that Dataverse checks and adds on the way. */
import { v4 } from 'uuid';
import { BUSINESS_UNIT_ID, CURRENCY_ID } from '../directory';
import { problem } from '../http/problem';
import type { Table } from '../metadata/model';
import type { Organization } from '../organization';
import { checkDuplicates } from '../rules/duplicates';
import { requireColumns } from '../security/columnRefusals';
import { requireOnRow, requirePrivilege } from '../security/require';
import type { User } from '../security/user';
import { releaseLinks } from './links';
import { requireBinding } from './linkPrivileges';
import { checkOwner } from './owner';
import type { Change } from './payload';
import { isReference, type Row, type Value } from './row';
import { stateAfter } from './state';
import { ofDate } from './time';
import { requireUniqueKeys } from './uniqueKeys';

export interface WriteContext {
  readonly organization: Organization;
  readonly user: User;
  /** `MSCRM.SuppressDuplicateDetection: false` was sent. */
  readonly detectDuplicates?: boolean;
  /** The `tag` parameter, which plug-ins and webhooks see. */
  readonly tag?: string | undefined;
}

/** Makes a row; `id` when the client chose it. Throws `0x80040237` when there is one with that id already. */
export function createRow(table: Table, change: Change, context: WriteContext, chosenId?: string): Row {
  const { organization, user } = context;
  requirePrivilege(organization, user, table, 'Create');
  const given = change.get(table.primaryId);
  const id = chosenId ?? (typeof given === 'string' ? given : v4());
  const rows = organization.rows(table.name);
  if (rows.get(id) !== undefined) throw problem('duplicateRecord');
  checkChange(table, change, context, undefined);
  const now = ofDate(organization.clock.now());
  const self = { table: 'systemuser', id: user.id };
  const values = valuesAfter(table, change, undefined, defaultsOf(table, self));
  delete values[table.primaryId];
  stamp(values, table, {
    createdon: now,
    createdby: self,
    modifiedon: now,
    modifiedby: self,
    ...onBehalf(user, 'createdonbehalfby'),
  });
  // Migrated rows: the date they had elsewhere is shown as theirs, and the real one is kept beside it.
  if (values['overriddencreatedon'] !== undefined) {
    [values['createdon'], values['overriddencreatedon']] = [values['overriddencreatedon'], now];
  }
  if (table.name === 'systemuser' && values['businessunitid'] === undefined) {
    values['businessunitid'] = { table: 'businessunit', id: BUSINESS_UNIT_ID };
  }
  requireUniqueKeys(table, values, undefined, organization);
  const row = { id, version: organization.nextVersion(), values };
  rows.put(row);
  organization.announce({ message: 'Create', table, id, change: values, user, tag: context.tag });
  return row;
}

/** Changes a row. Time stamp and version move even when nothing does. */
export function updateRow(table: Table, row: Row, change: Change, context: WriteContext): Row {
  const { organization, user } = context;
  requireOnRow(organization, user, table, row, 'Write');
  refuseClosed(table, row, change, organization);
  checkChange(table, change, context, row);
  const values = valuesAfter(table, change, row, row.values);
  const self = { table: 'systemuser', id: user.id };
  stamp(values, table, {
    modifiedon: ofDate(organization.clock.now()),
    modifiedby: self,
    ...onBehalf(user, 'modifiedonbehalfby'),
  });
  requireUniqueKeys(table, values, row.id, organization);
  const after = { id: row.id, version: organization.nextVersion(), values };
  organization.rows(table.name).put(after);
  organization.announce({ message: 'Update', table, id: row.id, change: Object.fromEntries(change), user, tag: context.tag });
  return after;
}

export function deleteRow(table: Table, row: Row, context: WriteContext): void {
  const { organization, user } = context;
  requireOnRow(organization, user, table, row, 'Delete');
  if (table.ownership !== 'UserOwned') throw problem('cannotDeleteDueToAssociation');
  organization.rows(table.name).remove(row.id, organization.nextVersion());
  releaseLinks(table, row.id, organization);
  organization.announce({ message: 'Delete', table, id: row.id, change: {}, user, tag: context.tag });
}

/** What is refused before anything is written: columns, owners, rules, duplicates. */
function checkChange(table: Table, change: Change, context: WriteContext, before: Row | undefined): void {
  const { organization, user } = context;
  requireColumns(table, change, before === undefined ? 'create' : 'update', context);
  requireBinding(table, change, before, context);
  const owner = change.get('ownerid');
  if (isReference(owner)) {
    const current = before?.values['ownerid'];
    const isAssigned = before === undefined ? owner.id !== user.id : !isReference(current) || current.id !== owner.id;
    if (isAssigned) requirePrivilege(organization, user, table, 'Assign');
    checkOwner(owner, organization);
  }
  organization.rejectRules.check(table.name, change);
  if (context.detectDuplicates) checkDuplicates(table, change, before, organization);
}

function defaultsOf(table: Table, self: Value): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const { name, defaultValue } of table.columns.values()) if (defaultValue !== undefined) values[name] = defaultValue;
  if (table.ownership === 'UserOwned') values['ownerid'] = self;
  return values;
}

/** Money without a currency is in the organisation's. */
function valuesAfter(table: Table, change: Change, before: Row | undefined, base: Row['values']): Record<string, Value> {
  const values: Record<string, Value> = { ...base };
  for (const [column, value] of change) {
    if (value === null) delete values[column];
    else values[column] = value;
  }
  const hasMoney = [...change].some(([column, value]) => value !== null && table.columns.get(column)?.type === 'Money');
  if (hasMoney && table.columns.has('transactioncurrencyid')) {
    values['transactioncurrencyid'] ??= { table: 'transactioncurrency', id: CURRENCY_ID };
  }
  return Object.assign(values, stateAfter(table, change, before));
}

/** Only the columns that the table has. */
function stamp(values: Record<string, Value>, table: Table, stamps: Readonly<Record<string, Value>>): void {
  for (const [column, value] of Object.entries(stamps)) if (table.columns.has(column)) values[column] = value;
}

const onBehalf = (user: User, column: string): Record<string, Value> =>
  user.behalfOf === undefined ? {} : { [column]: { table: 'systemuser', id: user.behalfOf } };

/** A tester may have closed rows refuse what does not open them again. */
function refuseClosed(table: Table, row: Row, change: Change, organization: Organization): void {
  if (!organization.settings.switches().closedRowsReadOnly) return;
  const state = row.values['statecode'];
  if (state === undefined || state === 0 || change.get('statecode') === 0) return;
  if ([...change.keys()].every((column) => column === 'statecode' || column === 'statuscode')) return;
  throw problem(table.name === 'lead' ? 'invalidState' : 'cannotUpdateBecauseItIsReadOnly');
}
