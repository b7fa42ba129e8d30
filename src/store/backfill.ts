/** Seeing to every pair of a table once more, behind everything that is live. */
import { sql } from 'kysely';
import type { BulkProgress } from '../core/ports';
import type { Table } from '../core/types';
import { LANES } from '../core/types';
import type { Db } from './database';

/**
 * Queues every living pair of a table in lane `backfill`. Open records stay where they are, and are read anew: what was read for them may
 * lack the fields that this is about. Answers how many records there are.
 */
export async function queueAllPairs(db: Db, table: Table): Promise<number> {
  const queued = await sql`
    insert into inbox (key, kind, lane, seq, entity, id, pair_id, state)
    select 'record/' || m.id, 'record', ${LANES.backfill}, nextval('inbox_seq'), 'person', m.id, p.id, 'open'
    from pair p join identity m on m.pair_id = p.id and m.side = 'marketo' and m.current
    where p.state = 'live' and p.table_name = ${table}
    order by 1
    on conflict (key) do update set seq = nextval('inbox_seq'),
      lane = case when inbox.state = 'closed' then excluded.lane else inbox.lane end,
      attempts = case when inbox.state = 'closed' then 0 else inbox.attempts end,
      due = case when inbox.state = 'closed' then now() else inbox.due end,
      opened_at = case when inbox.state = 'closed' then now() else inbox.opened_at end,
      taken_by = case when inbox.state = 'closed' then null else inbox.taken_by end,
      outcome = case when inbox.state = 'closed' then null else inbox.outcome end,
      ended_at = case when inbox.state = 'closed' then null else inbox.ended_at end,
      state = case when inbox.state = 'closed' then 'open' else inbox.state end`.execute(db);
  return Number(queued.numAffectedRows ?? 0);
}

/** How far the work in lane `backfill` is; `undefined` when none is left. Looks at all of the inbox, so it is for operators who ask. */
export async function bulkProgress(db: Db): Promise<BulkProgress | undefined> {
  const { rows } = await sql<{ done: number; left: number; perMinute: number; expectedEndAt: Date }>`
    with bulk as (select state, opened_at, ended_at from inbox where lane = ${LANES.backfill}),
      oldest as (select min(opened_at) as at from bulk where state = 'open'),
      counted as (
        select count(*) filter (where state = 'open') as left,
          count(*) filter (where state = 'closed' and ended_at >= oldest.at) as done,
          count(*) filter (where state = 'closed' and ended_at > now() - interval '1 minute') as "perMinute"
        from bulk, oldest)
    select counted.*, now() + interval '1 minute' * (counted.left::float8 / nullif("perMinute", 0)) as "expectedEndAt" from counted`.execute(
    db,
  );
  const [row] = rows;
  if (row === undefined || row.left === 0) return undefined;
  const { expectedEndAt, ...counts } = row;
  return { ...counts, ...(counts.perMinute === 0 ? {} : { expectedEndAt: expectedEndAt.toISOString() }) };
}

/** Forgets what was agreed on for some fields of all pairs of a table, because they mean something else now. */
export async function dropBaselines(db: Db, table: Table, fields: readonly string[]): Promise<void> {
  await sql`
    update pair set baseline = baseline - ${fields}::text[]
    where table_name = ${table} and baseline ?| ${fields}::text[]`.execute(db);
}
