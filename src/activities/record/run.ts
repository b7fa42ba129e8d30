import type { Entity } from '../../core/types';
import type { SyncOutcome } from '../../temporal/names';

/** What travels between the activities of one record: ids and numbers only, never a value. */
export interface RecordRun {
  readonly key: string;
  readonly pairId: number;
  readonly epoch: number;
  readonly seq: number;
}

export interface Fetched {
  readonly run?: RecordRun;
  /** Set when there is nothing to resolve. */
  readonly outcome?: SyncOutcome;
  readonly entity?: Entity;
  readonly marketoId?: string;
  readonly microsoftId?: string;
  /** A sentence for the operator when `outcome` is set. */
  readonly why?: string;
}

export interface DecidedField {
  readonly field: string;
  readonly rule: string;
  readonly winner?: string;
  readonly to: readonly string[];
}

export interface Resolved {
  /** A newer run holds the pair; this one has nothing more to say. */
  readonly superseded: boolean;
  /** Whether `write` will call a vendor; without, it only settles. */
  readonly sends: boolean;
  /** What is to be done with the record as a whole. */
  readonly course: string;
  readonly decisions: readonly DecidedField[];
}

export interface WriteReport {
  /** Nothing was sent, because no call had a place soon: `write` is to be run again, as an activity that can wait. */
  readonly unsent?: boolean;
  readonly outcome: SyncOutcome;
  /** The record changed under us: fetch and decide again. */
  readonly again: boolean;
  /** The pair has refusals that may not be on the person's activity log yet. */
  readonly rejected: boolean;
  readonly rejectCode?: string;
  readonly why?: string;
}
