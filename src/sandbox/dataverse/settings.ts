/** What a tester may turn: switches and limits, kept in the journal. */
import type { Journal } from '../journal';

export interface Limits {
  /** In any 300 s, by one user. */
  readonly requests: number;
  /** Seconds of execution in any 300 s, by one user. */
  readonly executionSeconds: number;
  /** At the same time, by one user. */
  readonly concurrent: number;
}

export interface Switches {
  /** Whether closed leads and inactive contacts and accounts refuse updates other than of their state. Not documented for the API. */
  readonly closedRowsReadOnly: boolean;
  /** Whether the sync user may act for others by `CallerObjectId` or `MSCRMCallerID`. */
  readonly actOnBehalf: boolean;
}

export interface Settings {
  limits(): Limits;
  adjustLimits(change: Partial<Limits>): Limits;
  switches(): Switches;
  adjustSwitches(change: Partial<Switches>): Switches;
}

/** Microsoft's defaults. */
const LIMITS: Limits = { requests: 6000, executionSeconds: 1200, concurrent: 52 };
const SWITCHES: Switches = { closedRowsReadOnly: false, actOnBehalf: false };

export function createSettings(journal: Journal): Settings {
  const table = journal.table<Partial<Limits & Switches>>('settings');
  const limits = (): Limits => ({ ...LIMITS, ...table.get('limits') });
  const switches = (): Switches => ({ ...SWITCHES, ...table.get('switches') });
  return {
    limits,
    adjustLimits(change) {
      table.set('limits', { ...limits(), ...change });
      return limits();
    },
    switches,
    adjustSwitches(change) {
      table.set('switches', { ...switches(), ...change });
      return switches();
    },
  };
}
