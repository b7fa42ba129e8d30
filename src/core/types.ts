/**
 * The words of this project, as types.
 *
 * - side: `marketo` or `dynamics`
 * - person: a Marketo lead; row: a Dynamics contact or lead
 * - pair: a person and a row that are the same human
 * - record: one unit of sync work: a pair, or a side's id that is not paired yet
 * - baseline: per pair and field, what each side held when both last agreed, stored as read
 * - canonical value: a value after normalising for its type; equal exactly when nobody would call the two different
 * - decision: what was decided for one field and why
 * - rejection: the target refused a value because of its own rules: data, not an outage
 */

export type SideName = 'marketo' | 'dynamics';

/** The Dynamics tables that hold people. */
export type Table = 'contact' | 'lead';
export type Entity = 'person' | Table;

/** Lanes in order of urgency; the number is the Temporal priority key and the order of the inbox. */
export const LANES = { create: 1, retry: 2, live: 3, backfill: 5 } as const;
export type Lane = keyof typeof LANES;

/** A value as a vendor's JSON carries it. */
export type RawValue = string | number | boolean | null;

/** Where one record lives on one side. `id` is the Marketo lead id as a decimal string, or the row's GUID in lower case. */
export interface RecordRef {
  readonly entity: Entity;
  readonly id: string;
}

/**
 * One record as one side answered it.
 *
 * `values` is keyed by Marketo REST name or Dynamics column (logical name, also for lookups: `ownerid`, never `_ownerid_value`).
 * A field that was asked for and is empty is `null`; a field that was not asked for is absent.
 * Dynamics snapshots also carry the pseudo-columns `$id`, `$table` (`Contact` | `Lead`) and `$deleted`, so that what we tell
 * Marketo about the row is an ordinary one-way field.
 */
export interface Snapshot extends RecordRef {
  readonly values: Readonly<Record<string, RawValue>>;
  /** Display names of lookups by column, where the vendor gave them. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The version for a conditional write (Dynamics ETag); Marketo has none. */
  readonly version?: string;
  /** Columns that steer the sync instead of being synced: state, filter, master, originating lead (Dynamics only). */
  readonly control?: RowControl;
}

/** Control columns of a Dynamics row. A change of any of them is a change of the record. */
export interface RowControl {
  /** `statecode` */
  readonly state: number | null;
  /** `new_synctomkto`; only an explicit `false` keeps the row out */
  readonly filter: boolean | null;
  /** `_masterid_value`, set on the losing row of a merge */
  readonly masterId: string | null;
  /** `_originatingleadid_value`, set on a contact that came from qualifying a lead */
  readonly originatingLeadId: string | null;
}

// ---------------------------------------------------------------- schema: what a side says about its fields

export interface OptionLabel {
  readonly value: number;
  /** In the environment's base language. */
  readonly label: string;
  /** By language code (1031 is German), where the environment speaks more than one language. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface FieldSchema {
  readonly name: string;
  /** The name people see on that side's screens. */
  readonly label: string;
  /** The vendor's own type word: Marketo `dataType`, Dataverse `AttributeType`. */
  readonly vendorType: string;
  readonly maxLength?: number;
  readonly minValue?: number;
  readonly maxValue?: number;
  /** Digits after the decimal point. */
  readonly precision?: number;
  readonly options?: readonly OptionLabel[];
  /** True for date-only columns, false for date-times. */
  readonly dateOnly?: boolean;
  readonly required: 'none' | 'recommended' | 'application' | 'system';
  /** A new record gets a value by itself where none is given. */
  readonly hasDefault?: boolean;
  /** What the sync user may do, table privileges and column security included. */
  readonly readable: boolean;
  readonly creatable: boolean;
  readonly updatable: boolean;
}

export type EntitySchema = Readonly<Record<string, FieldSchema>>;

/** Everything one side told us about itself. */
export interface SideSchema {
  /** Identifies the instance: Dynamics OrganizationId, or the Marketo host. A change of it stops every write. */
  readonly instance: string;
  /** The caller's own user id (Dynamics WhoAmI), where there is one. */
  readonly userId?: string;
  readonly entities: Readonly<Partial<Record<Entity, EntitySchema>>>;
  /** Approved custom activity types by API name (Marketo only). Absent when they may not be read. */
  readonly activityTypes?: Readonly<Record<string, number>>;
  /** What an administrator must mend before this side can be synced. Empty when all is well. */
  readonly problems: readonly Hindrance[];
  /** What makes less of the sync than could be, without stopping it. */
  readonly warnings?: readonly Hindrance[];
}

/** What is in the way, and what an administrator does about it: whole sentences, without a value. */
export interface Hindrance {
  readonly finding: string;
  readonly fix: string;
}

// ---------------------------------------------------------------- mapping: what the user wants

export const FIELD_TYPES = [
  'string',
  'text',
  'email',
  'phone',
  'url',
  'integer',
  'decimal',
  'currency',
  'boolean',
  'picklist',
  'date',
  'datetime',
  'lookup',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];
