/** Which tables report changes, and how far back. */
import type { Journal } from '../../journal';
import { ORGANIZATION_ID } from '../directory';
import type { Table } from '../metadata/model';
import type { RowTable } from '../rows/rowTable';

export interface TrackingState {
  isEnabled(table: Table): boolean;
  /** A tester's word against the table's own. */
  enable(table: string, enabled: boolean): void;
  /** Tokens older than this have expired. */
  expireDays(): number;
  /** Tokens with a smaller row version have expired, as they do when a table's metadata changes. */
  forgottenBefore(table: Table): number;
  forget(table: string, version: number): void;
}

const DEFAULT_EXPIRE_DAYS = 7;

export function createTrackingState(journal: Journal, organizations: () => RowTable): TrackingState {
  const enabled = journal.table<boolean>('trackingEnabled');
  const forgotten = journal.table<number>('trackingForgotten');
  return {
    isEnabled: (table) => enabled.get(table.name) ?? table.changeTracking,
    enable: (table, isEnabled) => void enabled.set(table, isEnabled),
    expireDays: () => Number(organizations().get(ORGANIZATION_ID)?.values['expirechangetrackingindays'] ?? DEFAULT_EXPIRE_DAYS),
    forgottenBefore: (table) => forgotten.get(table.name) ?? 0,
    forget: (table, version) => void forgotten.set(table, version),
  };
}
