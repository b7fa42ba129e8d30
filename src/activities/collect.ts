/** The first step of every cycle: which records may have changed, from both sides at once. */
import { heartbeat } from '@temporalio/activity';
import type { Failure, Side } from '../core/ports';
import { saysSchemaChanged } from '../core/staleSchema';
import { LANES, type SideName } from '../core/types';
import { relegateCrowd } from '../store/crowd';
import { expireCursor, readCursor } from '../store/cursors';
import { commitPage } from '../store/feeds';
import { leftOfBackfill, letGo, release, saveSnapshots, takePage, type TakenRow } from '../store/inbox';
import { blockedSides } from '../store/limits';
import { prune } from '../store/retention';
import { readSetting, writeSetting } from '../store/settings';
import { noteGrowth } from '../store/statistics';
import type { ActivityDeps } from './deps';
import { describeFailure } from './failures';
import { readPage } from './hydrate';
import { ownRun } from './ownRun';
import type { Plans } from './planBook';

/** One feed does not keep a cycle from its records for longer than this: the rest of it is the next run's. */
const FEED_BUDGET_MS = 60_000;

export interface CollectReport {
  /** Why this cycle ends here, if it does, in sentences for an operator. */
  readonly ended?: { readonly why: 'config' | 'blocked' | 'unreachable'; readonly sentences: readonly string[] };
  readonly queued: number;
  readonly echoes: number;
}

export interface PageRef {
  readonly key: string;
  readonly kind: 'record' | 'create';
  readonly lane: number;
  readonly entity: string;
  readonly marketoId?: string;
  readonly microsoftId?: string;
}

export interface PageReport {
  readonly refs: readonly PageRef[];
  readonly quarantined: number;
  /** Open rows of the initial load, these among them; set while there are any to be done. */
  readonly leftOfBackfill?: number;
  readonly ended?: CollectReport['ended'];
}

export interface CollectActivities {
  /** Reads all feeds and queues what changed. `firstOfCycle` is false for the runs a cycle continues as. */
  collect(input: { firstOfCycle: boolean }): Promise<CollectReport>;
  /**
   * Takes one page of due records and reads both sides of each, in bulk. With `bulkLimit` those of the initial load are not read: their own
   * pages do that.
   */
  takePage(input: { limit: number; bulkLimit?: number }): Promise<PageReport>;
  /** Gives records back whose run did not get to them. */
  release(input: { keys: readonly string[]; waitMs: number }): Promise<void>;
  /** A record's run has failed: its row waits for the next try, or the next change. */
  letGo(input: { key: string }): Promise<void>;
  endCycle(input: { outcome: string }): Promise<void>;
}

export function createCollectActivities(deps: ActivityDeps): CollectActivities {
  const { db, log } = deps;
  return {
    async collect({ firstOfCycle }) {
      const cycle = firstOfCycle ? await beginCycle(deps) : undefined;
      const nothing = { queued: 0, echoes: 0 };
      const ended = await whyNot(deps);
      if (ended !== undefined) return { ...nothing, ended };
      const readiness = await deps.plans.prepare();
      if ('problems' in readiness) {
        await writeSetting(db, 'problems', readiness.problems);
        log.error({ problems: readiness.problems }, 'the cycle ends: set-up is not complete');
        return { ...nothing, ended: { why: 'config', sentences: readiness.problems } };
      }
      if ('failed' in readiness) {
        const sentences = [describeFailure(readiness.failed.side, readiness.failed.failure)];
        await writeSetting(db, 'problems', sentences);
        return { ...nothing, ended: { why: whyFailed(readiness.failed.failure), sentences } };
      }
      const overlap = cycle !== undefined && cycle % deps.options.overlapEveryCycles === 0;
      if (overlap) await prune(db, deps.options);
      const feeds = [deps.marketo, deps.dynamics].flatMap((side) => side.feeds.map((feed) => ({ side, feed })));
      const reports = await Promise.all(feeds.map(({ side, feed }) => readFeed(deps, side, feed, readiness.ready, overlap)));
      const moved = await relegateCrowd(db);
      if (moved > 0) log.info({ records: moved }, 'so many edits wait that they go by the page, like an initial load');
      const failures = reports.flatMap((report) => (report.failure ? [report.failure] : []));
      if (failures.some(({ side, failure }) => saysSchemaChanged(side, failure.code))) await deps.plans.doubt();
      const sentences = [...new Set(failures.map(({ side, failure }) => describeFailure(side, failure)))];
      await writeSetting(db, 'problems', sentences);
      const totals = {
        queued: reports.reduce((sum, report) => sum + report.queued, 0),
        echoes: reports.reduce((sum, report) => sum + report.echoes, 0),
      };
      await noteGrowth(db, totals.queued);
      const first = failures[0];
      return first === undefined ? totals : { ...totals, ended: { why: whyFailed(first.failure), sentences } };
    },

    async takePage({ limit, bulkLimit }) {
      const ended = await whyNot(deps);
      if (ended !== undefined) return { refs: [], quarantined: 0, ended };
      const { rows, quarantined } = await takePage(db, ownRun(), limit, bulkLimit);
      if (quarantined > 0) log.error({ quarantined }, 'records failed too often and wait for "mdsync retry"');
      if (rows.length === 0) return { refs: [], quarantined };
      const page = await readPage(
        deps,
        await deps.plans.current(),
        rows.filter((row) => bulkLimit === undefined || row.lane !== LANES.backfill),
      );
      await saveSnapshots(db, page.snapshots);
      if (page.failure !== undefined) {
        const keys = rows.map((row) => row.key);
        await release(db, keys, 1_000);
        const sentences = [describeFailure(page.failure.side, page.failure.failure)];
        return { refs: [], quarantined, ended: { why: whyFailed(page.failure.failure), sentences } };
      }
      const bulk = rows.some((row) => row.lane === LANES.backfill) ? { leftOfBackfill: await leftOfBackfill(db) } : {};
      return { refs: rows.map(toRef), quarantined, ...bulk };
    },

    release: ({ keys, waitMs }) => release(db, keys, waitMs),

    letGo: ({ key }) => letGo(db, key),

    async endCycle({ outcome }) {
      const before = (await readSetting(db, 'cycle'))?.value;
      if (before !== undefined) await writeSetting(db, 'cycle', { ...before, endedAt: deps.clock.now().toISOString(), outcome });
    },
  };
}

