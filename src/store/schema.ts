/** The tables as Kysely sees them. What each is for stands in the migration that makes it. */
import type { ColumnType, Generated } from 'kysely';
import type { CreationOutcome, Cursor, FieldChange } from '../core/ports';
import type { PairOrigin } from '../core/story';
import type { Baseline, FieldBaseline, RawValue, RowControl, SideName, Snapshot, Table } from '../core/types';
import type { SyncOutcome } from '../temporal/names';

/** A jsonb column: read as its value, written as JSON text. */
type Json<T> = ColumnType<T, string | null, string | null>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;
type StampedTimestamp = ColumnType<Date, Date | string | undefined, Date | string>;

/**
 * - pending: committed before anything is created or linked; one side is still missing
 * - live: both sides known
 * - rowDeleted: the Dynamics row is gone; the person is flagged and edits go nowhere
 * - personDeleted: the Marketo person is gone; the row's next change makes a new one
 * - review: two pairs met, or a row was merged away: nothing moves until an operator says what is to become of it
 */
export type PairState = 'pending' | 'live' | 'rowDeleted' | 'personDeleted' | 'review';

export interface PairTable {
  id: Generated<number>;
  state: PairState;
  table_name: Table | null;
  epoch: Generated<number>;
  generation: Generated<number>;
  writing_until: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  /** Whose write `writing_until` is about. */
  writing_epoch: ColumnType<number | null, number | null | undefined, number | null>;
  settled_epoch: Generated<number>;
  settled_outcome: ColumnType<SyncOutcome | null, SyncOutcome | undefined, SyncOutcome>;
  baseline: ColumnType<Baseline, string, string>;
  control: Json<RowControl | null>;
  gone_since: ColumnType<Date | null, Date | null | undefined, Date | null>;
  /** The row's version when its person was first missed. */
  gone_version: ColumnType<string | null, string | null | undefined, string | null>;
  deleted_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
  /** How the two halves came together. */
  origin: ColumnType<PairOrigin | null, PairOrigin | null | undefined, PairOrigin | null>;
  origin_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
  created_at: StampedTimestamp;
}

export interface IdentityTable {
  side: SideName;
  entity: 'person' | Table;
  id: string;
  pair_id: number;
  current: boolean;
}

/**
 * What was read for one inbox row. `twins`: people that may be the same human as an unpaired row. `readAt`: when the answers were there,
 * milliseconds since 1970 by the reader's clock.
 */
export interface Snapshots {
  readonly readAt?: number;
  /** The row alone, as its feed carried it: the rest is still to be read. */
  readonly part?: true;
  readonly marketo?: Snapshot | null;
  readonly dynamics?: Snapshot | null;
  readonly twins?: readonly Snapshot[];
}

export interface InboxTable {
  key: string;
  kind: 'record' | 'create';
  lane: number;
  seq: number;
  entity: 'person' | Table;
  id: string;
  pair_id: number | null;
  state: 'open' | 'closed' | 'quarantined';
  attempts: Generated<number>;
  due: StampedTimestamp;
  opened_at: StampedTimestamp;
  taken_by: string | null;
  snapshot: Json<Snapshots | null>;
  snapshot_seq: number | null;
  entries: Json<FieldChange[] | null>;
  entries_claimed: Generated<number>;
  outcome: string | null;
  failure_code: string | null;
  failure_message: string | null;
  ended_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
}

/** One value on its way to one side. */
export interface DecidedWrite {
  readonly side: SideName;
  readonly value: RawValue;
  readonly result: 'planned' | 'confirmed' | 'rejected' | 'held' | 'superseded';
}

export interface DecisionTable {
  id: Generated<number>;
  pair_id: number;
  key: string;
  epoch: number;
  seq: number;
  field: string;
  group_name: string;
  rule: string;
  winner: string | null;
  baseline: Json<FieldBaseline | null>;
  marketo: Json<{ value: RawValue }>;
  dynamics: Json<{ value: RawValue }>;
  writes: ColumnType<DecidedWrite[], string, string>;
  after: Json<FieldBaseline | null>;
  result: 'planned' | 'confirmed' | 'rejected' | 'held' | 'superseded' | 'noted';
  decided_at: StampedTimestamp;
  settled_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
}

export interface RejectionTable {
  id: string;
  pair_id: number;
  key: string;
  side: SideName;
  table_name: Table;
  group_name: string;
  field: string;
  value_hash: string;
  refusal_hash: string | null;
  code: string;
  message: string;
  opened_at: StampedTimestamp;
  closed_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  log_started_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  logged_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
}

export interface ReviewTable {
  id: Generated<number>;
  pair_id: number | null;
  key: string;
  kind: string;
  detail: ColumnType<object, string, string>;
  opened_at: StampedTimestamp;
  closed_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  resolution: ColumnType<string | null, string | undefined, string>;
}

export interface PlanLineTable {
  number: number;
  key: string;
  marketo_id: string | null;
  microsoft_id: string | null;
  table_name: Table | null;
  side: SideName;
  act: 'create' | 'update';
  field: string;
  label: string;
  rule: string | null;
  winner: string | null;
  before: Json<{ value: RawValue }>;
  after: Json<{ value: RawValue }>;
}

export interface RequestTable {
  request_id: string;
  marketo_id: string;
  sync_as: Table;
  assign_to: string | null;
  campaign_id: string | null;
  caller: string | null;
  source: 'webhook' | 'flowStep' | 'operator';
  accepted_at: StampedTimestamp;
  outcome: Json<CreationOutcome | null>;
  ended_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  log_started_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  logged_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
}

export interface CursorTable {
  side: SideName;
  feed: string;
  cursor: ColumnType<Cursor, string, string>;
  version: number;
  caught_up_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
}

export interface FullReadTable {
  table_name: Table;
  id: string;
}

export interface SeenActivityTable {
  guid: string;
  at: Timestamp;
}

export interface LimitsTable {
  side: SideName;
  slot: Generated<number>;
  counts: Generated<number[]>;
  blocked_until: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  block_code: string | null;
  probe_until: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
}

export interface LeaseTable {
  name: string;
  holder: string;
  until: Timestamp;
}

export interface SettingTable {
  name: string;
  value: ColumnType<unknown, string, string>;
  updated_at: StampedTimestamp;
}

export interface FlowStepChunkTable {
  id: string;
  kind: 'trigger' | 'batch';
  token: string | null;
  callback_url: string;
  callback_key: string | null;
  munchkin_id: string;
  campaign_id: string | null;
  caller: string | null;
  accepted_at: StampedTimestamp;
  seen_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  tries: Generated<number>;
  sending_until: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  in_doubt: Generated<boolean>;
  ended_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  end_state: 'answered' | 'refused' | 'expired' | null;
  end_code: string | null;
}

export interface FlowStepPersonTable {
  chunk_id: string;
  marketo_id: string;
  position: number;
  request_id: string | null;
  refusal: Json<{ readonly code: string; readonly reason: string } | null>;
}

export interface Tables {
  pair: PairTable;
  identity: IdentityTable;
  inbox: InboxTable;
  decision: DecisionTable;
  rejection: RejectionTable;
  review: ReviewTable;
  plan_line: PlanLineTable;
  request: RequestTable;
  cursor: CursorTable;
  full_read: FullReadTable;
  seen_activity: SeenActivityTable;
  limits: LimitsTable;
  lease: LeaseTable;
  setting: SettingTable;
  flow_step_chunk: FlowStepChunkTable;
  flow_step_person: FlowStepPersonTable;
}
