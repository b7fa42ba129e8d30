/** What a cycle would do, as `mdsync plan` tells it. */
import type { RawValue, SideName, Table } from './types';

/** One field of one record that would be written. Holds people's data: for operators, never for a log or a history. */
export interface PlanLine {
  /** The inbox key of the record. */
  readonly key: string;
  readonly marketoId?: string;
  readonly table?: Table;
  readonly microsoftId?: string;
  readonly side: SideName;
  /** `create`: the record itself would be new on that side. */
  readonly act: 'create' | 'update';
  /** Marketo REST name. */
  readonly field: string;
  readonly label: string;
  readonly rule?: string;
  readonly winner?: string;
  readonly before: RawValue;
  readonly after: RawValue;
}

export interface PlanSummary {
  /** ISO 8601: when the store was copied. */
  readonly madeAt: string;
  /** Why it is incomplete, in sentences; absent when everything was looked at. */
  readonly stopped?: readonly string[];
  /** Changes that the feeds told of. */
  readonly found: number;
  /** Records looked at, by how each would end. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Records that could not be decided, because a side failed. */
  readonly failed: number;
  readonly writes: Readonly<Record<SideName, { readonly created: number; readonly updated: number; readonly fields: number }>>;
}

export interface PlanPage {
  readonly summary: PlanSummary;
  readonly lines: readonly PlanLine[];
  /** Give it to get the lines that follow; absent on the last page. */
  readonly next?: number;
}

export interface PlanBookkeeping {
  /** The lines of the last plan after number `after`, in order; `undefined` when none was made. */
  page(after: number, limit: number): Promise<PlanPage | undefined>;
}

/** True when the plan is complete and nothing would change. */
export const changesNothing = ({ writes }: PlanSummary): boolean =>
  Object.values(writes).every(({ created, updated }) => created + updated === 0);
