/** Column-level security: which columns the sync user may not read or write. Everyone else has the administrators' profile. */
import type { Journal } from '../../journal';
import type { Column } from '../metadata/model';
import type { User } from './user';

export interface ColumnPermission {
  readonly table: string;
  readonly column: string;
  readonly read: boolean;
  /** For creating rows with the column as well. */
  readonly update: boolean;
}

export interface ColumnSecurity {
  /** Secures the column, with what the sync user may do. */
  secure(permission: ColumnPermission): void;
  clear(): void;
  isSecured(column: Column): boolean;
  canRead(user: User, column: Column): boolean;
  canWrite(user: User, column: Column): boolean;
}

export function createColumnSecurity(journal: Journal): ColumnSecurity {
  const permissions = journal.table<ColumnPermission>('columnSecurity');
  // Asked for every column of every row, and most organisations secure none.
  const permissionOn = (column: Column): ColumnPermission | undefined =>
    permissions.size === 0 ? undefined : permissions.get(`${column.table}.${column.name}`);
  return {
    secure: (permission) => void permissions.set(`${permission.table}.${permission.column}`, permission),
    clear() {
      for (const key of permissions.keys()) permissions.delete(key);
    },
    isSecured: (column) => permissionOn(column) !== undefined,
    canRead: (user, column) => !user.isSync || (permissionOn(column)?.read ?? true),
    canWrite: (user, column) => !user.isSync || (permissionOn(column)?.update ?? true),
  };
}
