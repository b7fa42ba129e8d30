/** What operators ask: how the sync stands, and to try records again. */
import { sql } from 'kysely';
import type { Operations, RecordProgress, RetrySelector, SyncStatus } from '../core/ports';
import { LANES, type Lane, type SideName } from '../core/types';
import { callsOfOthers } from '../core/usage';
import { recordKey } from '../temporal/names';
import { bulkProgress } from './backfill';
import { type Database, type Db, inTransaction } from './database';
import { enqueue } from './inbox';
import { blockedSides } from './limits';
import { liftRejections } from './rejections';
import { reopenRequests } from './requests';
import { readSetting } from './settings';

export function createOperations(db: Database): Operations {
  return {
    status: () => status(db),
    retry: (selector) => retry(db, selector),
    progress: (keys) => progress(db, keys),
  };
}

async function status(db: Database): Promise<SyncStatus> {
  const lanes = await sql<{ lane: number; count: number; oldest: Date }>`
    select lane, count(*) as count, min(opened_at) as oldest from inbox where state = 'open' group by lane`.execute(db);
  const { rows } = await sql<{
    pairs: number;
    quarantined: number;
    rejections: number;
    reviews: number;
    requests: number;
    nearMisses: number;
  }>`
    select (select count(*) from pair where state = 'live') as pairs,
      (select count(*) from inbox where state = 'quarantined') as quarantined,
      (select count(*) from rejection where closed_at is null) as rejections,
      (select count(*) from review where closed_at is null) as reviews,
      (select count(*) from request where ended_at is null) as requests,
      (select count(*) from decision where decided_at > now() - interval '24 hours' and rule = 'nearMiss') as "nearMisses"`.execute(
    db,
  );
  const counts = rows[0] ?? { pairs: 0, quarantined: 0, rejections: 0, reviews: 0, requests: 0, nearMisses: 0 };
  const oldest = lanes.rows.map((row) => row.oldest.getTime()).sort((a, b) => a - b)[0];
  const blocks = await blockedSides(db);
  const cycle = (await readSetting(db, 'cycle'))?.value;
  const usage = (await readSetting(db, 'usage'))?.value;
  const waiting = (lane: Lane): number => lanes.rows.find((row) => row.lane === LANES[lane])?.count ?? 0;
  const side = (name: SideName): SyncStatus['sides'][SideName] => {
    const block = blocks.find((one) => one.side === name);
    return block ? { blockedUntil: block.until.toISOString(), reason: block.code } : {};
  };
  const bulk = waiting('backfill') === 0 ? undefined : await bulkProgress(db);
  return {
    pairs: counts.pairs,
    waiting: { create: waiting('create'), retry: waiting('retry'), live: waiting('live'), backfill: waiting('backfill') },
    ...(bulk === undefined ? {} : { bulk }),
    ...(oldest === undefined ? {} : { oldestWaitingAt: new Date(oldest).toISOString() }),
    quarantined: counts.quarantined,
    openRejections: counts.rejections,
    openReviews: counts.reviews,
    nearMisses: counts.nearMisses,
    openRequests: counts.requests,
    sides: { marketo: side('marketo'), dynamics: side('dynamics') },
    ...(usage === undefined ? {} : { marketoCalls: { ...usage.now, ofOthers: callsOfOthers(usage.before, usage.now) } }),
    problems: (await readSetting(db, 'problems'))?.value ?? [],
    ...(cycle
      ? {
          lastCycle: { startedAt: cycle.startedAt, outcome: cycle.outcome, ...(cycle.endedAt ? { endedAt: cycle.endedAt } : {}) },
        }
      : {}),
  };
}

interface RetryTarget {
  readonly key: string;
  readonly kind: 'record' | 'create';
  readonly entity: 'person' | 'contact' | 'lead';
  readonly id: string;
  readonly pairId: number | null;
}

/**
 * Puts records back to work in lane `retry`: their holds are lifted, quarantine ends, attempts start again; a creation that was refused is
 * asked for again. A single record is found by Marketo id or by the row's GUID, whatever its state: that forces it through. `all` takes
 * what failed, was rejected or is quarantined, optionally only with one code.
 */
