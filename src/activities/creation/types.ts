/** What travels between the activities of one creation: ids and sentences of our own, never a value. */
import type { CreationOutcome } from '../../core/ports';
import type { Table } from '../../core/types';
import type { RecordRun } from '../record/run';

export interface CreationRun extends RecordRun {
  readonly marketoId: string;
  /** The open requests this run serves, oldest first. */
  readonly requestIds: readonly string[];
}

export interface PlannedRow {
  /** `link`: the row is there already, as the person's only twin. */
  readonly kind: 'create' | 'link';
  readonly table: Table;
  readonly microsoftId: string;
  readonly ownerId?: string;
}

/** What `fetchRequest` found. Without `run` there is nothing to write. */
export interface FetchedRequest {
  readonly run?: CreationRun;
  readonly row?: PlannedRow;
  /** Set when the requests have been answered already. */
  readonly outcome?: CreationOutcome;
  /** The requests stay open: a side cannot be reached now, and the next cycle tries again. */
  readonly deferred?: string;
  /** Outcomes wait to be put on the person's activity log, or will once the row is written. */
  readonly unlogged: boolean;
}

export interface CreationReport {
  readonly outcome?: CreationOutcome;
  readonly deferred?: string;
  /** A newer run holds the pair: look again. */
  readonly again: boolean;
  /** The row was made, but without the values that were refused: they are put on the person's log. */
  readonly rejected: boolean;
  /** The write could not leave yet: nothing was sent, the run goes on holding its record. */
  readonly unsent?: true;
}
