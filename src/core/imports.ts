/** Pairs brought along from another sync: who is who is known, what they hold is read and decided by the first reconcile. */
import type { Table } from './types';

export interface ImportRow {
  /** Where it stands in the file, for messages. */
  readonly line: number;
  readonly marketoId: string;
  readonly table: Table;
  /** GUID, in lower case. */
  readonly microsoftId: string;
}

export interface ImportProblem {
  readonly line: number;
  /** What is wrong and what to do, in one sentence. */
  readonly message: string;
}

export interface ImportReport {
  /** Pairs that were made, and wait in lane `backfill`. */
  readonly imported: number;
  /** Pairs that were there already, just so. */
  readonly known: number;
  /** Lines that were not imported. */
  readonly problems: readonly ImportProblem[];
}

export interface Imports {
  /**
   * Makes the pairs, without a baseline: the seed rule decides what differs. Repeating it changes nothing. Never calls a vendor. With
   * `check` nothing is made: the answer says what would be.
   */
  importPairs(rows: readonly ImportRow[], options?: { readonly check?: boolean }): Promise<ImportReport>;
}
