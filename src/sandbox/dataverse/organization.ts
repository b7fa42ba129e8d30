/** One Dataverse organisation: everything a request reads and changes. Made anew from the journal at the start and after a reset. */
import type { SandboxClock } from '../clock';
import type { Journal } from '../journal';
import { createTokens, type Tokens } from './auth/tokens';
import { furnish } from './furnish';
import { loadModel } from './metadata/load';
import type { Model } from './metadata/model';
import type { RowEvent } from './rows/event';
import { createRowTable, type RowTable } from './rows/rowTable';
import { createUndo } from './rows/undo';
import { createSubscriptions, type Subscriptions } from './webhooks/subscriptions';
import { createTrackingState, type TrackingState } from './tracking/trackingState';
import { createRejectRules, type RejectRules } from './rules/rejectRules';
import { createColumnSecurity, type ColumnSecurity } from './security/columnSecurity';
import { createPrivileges, type Privileges } from './security/privileges';
import { createSettings, type Settings } from './settings';

export interface Organization {
  readonly journal: Journal;
  readonly clock: SandboxClock;
  readonly model: Model;
  readonly tokens: Tokens;
  readonly settings: Settings;
  readonly columnSecurity: ColumnSecurity;
  readonly rejectRules: RejectRules;
  readonly privileges: Privileges;
  readonly tracking: TrackingState;
  readonly subscriptions: Subscriptions;
  /** The rows of a table that exists. */
  rows(table: string): RowTable;
  /** The row version that the last write got. */
  version(): number;
  nextVersion(): number;
  /** The row version that the last change of tables and columns got. */
  metadataVersion(): number;
  /** Tables or columns have changed; the version of that. */
  changeMetadata(): number;
  /** Keeps the event until it is sure that the write stays. */
  announce(event: RowEvent): void;
  /** What has been announced since the last time. */
  takeEvents(): readonly RowEvent[];
  /** All rows written by the work stay, or none when it throws. */
  atomically<T>(work: () => T): T;
}

/** A young organisation's versions are in the hundred thousands already. */
const FIRST_VERSION = 700_000;

export function createOrganization(journal: Journal, clock: SandboxClock): Organization {
  const model = loadModel();
  const counters = journal.table<number>('counters');
  const undo = createUndo();
  const tables = new Map<string, RowTable>();
  const events: RowEvent[] = [];
  const version = (): number => counters.get('version') ?? FIRST_VERSION;
  const organization: Organization = {
    journal,
    clock,
    model,
    tokens: createTokens(journal, clock),
    settings: createSettings(journal),
    columnSecurity: createColumnSecurity(journal),
    rejectRules: createRejectRules(journal),
    privileges: createPrivileges(journal),
    tracking: createTrackingState(journal, () => organization.rows('organization')),
    subscriptions: createSubscriptions(journal),
    rows(name) {
      let table = tables.get(name);
      if (table === undefined) tables.set(name, (table = createRowTable(model.table(name), journal, undo)));
      return table;
    },
    version,
    nextVersion() {
      const next = version() + 1;
      counters.set('version', next);
      return next;
    },
    metadataVersion: () => counters.get('metadata') ?? FIRST_VERSION,
    changeMetadata() {
      const next = organization.nextVersion();
      counters.set('metadata', next);
      return next;
    },
    announce(event) {
      events.push(event);
      undo.remember(() => void events.pop());
    },
    takeEvents: () => events.splice(0),
    atomically: (work) => undo.atomically(work),
  };
  furnish(organization);
  return organization;
}
