/** The interfaces between activities and the outside: implemented by the clients and the store, joined in `worker.ts`. */
import type { Entity, Lane, RawValue, RecordRef, SideName, SideSchema, Snapshot } from './types';
import type { CountedCalls, UsageLook } from './usage';

// ---------------------------------------------------------------- errors are values first

export type FailureKind = 'retry' | 'throttled' | 'quota' | 'conflict' | 'rejected' | 'gone' | 'config';

/** Why a vendor did not do what was asked. Made by `classify` in each client; never carries a secret. */
export interface Failure {
  readonly kind: FailureKind;
  /** What is affected: one record, the request as a whole, everything on that side, or a feed's cursor. */
  readonly scope: 'record' | 'request' | 'side' | 'cursor';
  /** True when the work may have been done all the same (timeout, reset, 502): look before sending again. */
  readonly outcomeUnknown?: boolean;
  readonly waitMs?: number;
  /** The vendor's code, or our own word where there is none (`timeout`, `html`, `unreachable`). */
  readonly code: string;
  /** The field the vendor named: Marketo REST name or Dynamics column. */
  readonly field?: string;
  /** The vendor's words. May quote a person's data: kept in the store, shown by `explain`, never in a log or history. */
  readonly message: string;
}

export type Result<T> = { readonly ok: T } | { readonly failure: Failure };

// ---------------------------------------------------------------- a side

export interface FieldChange {
  readonly field: string;
  readonly oldValue: RawValue;
  readonly newValue: RawValue;
}

/** One entry of a feed: it says which record may have changed, never what is true now. */
export interface Change extends RecordRef {
  readonly kind: 'changed' | 'deleted' | 'merged';
  /** The vendor's stamp, ISO 8601 UTC. */
  readonly at: string;
  /** Identifies the entry itself (`marketoGUID`), where the vendor does. */
  readonly guid?: string;
  /** The record came into being: what was read of it since says all that this entry can say. */
  readonly isNew?: boolean;
  /** Fields named by the entry (Marketo). */
  readonly fields?: readonly FieldChange[];
  /** The record's content, where the feed carries it (Dynamics). */
  readonly snapshot?: Snapshot;
  /** For `merged`: the ids that were merged into this one. */
  readonly mergedIds?: readonly string[];
}

/** Where a feed stands. Opaque to everyone but the client that made it. */
export interface Cursor {
  readonly token: string;
  /** The newest vendor's stamp seen, ISO 8601 UTC; a lost token is minted again from it. */
  readonly highWater?: string;
  /** Says what the token is good for (a hash of the columns, say); a cursor with another one is a full read. */
  readonly fingerprint?: string;
}

export interface ChangePage {
  readonly changes: readonly Change[];
  readonly cursor: Cursor;
  readonly more: boolean;
  /** True while the feed is being read from its beginning: its entries are the initial load, not edits. */
  readonly fullRead: boolean;
}

export interface FeedRequest {
  readonly feed: string;
  /** Absent on the first read ever. */
  readonly cursor?: Cursor;
  /** Re-read a stretch before the high-water time, for entries that arrived late. Ignored where the vendor's feed has none. */
  readonly overlap: boolean;
  /** Fields or columns in play, by the entity they belong to. */
  readonly fields: Readonly<Partial<Record<Entity, readonly string[]>>>;
}

export interface WriteItem extends RecordRef {
  /** Changed fields only. `null` clears. */
  readonly values: Readonly<Record<string, RawValue>>;
  /** The version the decision was made on; required for Dynamics. */
  readonly version?: string;
}

export interface CreateItem {
  readonly entity: Entity;
  /** Dynamics: our own GUID for the row. Marketo: the row's GUID, used as `microsoftId`, the lookup field. */
  readonly key: string;
  readonly values: Readonly<Record<string, RawValue>>;
  /** Dynamics: systemuser GUID of the owner; the sync user when absent. */
  readonly ownerId?: string;
}

export interface Written extends RecordRef {
  readonly version?: string;
}

export interface FindQuery {
  readonly entity: Entity;
  /** Marketo REST name or Dynamics column to search by. */
  readonly by: string;
  readonly values: readonly string[];
  readonly fields: readonly string[];
}

/**
 * One side of the sync. Takes and returns arrays; results stand in the order of the input, one per item.
 * Nothing here throws for a vendor's answer: every failure is a value.
 */
export interface Side {
  readonly name: SideName;
  /** The feeds that together name every change on this side. */
  readonly feeds: readonly string[];
  changes(request: FeedRequest): Promise<Result<ChangePage>>;
  /** `undefined` means proof of absence (404 on the record itself, or not among the answered ids). */
  read(
    refs: readonly RecordRef[],
    fields: Readonly<Partial<Record<Entity, readonly string[]>>>,
  ): Promise<Result<Snapshot | undefined>[]>;
  write(items: readonly WriteItem[]): Promise<Result<Written>[]>;
  /** Idempotent by `key`: an item that exists already is a success with its id. */
  create(items: readonly CreateItem[]): Promise<Result<Written>[]>;
  /** For each value of `by`, every record that has it (Marketo: as Marketo compares; Dynamics: case-insensitive). */
  find(query: FindQuery): Promise<Result<readonly Snapshot[]>[]>;
  schema(): Promise<Result<SideSchema>>;
}

