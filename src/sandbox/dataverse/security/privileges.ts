/** What users may do with whole tables. Application users may do everything, until a tester takes something from the sync user. */
import type { Journal } from '../../journal';
import { guidOf } from '../metadata/ids';
import type { Table } from '../metadata/model';
import type { User } from './user';

export const PRIVILEGE_TYPES = ['Create', 'Read', 'Write', 'Delete', 'Assign', 'Append', 'AppendTo', 'Share'] as const;
export type PrivilegeType = (typeof PRIVILEGE_TYPES)[number];

/** How far a privilege reaches: one's own rows, the unit's, the unit's and those below, all. */
export const DEPTHS = ['None', 'Basic', 'Local', 'Deep', 'Global'] as const;
export type Depth = (typeof DEPTHS)[number];

export interface Privileges {
  depth(user: User, table: string, type: PrivilegeType): Depth;
  /** Of the sync user. */
  set(table: string, type: PrivilegeType, depth: Depth): void;
}

export function createPrivileges(journal: Journal): Privileges {
  const depths = journal.table<Depth>('privileges');
  return {
    depth: (user, table, type) => (user.isSync ? depths.get(`${type}.${table}`) : undefined) ?? 'Global',
    set: (table, type, depth) => void depths.set(`${type}.${table}`, depth),
  };
}

export const privilegeName = (table: Table, type: PrivilegeType): string => `prv${type}${table.schemaName}`;

export const privilegeId = (table: Table, type: PrivilegeType): string => guidOf('privilege', table.name, type);

/** Tables that belong to the organisation are neither owned nor assigned. */
export const privilegeTypesOf = (table: Table): readonly PrivilegeType[] =>
  table.ownership === 'UserOwned' ? PRIVILEGE_TYPES : PRIVILEGE_TYPES.filter((type) => type !== 'Assign' && type !== 'Share');
