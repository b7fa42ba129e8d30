import type { ActivityLog, CallCounter, Clock, InstanceSetUp, Log, NativeSyncProbe, OwnerDirectory, Side } from '../core/ports';
import type { Mapping } from '../core/types';
import type { Database } from '../store/database';
import type { Flusher } from './flush';
import type { MatchLeases } from './matchLeases';
import type { PlanBook } from './planBook';
import type { Runs } from './runs';

/** What the worker joins together for activities to use. */
export interface Remotes {
  readonly marketo: Side & ActivityLog & InstanceSetUp & NativeSyncProbe & CallCounter;
  readonly dynamics: Side & OwnerDirectory;
}

export interface ActivityOptions {
  /** Every so many cycles the feeds re-read a stretch they have passed, for entries that arrived late. */
  readonly overlapEveryCycles: number;
  /** How long a missing person is waited for before it counts as deleted, seconds. */
  readonly deleteGraceSec: number;
  /** How long decisions and everything else that ended are kept. */
  readonly historyDays: number;
  /** Hosts besides Marketo's own that flow steps may answer to. */
  readonly callbackHosts: readonly string[];
  /** Names this Marketo instance in the GUIDs we choose for rows. */
  readonly marketoInstance: string;
}

export interface ActivityDeps extends Remotes {
  readonly db: Database;
  readonly runs: Runs;
  readonly mapping: Mapping;
  readonly plans: PlanBook;
  readonly flush: Flusher;
  readonly matchLeases: MatchLeases;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: ActivityOptions;
}