/** Marketo only. */
export interface CallCounter {
  /** What the vendor has counted of today's calls; `undefined` when there were none. */
  usage(): Promise<Result<CountedCalls | undefined>>;
}

/** Custom activities on the person, Marketo only. */
export interface ActivityLog {
  add(items: readonly ActivityItem[]): Promise<Result<'added'>[]>;
  /** Whether an activity with this reference is on the person already: asked before an unknown answer is sent again. */
  has(personId: string, type: string, reference: string, sinceIso: string): Promise<Result<boolean>>;
}

export interface ActivityItem {
  readonly personId: string;
  /** API name of an approved custom activity type. */
  readonly type: string;
  readonly at: string;
  readonly primary: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A person field that the mapping or our own bookkeeping needs in Marketo. */
export interface WantedField {
  /** REST name. */
  readonly name: string;
  /** As people see it on Marketo's screens. */
  readonly label: string;
  /** Marketo's word: string, boolean, datetime, ... */
  readonly dataType: string;
  readonly description: string;
}

export interface WantedActivityType {
  readonly apiName: string;
  readonly name: string;
  readonly triggerName: string;
  readonly filterName: string;
  readonly description: string;
  readonly primary: { readonly apiName: string; readonly name: string };
  readonly attributes: readonly { readonly apiName: string; readonly name: string; readonly dataType: string }[];
}

/** What was missing and has been made; both empty when all was there. */
export interface SetUpReport {
  readonly createdFields: readonly string[];
  /** Types that were created, given further attributes, or approved. */
  readonly preparedTypes: readonly string[];
}

/** Prepares a Marketo instance for the sync. Idempotent: what is there already is left as it is. */
export interface InstanceSetUp {
  setUp(fields: readonly WantedField[], types: readonly WantedActivityType[]): Promise<Result<SetUpReport>>;
}

/** Only Marketo has a CRM sync of its own. */
export interface NativeSyncProbe {
  /** Fails with 1018 when Marketo's own CRM sync is on, and with 603 when that cannot be told. Changes nothing. */
  tryCompanies(): Promise<Result<'open'>>;
}

/** A Dynamics user, as campaigns choose one. */
export interface Owner {
  /** systemuser GUID, in lower case. */
  readonly id: string;
  readonly name: string;
  readonly email?: string;
}

/** Who Dynamics rows may be assigned to. */
export interface OwnerDirectory {
  /** Enabled users by name, at most `limit`. */
  listOwners(limit: number): Promise<Result<readonly Owner[]>>;
  /** Resolves a systemuser GUID or e-mail; `undefined` when there is no enabled user like that. */
  findOwner(idOrEmail: string): Promise<Result<string | undefined>>;
}

// ---------------------------------------------------------------- pacing

/**
 * One budget per side for all processes. `acquire` waits for a place up to `maxWaitMs` and answers with how long to stay away
 * when there is none. `report` tells everyone what the vendor said about its limits.
 */
export interface Pace {
  acquire(): Promise<{ readonly ok: true } | { readonly waitMs: number }>;
  /** Blocks the side for everyone for `waitMs`, because of `code`. */
  block(waitMs: number, code: string): Promise<void>;
}

// ---------------------------------------------------------------- the rest of the world

export interface Clock {
  now(): Date;
}

/** Where the log goes. Never pass a field value, a token or a vendor's message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

// ---------------------------------------------------------------- what the front doors ask of the store

/** "Sync Person to Microsoft": one campaign's wish that one person be in Dynamics. */
export interface CreationRequest {
  /** De-duplicates re-deliveries: the same id is the same request. */
  readonly requestId: string;
  readonly marketoId: string;
  readonly syncAs: 'contact' | 'lead';
  /** A systemuser GUID or e-mail; used only when a row is created. */
  readonly assignTo?: string;
  readonly campaignId?: string;
  /** The name of the token that asked. */
  readonly caller?: string;
  readonly source: 'webhook' | 'flowStep' | 'operator';
}

export interface CreationOutcome {
  readonly status: 'created' | 'linked' | 'alreadySynced' | 'rejected' | 'review';
  readonly microsoftId?: string;
  /** A plain sentence; names the field, never a value. */
  readonly reason?: string;
  readonly code?: string;
}

export interface CreationRequests {
  /** Commits the request and its inbox row (lane `create`) in one transaction. A repeated id changes nothing and says so. */
  accept(request: CreationRequest): Promise<{ readonly repeated: boolean; readonly outcome?: CreationOutcome }>;
  outcome(requestId: string): Promise<CreationOutcome | undefined>;
}

/** One call of the flow step: people of one campaign, and where Marketo waits for the one answer. */
export interface FlowStepChunk {
  /** Hash of the call's one-time token: the only name of the chunk that leaves the store. */
  readonly id: string;
  readonly kind: FlowStepKind;
  readonly token?: string;
  readonly callbackUrl: string;
  readonly callbackKey?: string;
  readonly munchkinId: string;
  readonly campaignId?: string;
  /** The name of the token that asked. */
  readonly caller?: string;
  /** Each person once. */
  readonly people: readonly FlowStepPerson[];
}

/** Trigger campaigns send people one by one and want them at once; batch campaigns send many and wait for the cycle. */
export type FlowStepKind = 'trigger' | 'batch';

export type FlowStepPerson = { readonly marketoId: string } & (
  | { readonly syncAs: 'contact' | 'lead'; readonly assignTo?: string }
  /** What was asked for makes no sense: nothing is done, and the answer says why. */
  | { readonly refusal: { readonly code: string; readonly reason: string } }
);

export interface FlowStepAcceptance {
  /** The chunk is known already: what it came with first counts. */
  readonly repeated: boolean;
  /** False: a known chunk came with other people this time. */
  readonly samePeople: boolean;
  /** The answer has left, or has been given up. */
  readonly ended: boolean;
}

export interface FlowStepState {
  /** Chunks whose answer has not left yet. */
  readonly open: number;
  readonly oldestOpenSec?: number;
  /** In the last 24 hours: answers that Marketo refused, by HTTP status or our own word, and answers that were given up. */
  readonly lost: readonly { readonly code: string; readonly count: number }[];
}

/** A kept call whose answer and people have to be woken. */
export interface UnattendedCall {
  readonly id: string;
  readonly kind: FlowStepKind;
  /** Marketo ids of people to be created at once: none for batch campaigns, whose people wait for the cycle. */
  readonly waiting: readonly string[];
}

/** The flow step's part of the store. */
export interface FlowStepChunks {
  /** Commits the chunk with a creation request and an inbox row for each of its people, in one transaction. Repeating it changes nothing. */
  accept(chunk: FlowStepChunk): Promise<FlowStepAcceptance>;
  state(): Promise<FlowStepState>;
  /** Calls without an answer that no workflow is at: it could not be started, or is gone. The oldest first, a few hundred at most. */
  unattended(): Promise<readonly UnattendedCall[]>;
  /** Dynamics users as the last refresh found them; empty before the first one. */
  owners(): Promise<readonly Owner[]>;
}

/** Which records an engineer wants tried again. */
export type RetrySelector = { readonly id: string } | { readonly all: true; readonly code?: string };

export interface RecordProgress {
  /** The inbox key, which is the workflow id. */
  readonly key: string;
  readonly marketoId?: string;
  readonly microsoftId?: string;
  readonly state: 'waiting' | 'running' | 'done' | 'quarantined';
  /** A `SyncOutcome`, once `done`. */
  readonly outcome?: string;
  /** Open rejections of the record: what the target refused, and why, in plain sentences. */
  readonly rejections: readonly {
    readonly side: SideName;
    readonly field: string;
    readonly code: string;
    readonly message: string;
  }[];
  readonly failure?: { readonly code: string; readonly message: string };
}

export interface BulkProgress {
  /** Records in lane `backfill` that ended since the oldest of those that are left came in. */
  readonly done: number;
  readonly left: number;
  /** Those that ended within the last minute. */
  readonly perMinute: number;
  /** At the pace of the last minute, ISO 8601; absent while nothing moves. */
  readonly expectedEndAt?: string;
}

export interface SyncStatus {
  /** Live pairs. */
  readonly pairs: number;
  /** Open inbox rows by lane. */
  readonly waiting: Readonly<Record<Lane, number>>;
  /** How far the initial load, or a mass update, is; absent when none waits. */
  readonly bulk?: BulkProgress;
  /** When the oldest waiting row came in, ISO 8601. */
  readonly oldestWaitingAt?: string;
  readonly quarantined: number;
  readonly openRejections: number;
  readonly openReviews: number;
  /** In the last 24 hours: values that Marketo keeps in its own way. */
  readonly nearMisses: number;
  /** Creation requests without an outcome. */
  readonly openRequests: number;
  readonly sides: Readonly<Record<SideName, { readonly blockedUntil?: string; readonly reason?: string }>>;
  /** Calls of the day, as Marketo and we counted them when it was asked last; absent until then. */
  readonly marketoCalls?: UsageLook & {
    /** Since the look before: calls of our API user that were not ours. */
    readonly ofOthers: number;
  };
  /** Set while cycles end early: what an administrator must mend. */
  readonly problems: readonly string[];
  readonly lastCycle?: { readonly startedAt: string; readonly endedAt?: string; readonly outcome: string };
}

export interface Operations {
  status(): Promise<SyncStatus>;
  /** Puts records back to work in lane `retry`: lifts holds and quarantine, resets attempts. Empty when nothing matches. */
  retry(selector: RetrySelector): Promise<readonly RecordProgress[]>;
  progress(keys: readonly string[]): Promise<readonly RecordProgress[]>;
}
