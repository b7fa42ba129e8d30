/** What differs between instances, or between times of one: adjusted through the control API, kept in the journal. */
import type { Journal } from '../journal';

/** The limits of section "Integration Best Practices"; one instance's callers share them. */
export interface Limits {
  readonly callsPer20s: number;
  readonly concurrent: number;
  readonly daily: number;
}

export interface Switches {
  /** Which native CRM sync is on: company, sales person, opportunity writes are then closed (1018). */
  readonly nativeCrm: 'none' | 'dynamics' | 'salesforce';
  /** Whether a requested field without a value is `null` in an answer or left out: both are seen. */
  readonly nulls: 'carried' | 'omitted';
  /** Some instances have no `id` on activities, only the `marketoGUID`. */
  readonly activityIds: 'present' | 'missing';
  /** Whether a token in the query is still taken. */
  readonly queryToken: boolean;
  /** How the state of a bulk job is spelled: the documentation has one, instances the other. */
  readonly cancelledAs: 'Cancelled' | 'Canceled';
}

export const DEFAULT_LIMITS: Limits = { callsPer20s: 100, concurrent: 10, daily: 50_000 };
export const DEFAULT_SWITCHES: Switches = {
  nativeCrm: 'none',
  nulls: 'carried',
  activityIds: 'present',
  queryToken: false,
  cancelledAs: 'Cancelled',
};

export interface Settings {
  readonly limits: Limits;
  readonly switches: Switches;
  adjustLimits(change: Partial<Limits>): Limits;
  adjustSwitches(change: Partial<Switches>): Switches;
}

export function createSettings(journal: Journal): Settings {
  const limits = journal.table<Partial<Limits>>('limits');
  const switches = journal.table<Partial<Switches>>('switches');
  const KEY = 'current';
  return {
    get limits() {
      return { ...DEFAULT_LIMITS, ...limits.get(KEY) };
    },
    get switches() {
      return { ...DEFAULT_SWITCHES, ...switches.get(KEY) };
    },
    adjustLimits(change) {
      limits.set(KEY, { ...limits.get(KEY), ...change });
      return this.limits;
    },
    adjustSwitches(change) {
      switches.set(KEY, { ...switches.get(KEY), ...change });
      return this.switches;
    },
  };
}
