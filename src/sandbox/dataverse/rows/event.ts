/** A write that took place. */
import type { Table } from '../metadata/model';
import type { User } from '../security/user';
import type { Value } from './row';

export interface RowEvent {
  readonly message: 'Create' | 'Update' | 'Delete';
  readonly table: Table;
  readonly id: string;
  /** What was written, by column; `null` for what was cleared. */
  readonly change: Readonly<Record<string, Value | null>>;
  readonly user: User;
  /** The caller's `?tag=`. */
  readonly tag: string | undefined;
}
