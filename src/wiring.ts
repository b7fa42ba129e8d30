/** Joins settings, clients, store and activities: the one place that knows all of them. */
import { createActivities, type Activities } from './activities';
import type { ActivityDeps, Remotes } from './activities/deps';
import { createFlusher } from './activities/flush';
import { createMatchLeases } from './activities/matchLeases';
import { createPlanBook } from './activities/planBook';
import { createRuns } from './activities/runs';
import { together } from './activities/together';
import { type DataverseSettings, type MarketoSettings, type Settings, SettingsError } from './config/env';
import { loadMapping } from './config/mapping';
import type { Clock, Log, Pace } from './core/ports';
import type { SideName } from './core/types';
import { createTokenSource } from './dataverse/auth';
import { createDataverse } from './dataverse/client';
import { createMarketo } from './marketo/client';
import { createHttpClient } from './remote/http';
import { createPace } from './remote/pace';
import { untilPlace } from './remote/untilPlace';
import { placesFor } from './remote/urgent';
import { copyStore } from './store/copy';
import { type Database, migrate, openDatabase } from './store/database';
import { blockSide, type Budget, noPermitForMs, takePermit } from './store/limits';

/** A call waits this long for a place in the budget; longer waits are for the inbox, not for an activity. */
const MAX_PACE_WAIT_MS = 25_000;
/** A fence stands for longer than the slowest answer can take to arrive. */
const FENCE_MARGIN_SEC = 5;
const MARKETO_WINDOW_MS = 20_000;
const DYNAMICS_WINDOW_MS = 5 * 60_000;

export interface Wired {
  readonly activities: Activities;
  readonly db: Database;
  close(): Promise<void>;
}

/** Opens and migrates the store and makes the activities. Throws a SettingsError that names what is missing. */
export async function wire(settings: Settings, log: Log): Promise<Wired> {
  const { marketo: marketoSettings, dataverse: dataverseSettings, databaseUrl } = requireAll(settings);
  const mapping = loadMapping(settings.mappingFile);
  const db = openDatabase(databaseUrl);
  await migrate(db);
  const clock: Clock = { now: () => new Date() };
  const budgets = { marketo: marketoBudget(marketoSettings), dynamics: dynamicsBudget(dataverseSettings) };
  const untilPlace = untilPlaceOf(db, budgets);
  const sides = {
    marketo: marketoSide(marketoSettings, db, clock, log),
    dynamics: dynamicsSide(dataverseSettings, db, clock, log),
  };
  const remotes = together(sides, () => untilPlace('marketo'));
  const fenceSec = { marketo: fence(marketoSettings.timeoutMs), dynamics: fence(dataverseSettings.timeoutMs) };
  const depsOn = (db: Database, remotes: Remotes): ActivityDeps => ({
    ...remotes,
    db,
    runs: createRuns(db),
    mapping,
    plans: createPlanBook({ db, mapping, remotes, log, now: Date.now }),
    flush: createFlusher({ db, remotes, fenceSec, untilPlace, now: Date.now }),
    matchLeases: createMatchLeases(db),
    clock,
    log,
    options: {
      overlapEveryCycles: settings.overlapEveryCycles,
      deleteGraceSec: settings.deleteGraceSec,
      historyDays: settings.historyDays,
      callbackHosts: settings.callbackHosts,
      marketoInstance: new URL(marketoSettings.baseUrl).host,
    },
  });
  const rehearsal = { copyStore: () => copyStore(databaseUrl), depsOn };
  return { activities: createActivities(depsOn(db, remotes), rehearsal), db, close: () => db.destroy() };
}

const fence = (timeoutMs: number): number => Math.ceil(timeoutMs / 1_000) + FENCE_MARGIN_SEC;

function requireAll({ marketo, dataverse, databaseUrl }: Settings) {
  if (marketo && dataverse && databaseUrl) return { marketo, dataverse, databaseUrl };
  const missing = [
    marketo
      ? []
      : ['MARKETO_BASE_URL, MARKETO_CLIENT_ID and MARKETO_CLIENT_SECRET must be set: the worker needs a Marketo to talk to.'],
    dataverse
      ? []
      : [
          'DATAVERSE_URL, DATAVERSE_TENANT_ID, DATAVERSE_CLIENT_ID and DATAVERSE_CLIENT_SECRET must be set: the worker needs a Dynamics to talk to.',
        ],
    databaseUrl ? [] : ['DATABASE_URL must be set: the worker keeps everything it knows in PostgreSQL.'],
  ].flat();
  throw new SettingsError([...missing, '`npm start` brings all of these along for a first look.']);
}

function marketoSide(settings: MarketoSettings, db: Database, clock: Clock, log: Log) {
  const pace = paceOf(db, 'marketo', marketoBudget(settings));
  const http = createHttpClient({ timeoutMs: settings.timeoutMs, concurrency: settings.concurrency, pace });
  const { baseUrl, clientId, clientSecret } = settings;
  return createMarketo({ baseUrl, clientId, clientSecret, http, clock, log, pace });
}

function dynamicsSide(settings: DataverseSettings, db: Database, clock: Clock, log: Log) {
  const { url, authority, tenantId, clientId, clientSecret, timeoutMs, concurrency } = settings;
  const pace = paceOf(db, 'dynamics', dynamicsBudget(settings));
  const http = createHttpClient({ timeoutMs, concurrency, pace });
  // Tokens come from another service, whose calls do not count against the environment's limits.
  const tokens = createTokenSource({
    authority,
    tenantId,
    clientId,
    clientSecret,
    scopeUrl: url,
    http: createHttpClient({ timeoutMs, concurrency: 2 }),
    clock,
  });
  return createDataverse({ url, http, tokens, clock, log, pace });
}

const marketoBudget = ({ callsPer20s }: MarketoSettings): Budget => ({ calls: callsPer20s, windowMs: MARKETO_WINDOW_MS });
const dynamicsBudget = ({ requestsPer5min }: DataverseSettings): Budget => ({
  calls: requestsPer5min,
  windowMs: DYNAMICS_WINDOW_MS,
});

/** What there is of a budget for who is asking: two calls are kept for creations, which campaigns wait for. */
const shareOf = (budget: Budget): Budget => ({ ...budget, calls: placesFor(budget.calls) });

function untilPlaceOf(db: Database, budgets: Readonly<Record<SideName, Budget>>): (side: SideName) => Promise<void> {
  return (side) => untilPlace({ look: () => noPermitForMs(db, side, shareOf(budgets[side])), maxWaitMs: MAX_PACE_WAIT_MS });
}

function paceOf(db: Database, side: SideName, budget: Budget): Pace {
  return createPace({
    take: () => takePermit(db, side, shareOf(budget)),
    block: (waitMs, code) => blockSide(db, side, waitMs, code),
    maxWaitMs: MAX_PACE_WAIT_MS,
  });
}
