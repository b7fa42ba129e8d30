/** Refusals of what a user lacks the privilege for. */
import { problem } from '../http/problem';
import type { Table } from '../metadata/model';
import type { Organization } from '../organization';
import { isReference, type Row } from '../rows/row';
import { privilegeId, privilegeName, type PrivilegeType } from './privileges';
import type { User } from './user';

/** Throws `0x80040220` when the user does not hold the privilege at all. */
export function requirePrivilege(organization: Organization, user: User, table: Table, type: PrivilegeType): void {
  if (organization.privileges.depth(user, table.name, type) === 'None') throw missing(user, table, type);
}

/** The same, and for a privilege that reaches one's own rows only, when the row is another's. All users are in one unit. */
export function requireOnRow(organization: Organization, user: User, table: Table, row: Row, type: PrivilegeType): void {
  requirePrivilege(organization, user, table, type);
  if (organization.privileges.depth(user, table.name, type) !== 'Basic' || isOwn(user, row)) return;
  const access = type === 'AppendTo' ? 'AppendToAccess' : `${type}Access`;
  throw problem(
    'privilegeDenied',
    `Principal with id ${user.id} does not have ${access} right(s) for record with id ${row.id} of entity ${table.name}.`,
  );
}

/** Change tracking needs the right to read every row of the table. */
export function requireGlobalRead(organization: Organization, user: User, table: Table): void {
  if (organization.privileges.depth(user, table.name, 'Read') !== 'Global') throw missing(user, table, 'Read');
}

/** Which rows the user sees in a list; `undefined` for all of them. */
export function visibleTo(organization: Organization, user: User, table: Table): ((row: Row) => boolean) | undefined {
  return organization.privileges.depth(user, table.name, 'Read') === 'Basic' ? (row) => isOwn(user, row) : undefined;
}

function isOwn(user: User, row: Row): boolean {
  const owner = row.values['ownerid'];
  return isReference(owner) ? owner.id === user.id : true;
}

function missing(user: User, table: Table, type: PrivilegeType): Error {
  const name = privilegeName(table, type);
  const principal = `Principal user (Id=${user.id}, type=8, roleCount=1, privilegeCount=783, accessMode=4)`;
  return problem(
    'privilegeDenied',
    `${principal}, is missing ${name} privilege (Id=${privilegeId(table, type)}) on OTC=${table.objectTypeCode} for entity '${table.name}' (LocalizedName='${table.label}'). context.Caller=${user.id}`,
  );
}