export type Direction = 'both' | 'toMarketo' | 'toDynamics';
export type WinnerRule = 'marketo' | 'dynamics' | 'nonBlank' | 'review';
export type WriteRule = 'always' | 'onlyIfEmpty' | 'neverClear';

/** One line of `mapping.yaml`. A field is known by its Marketo REST name everywhere. */
export interface MappedField {
  readonly marketo: string;
  /** The column on each table; a table without one does not sync this field. */
  readonly dynamics: Readonly<Partial<Record<Table, string>>>;
  readonly type: FieldType;
  readonly direction: Direction;
  /** Overrides the collision rule for this field. */
  readonly winner?: WinnerRule;
  readonly write: WriteRule;
  /** Fields with the same group are compared and won together. */
  readonly group?: string;
  /** How a lookup travels to Marketo. */
  readonly lookupAs?: 'name' | 'id';
  /** Consent flags: on first match `true` wins, and null means false. */
  readonly consent?: boolean;
  /** What a new Dynamics row gets when the person has no value, as Marketo would hold it. */
  readonly default?: string | number | boolean;
  /** The language whose option labels travel to Marketo, as a language code. */
  readonly labelLanguage?: number;
  /** Either side may lack it: then it is left out without a warning, and set-up does not create it. */
  readonly optional?: boolean;
}

export interface Mapping {
  readonly match: 'none' | 'email';
  /** For fields that name none; the environment's base language when absent. */
  readonly labelLanguage?: number;
  readonly fields: readonly MappedField[];
}

/** A mapped field in play on one table: mapped, present on both sides and allowed for the sync user. */
export interface FieldPlan extends Omit<MappedField, 'dynamics' | 'group'> {
  readonly column: string;
  /** The field's own name when the mapping names no group. */
  readonly group: string;
  readonly marketoSchema: FieldSchema;
  readonly dynamicsSchema: FieldSchema;
}

export interface LeftOut {
  readonly marketo: string;
  /** A whole sentence, as is the fix. */
  readonly reason: string;
  /** What an administrator does about it; absent when there is nothing to do. */
  readonly fix?: string;
  /** Nothing is wrong: the mapping says that this field need not be there. */
  readonly optional?: boolean;
}

export interface TablePlan {
  readonly table: Table;
  readonly fields: readonly FieldPlan[];
  /** Mapped fields left out or limited, and why. */
  readonly leftOut: readonly LeftOut[];
  /** The person field that names a linked company, where the instance has one: while it is filled, company fields are not written. */
  readonly companyLink?: string;
}

// ---------------------------------------------------------------- baseline and decisions

/** What both sides held when they last agreed, as read. */
export interface FieldBaseline {
  readonly marketo: RawValue;
  readonly dynamics: RawValue;
  /** What Marketo held just before our own last write of the field. */
  readonly guard?: RawValue;
  /** When that was, in seconds since 1970 by our clock: for a while Marketo may turn out to have kept something else. */
  readonly writtenAt?: number;
  /** What we had sent, where Marketo did keep something else. */
  readonly sent?: RawValue;
  /**
   * What was agreed on before the field was written to a lead that was qualified already, `null` for nothing: its contact was made before
   * that, and is to be compared with this.
   */
  readonly beforeContact?: Pick<FieldBaseline, 'marketo' | 'dynamics'> | null;
}
export type Baseline = Readonly<Record<string, FieldBaseline>>;

export const DECISION_RULES = [
  'marketoChanged',
  'dynamicsChanged',
  'agree',
  'collision:marketo',
  'collision:dynamics',
  'collision:nonBlank',
  'collision:review',
  'seed:equal',
  'seed:nonBlank',
  'seed:consent',
  'seed:marketo',
  'seed:dynamics',
  'seed:review',
  'oneWay',
  'writeRule',
  'default',
  'nearMiss',
  'overwritten:marketo',
  'overwritten:dynamics',
] as const;
/** Why something was decided as it was; `ruleSentence` has the words. */
export type DecisionRule = (typeof DECISION_RULES)[number];

/** The value planned for one side, already in that side's own form. */
export interface PlannedWrite {
  readonly side: SideName;
  readonly value: RawValue;
}

/** A refusal known before anything is sent: the value cannot be expressed on the target. */
export interface Refusal {
  readonly code: string;
  /** A plain sentence that names the field but never the value. */
  readonly message: string;
}

export interface Decision {
  /** Marketo REST name. */
  readonly field: string;
  readonly group: string;
  readonly rule: DecisionRule;
  /** Who won, where two values competed or one travelled. */
  readonly winner?: SideName | 'none';
  readonly baseline?: FieldBaseline;
  /** What each side held when this was decided. */
  readonly marketo: RawValue;
  readonly dynamics: RawValue;
  /** Empty when only the baseline moves. */
  readonly writes: readonly PlannedWrite[];
  readonly refusal?: Refusal & { readonly side: SideName };
}
