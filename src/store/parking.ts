/** Fields that were taken out of play because something is wrong with them. Each stands in an open review: closing it lets it play again. */
import { sql } from 'kysely';
import type { Table } from '../core/types';
import type { Db } from './database';
import { byPair } from './pairs';
import { openReview } from './settle';

/** Why a field is parked, by `table/field`. */
export type Parked = ReadonlyMap<string, string>;

const MASS_CLEAR = 'massClear';
const PING_PONG = 'pingPong';

export async function parkedFields(db: Db): Promise<Parked> {
  const { rows } = await sql<{ table: Table; field: string; reason: string }>`
    select detail->>'table' as "table", detail->>'field' as field, detail->>'reason' as reason
    from review where kind = ${MASS_CLEAR} and closed_at is null`.execute(db);
  return new Map(rows.map(({ table, field, reason }) => [`${table}/${field}`, reason]));
}

const LEAST_CLEARS = 20;
const SHARE_OF_CLEARS = 0.05;

/**
 * Parks the fields among `fields` that Dynamics seems to have cleared on more pairs of this cycle than anybody clears by hand: more than
 * max(20, 5 % of the pairs decided so far). More likely a permission or a column went away. Answers the parked ones; a field whose review
 * an operator has closed within a day was meant to be emptied.
 */
export async function parkMassClears(
  db: Db,
  table: Table,
  fields: readonly string[],
  sinceIso: string,
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ field: string; clears: number }>`
    with decided as (
      select d.pair_id, d.field, d.rule, d.dynamics, d.baseline from decision d join pair p on p.id = d.pair_id
      where d.decided_at >= ${sinceIso} and p.table_name = ${table})
    select field, count(distinct pair_id) as clears from decided
    where field = any(${fields}) and rule = 'dynamicsChanged' and dynamics->'value' = 'null'::jsonb
      and coalesce(baseline->'dynamics', 'null'::jsonb) <> 'null'::jsonb
      and not exists (
        select 1 from review r where r.kind = ${MASS_CLEAR} and r.key = 'field/' || ${table}::text || '/' || decided.field
          and r.closed_at > now() - interval '24 hours')
    group by field
    having count(distinct pair_id) > greatest(${LEAST_CLEARS}::float8, ${SHARE_OF_CLEARS}::float8 * (select count(distinct pair_id) from decided))`.execute(
    db,
  );
  for (const { field, clears } of rows) {
    const reason = `Dynamics emptied it on ${clears} ${table}s at once: if that was meant, close the review; else give the sync user its permission back first.`;
    await openReview(db, { key: `field/${table}/${field}` }, { kind: MASS_CLEAR, detail: { table, field, reason } });
  }
  return new Set(rows.map((row) => row.field));
}

/** How often a field of a pair may go to and fro within an hour before somebody has to look. */
const MOST_WRITES = 4;

/**
 * The fields of each pair, in the order of `pairIds`, that were written back and forth too often in the last hour (some automation on one
 * side rewrites them), or that wait in a review for that reason.
 */
export async function restlessFields(db: Db, pairIds: readonly number[]): Promise<readonly ReadonlySet<string>[]> {
  const { rows } = await sql<{ pairId: number; field: string }>`
    select pair_id as "pairId", field from decision, jsonb_to_recordset(writes) as w(side text, result text)
    where pair_id = any(${pairIds}) and decided_at > now() - interval '1 hour' and w.result = 'confirmed'
    group by pair_id, field
    having count(*) > ${MOST_WRITES}::bigint and count(*) filter (where w.side = 'marketo') > 1 and count(*) filter (where w.side = 'dynamics') > 1
    union
    select pair_id, jsonb_array_elements_text(detail->'fields') from review
    where pair_id = any(${pairIds}) and kind = ${PING_PONG} and closed_at is null`.execute(db);
  return byPair(pairIds, rows).map((found) => new Set(found.map(({ field }) => field)));
}

export const pingPongReview = (fields: readonly string[]) => ({ kind: PING_PONG, detail: { fields } });
