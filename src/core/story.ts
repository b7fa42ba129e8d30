/** The story of a record, as `mdsync explain` tells it: facts from the store; the sentences about them are made in `sentences.ts`. */
import type { CreationOutcome } from './ports';
import type { Entity, FieldBaseline, RawValue, SideName, Table } from './types';

/** One id a pair has or had. */
export interface KnownId {
  readonly side: SideName;
  readonly entity: Entity;
  readonly id: string;
  /** False: a former id, such as that of a merged person or a qualified lead. */
  readonly current: boolean;
}

/** How a person and a row became one pair: who made the missing half, or by what the two were known for the same human. */
export type PairOrigin = 'personCreated' | 'rowCreated' | 'linkedByGuid' | 'linkedByEmail' | 'imported';

export interface PairFacts {
  readonly state: 'pending' | 'live' | 'rowDeleted' | 'personDeleted' | 'review';
  readonly table?: Table;
  readonly ids: readonly KnownId[];
  /** The row's filter says No: nothing moves in either direction. */
  readonly filteredOut: boolean;
  /** How many fields have a baseline. */
  readonly agreedFields: number;
  readonly since: string;
}

/** Where the work on a record stands. */
export interface WorkFacts {
  readonly key: string;
  readonly state: 'open' | 'closed' | 'quarantined';
  readonly attempts: number;
  readonly outcome?: string;
  readonly endedAt?: string;
  /** When an open one is taken next. */
  readonly dueAt?: string;
  readonly failure?: { readonly code: string; readonly message: string };
}

export type WriteResult = 'planned' | 'confirmed' | 'rejected' | 'held' | 'superseded';

interface At {
  /** ISO 8601 UTC. */
  readonly at: string;
}

/** Where something was decided that did not happen between the two records the pair has now. */
export interface DecidedIn {
  /** What ended it: people were merged in Marketo, or the lead was qualified. */
  readonly until: 'merged' | 'qualified';
  readonly marketoId?: string;
  readonly table?: Table;
  readonly microsoftId?: string;
}

interface Placed extends At {
  /** Absent where it is the pair as it is now. */
  readonly decidedIn?: DecidedIn;
}

export interface DecidedEvent extends Placed {
  readonly kind: 'decided';
  /** Marketo REST name. */
  readonly field: string;
  /** The name on Marketo's screens. */
  readonly label: string;
  readonly rule: string;
  readonly winner?: string;
  readonly baseline?: FieldBaseline;
  readonly marketo: RawValue;
  readonly dynamics: RawValue;
  readonly writes: readonly { readonly side: SideName; readonly value: RawValue; readonly result: WriteResult }[];
  readonly result: WriteResult | 'noted';
}

export interface RefusedEvent extends Placed {
  readonly kind: 'refused';
  /** Who refused. */
  readonly side: SideName;
  readonly table: Table;
  readonly field: string;
  readonly label: string;
  readonly code: string;
  /** The vendor's words. */
  readonly message: string;
  /** When it went through, or its value changed; absent while it is open. */
  readonly closedAt?: string;
  /** When it was told on the person's activity log. */
  readonly loggedAt?: string;
}

export interface ReviewEvent extends At {
  readonly kind: 'review';
  readonly number: number;
  readonly review: string;
  readonly closedAt?: string;
  readonly resolution?: string;
}

export interface RequestedEvent extends At {
  readonly kind: 'requested';
  readonly source: 'webhook' | 'flowStep' | 'operator';
  readonly syncAs: Table;
  readonly campaignId?: string;
  /** The name of the token that asked. */
  readonly caller?: string;
  readonly outcome?: CreationOutcome;
  readonly endedAt?: string;
}

export interface PairedEvent extends At {
  readonly kind: 'paired';
  readonly origin: PairOrigin;
}

export type StoryEvent = DecidedEvent | RefusedEvent | ReviewEvent | RequestedEvent | PairedEvent;

export interface Story {
  /** Absent for a person that was only asked for, or a row that is still to be looked at. */
  readonly pair?: PairFacts;
  readonly work: readonly WorkFacts[];
  /** Oldest first. */
  readonly events: readonly StoryEvent[];
}

export interface Stories {
  /**
   * Everything that is kept about the record that has, or had, this Marketo id or GUID; with `field` (a Marketo REST name, or the name on
   * Marketo's screens) only what concerns it. That takes in what was decided before a merge or a qualification. `undefined` when nothing is known of the id.
   */
  story(id: string, field?: string): Promise<Story | undefined>;
}
