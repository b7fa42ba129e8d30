/** Who the callers are, which columns are closed to the sync user, and which writes are refused by rule. */
import type { Journal } from '../journal';
import { metadataIdOf } from './metadata/model';

export interface ColumnSecurity {
  readonly table: string;
  readonly column: string;
  readonly read: boolean;
  readonly update: boolean;
}

export interface WriteRule {
  readonly table: string;
  readonly column: string;
  /** A regular expression over the value as text. */
  readonly pattern: string;
  readonly code: string;
  readonly message: string;
}

export interface Caller {
  readonly clientId: string;
  readonly secret: string;
  readonly userId: string;
  readonly fullName: string;
}

/** Two application users of one tenant: the product, and a salesperson's application. */
export const TENANT = 'sandbox';
export const CALLERS: readonly Caller[] = [
  { clientId: 'sync-app', secret: 'sync-secret', userId: metadataIdOf('user sync-app'), fullName: '# Marketo Sync' },
  { clientId: 'sales-app', secret: 'sales-secret', userId: metadataIdOf('user sales-app'), fullName: 'Sally Sales' },
];
const SYNC_USER = CALLERS[0]?.userId;

export interface Security {
  /** Who is asking now; set for each request. */
  userId: string;
  secure(rule: ColumnSecurity): void;
  columns(): readonly ColumnSecurity[];
  mayRead(table: string, column: string): boolean;
  mayUpdate(table: string, column: string): boolean;
  addRule(rule: WriteRule): void;
  clearRules(): void;
  rules(): readonly WriteRule[];
}

export function createSecurity(journal: Journal): Security {
  const columns = journal.table<ColumnSecurity>('columnSecurity');
  const rules = journal.table<WriteRule>('rules');
  const closed = (userId: string, table: string, column: string): ColumnSecurity | undefined =>
    userId === SYNC_USER ? columns.get(`${table}.${column}`) : undefined;
  return {
    userId: SYNC_USER ?? '',
    secure: (rule) => void columns.set(`${rule.table}.${rule.column}`, rule),
    columns: () => [...columns.values()],
    mayRead(table, column) {
      return closed(this.userId, table, column)?.read ?? true;
    },
    mayUpdate(table, column) {
      return closed(this.userId, table, column)?.update ?? true;
    },
    addRule: (rule) => void rules.set(`${rule.table}.${rule.column}.${rule.pattern}`, rule),
    clearRules() {
      for (const key of rules.keys()) rules.delete(key);
    },
    rules: () => [...rules.values()],
  };
}