function toRef(row: TakenRow): PageRef {
  return {
    key: row.key,
    kind: row.kind,
    lane: row.lane,
    entity: row.kind === 'create' ? 'person' : (row.table ?? row.entity),
    ...(row.marketoId ? { marketoId: row.marketoId } : {}),
    ...(row.microsoftId ? { microsoftId: row.microsoftId } : {}),
  };
}

async function beginCycle(deps: ActivityDeps): Promise<number> {
  const count = ((await readSetting(deps.db, 'cycle'))?.value.count ?? 0) + 1;
  await writeSetting(deps.db, 'cycle', { startedAt: deps.clock.now().toISOString(), outcome: 'running', count });
  return count;
}

async function whyNot(deps: ActivityDeps): Promise<CollectReport['ended']> {
  const blocks = await blockedSides(deps.db);
  if (blocks.length === 0) return undefined;
  return {
    why: 'blocked',
    sentences: blocks.map((block) => `${block.side} is left alone until ${block.until.toISOString()} (${block.code})`),
  };
}

function whyFailed(failure: Failure): 'config' | 'blocked' | 'unreachable' {
  if (failure.kind === 'config') return 'config';
  return failure.kind === 'throttled' || failure.kind === 'quota' ? 'blocked' : 'unreachable';
}

interface FeedReport {
  queued: number;
  echoes: number;
  failure?: { readonly side: SideName; readonly failure: Failure };
}

/** Reads one feed to its end, a page a transaction. A cursor that the vendor has forgotten is dropped and the feed read anew. */
async function readFeed(deps: ActivityDeps, side: Side, feed: string, plans: Plans, overlap: boolean): Promise<FeedReport> {
  const report: FeedReport = { queued: 0, echoes: 0 };
  const until = Date.now() + FEED_BUDGET_MS;
  let again = overlap;
  do {
    const stored = await readCursor(deps.db, side.name, feed);
    const answer = await side.changes({
      feed,
      overlap: again,
      fields: plans.fields,
      ...(stored ? { cursor: stored.cursor } : {}),
    });
    again = false;
    heartbeat();
    if ('failure' in answer) {
      if (answer.failure.kind !== 'gone' || stored === undefined)
        return { ...report, failure: { side: side.name, failure: answer.failure } };
      deps.log.warn(
        { side: side.name, feed, code: answer.failure.code },
        'the feed is read from its beginning: its cursor expired',
      );
      await expireCursor(deps.db, side.name, feed, stored);
      continue;
    }
    const page = answer.ok;
    const done = await commitPage(deps.db, { side: side.name, feed, version: stored?.version, page, plans: plans.tables });
    if (done.lost) return report;
    report.queued += done.queued;
    report.echoes += done.echoes;
    if (!page.more) return report;
  } while (Date.now() < until);
  return report;
}