async function retry(db: Database, selector: RetrySelector): Promise<readonly RecordProgress[]> {
  const keys = await inTransaction(db, async (tx) => {
    const targets = 'id' in selector ? await targetsById(tx, selector.id) : await failedTargets(tx, selector.code);
    const pairIds = targets.flatMap((target) => (target.pairId === null ? [] : [target.pairId]));
    await liftRejections(tx, pairIds);
    await reopenRequests(
      tx,
      targets.flatMap((target) => (target.kind === 'create' ? [target.id] : [])),
    );
    await enqueue(
      tx,
      targets.map((target) => ({
        key: target.key,
        kind: target.kind,
        lane: 'retry' as const,
        entity: target.entity,
        id: target.id,
        ...(target.pairId === null ? {} : { pairId: target.pairId }),
      })),
      { dueNow: true },
    );
    return targets.map((target) => target.key);
  });
  return progress(db, keys);
}

async function targetsById(tx: Db, anyCase: string): Promise<readonly RetryTarget[]> {
  const id = anyCase.toLowerCase();
  const keys = [recordKey.pair(id), recordKey.row('contact', id), recordKey.row('lead', id), recordKey.create(id)];
  const { rows } = await sql<RetryTarget>`
    with wanted as (
      select distinct pair_id from identity
      where (side, entity, id) in (('marketo', 'person', ${id}), ('dynamics', 'contact', ${id}), ('dynamics', 'lead', ${id})))
    select case when m.id is not null then 'record/' || m.id else 'record/' || d.entity || '/' || d.id end as key, 'record' as kind,
      coalesce(m.entity, d.entity) as entity, coalesce(m.id, d.id) as id, w.pair_id as "pairId"
    from wanted w
      left join identity m on m.pair_id = w.pair_id and m.side = 'marketo' and m.current
      left join identity d on d.pair_id = w.pair_id and d.side = 'dynamics' and d.current
    where m.id is not null or d.id is not null
    union
    select key, kind, entity, id, pair_id from inbox
    where key = any(${keys}) and (state <> 'closed' or (kind = 'create' and outcome in ('rejected', 'review')))`.execute(tx);
  return rows;
}

async function failedTargets(tx: Db, code: string | undefined): Promise<readonly RetryTarget[]> {
  const { rows } = await sql<RetryTarget>`
    select key, kind, entity, id, pair_id as "pairId" from inbox
    where (state = 'quarantined' or (state = 'open' and failure_code is not null)) and (${code ?? null}::text is null or failure_code = ${code ?? null})
    union
    select i.key, i.kind, i.entity, i.id, i.pair_id from rejection r join inbox i on i.key = r.key
    where r.closed_at is null and (${code ?? null}::text is null or r.code = ${code ?? null})`.execute(tx);
  return rows;
}

async function progress(db: Db, keys: readonly string[]): Promise<readonly RecordProgress[]> {
  if (keys.length === 0) return [];
  const { rows } = await sql<{
    key: string;
    state: 'open' | 'closed' | 'quarantined';
    taken: boolean;
    outcome: string | null;
    failureCode: string | null;
    failureMessage: string | null;
    marketoId: string | null;
    microsoftId: string | null;
    rejections: RecordProgress['rejections'] | null;
  }>`
    select i.key, i.state, i.taken_by is not null as taken, i.outcome, i.failure_code as "failureCode", i.failure_message as "failureMessage",
      m.id as "marketoId", d.id as "microsoftId",
      (select jsonb_agg(jsonb_build_object('side', r.side, 'field', r.field, 'code', r.code, 'message', r.message) order by r.field)
        from rejection r where r.pair_id = i.pair_id and r.closed_at is null) as rejections
    from inbox i
      left join identity m on m.pair_id = i.pair_id and m.side = 'marketo' and m.current
      left join identity d on d.pair_id = i.pair_id and d.side = 'dynamics' and d.current
    where i.key = any(${keys}) order by i.key`.execute(db);
  return rows.map((row) => ({
    key: row.key,
    state: row.state === 'quarantined' ? 'quarantined' : row.state === 'closed' ? 'done' : row.taken ? 'running' : 'waiting',
    rejections: row.rejections ?? [],
    ...(row.marketoId ? { marketoId: row.marketoId } : {}),
    ...(row.microsoftId ? { microsoftId: row.microsoftId } : {}),
    ...(row.state === 'closed' && row.outcome ? { outcome: row.outcome } : {}),
    ...(row.failureCode ? { failure: { code: row.failureCode, message: row.failureMessage ?? '' } } : {}),
  }));
}
