/** Joining a person and a row to one pair. The primary key of `identity` is what keeps two pairs from claiming one human's half. */
import { type RawBuilder, sql } from 'kysely';
import type { Entity, Lane, SideName } from '../core/types';
import { recordKey, type SyncOutcome } from '../temporal/names';
import type { Db } from './database';
import { CLEARED, enqueue, pairEntry } from './inbox';

const refOf = (ref: { readonly entity: Entity; readonly id: string }): string => `${ref.entity}/${ref.id}`;

/** `p` never got its other half: it may be joined to another pair. A row that is only going to be created is no half yet. */
const isLonely = (side: RawBuilder<unknown>) => sql`
  p.state = 'pending' and not exists (select 1 from identity o where o.pair_id = p.id and o.side <> ${side} and o.current)`;

/**
 * Which of these people and rows another pair has, as `entity/id`. A pending pair that never got its other half does not count: whoever
 * holds the lease on the e-mail may join it.
 */
export async function takenAmong(
  db: Db,
  refs: readonly { readonly entity: Entity; readonly id: string }[],
  pairId: number,
): Promise<ReadonlySet<string>> {
  if (refs.length === 0) return new Set();
  const asked = refs.map(({ entity, id }) => ({ side: entity === 'person' ? 'marketo' : 'dynamics', entity, id }));
  const { rows } = await sql<{ entity: Entity; id: string }>`
    select i.entity, i.id from identity i
      join jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as x(side text, entity text, id text)
        on i.side = x.side and i.entity = x.entity and i.id = x.id
      join pair p on p.id = i.pair_id
    where p.id <> ${pairId} and not (${isLonely(sql.ref('i.side'))})`.execute(db);
  return new Set(rows.map(refOf));
}

export interface Half {
  readonly side: SideName;
  readonly entity: Entity;
  readonly id: string;
}

export interface Joining {
  readonly pairId: number;
  readonly marketoId: string;
  readonly half: Half;
  /** Of the pair's own entry. */
  readonly lane: Lane;
  /** How the entries end that are folded into it. */
  readonly outcome: SyncOutcome;
}

/**
 * Gives a pair the half that was missing, folds open inbox entries of either half into the pair's own and queues that with a new `seq`:
 * edits made meanwhile and lost write-backs heal in that run. Answers false, and changes nothing, when another pair has the half.
 */
export async function joinHalf(tx: Db, joining: Joining): Promise<boolean> {
  const { pairId, half } = joining;
  const { side, entity, id } = half;
  await absorbLonely(tx, pairId, half);
  // Whoever inserts first has it; the other one waits here and then sees whose it is.
  await sql`
    insert into identity (side, entity, id, pair_id, current) values (${side}, ${entity}, ${id}, ${pairId}, false)
    on conflict do nothing`.execute(tx);
  const { rows } = await sql`
    select 1 from identity where side = ${side} and entity = ${entity} and id = ${id} and pair_id = ${pairId}`.execute(tx);
  if (rows.length === 0) return false;
  await sql`
    update identity set current = false
    where pair_id = ${pairId} and side = ${side} and current and (entity, id) <> (${entity}, ${id})`.execute(tx);
  await sql`update identity set current = true where side = ${side} and entity = ${entity} and id = ${id}`.execute(tx);
  if (entity !== 'person') await sql`update pair set table_name = ${entity} where id = ${pairId}`.execute(tx);
  await foldEntries(tx, joining);
  return true;
}

/**
 * A pending pair of the half alone gives way, its ids and inbox rows with it; its run, if one is under way, finds its claim void. Not
 * while it may be writing: then there may soon be a second person or row, and an operator has to see it.
 */
async function absorbLonely(tx: Db, pairId: number, { side, entity, id }: Half): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    select p.id from pair p join identity i on i.pair_id = p.id
    where i.side = ${side} and i.entity = ${entity} and i.id = ${id} and p.id <> ${pairId}
      and ${isLonely(sql.ref('i.side'))} and (p.writing_until is null or p.writing_until <= now())
    for update of p`.execute(tx);
  const [lonely] = rows;
  if (lonely === undefined) return;
  await sql`update identity set pair_id = ${pairId}, current = false where pair_id = ${lonely.id}`.execute(tx);
  await sql`update inbox set pair_id = ${pairId} where pair_id = ${lonely.id}`.execute(tx);
  await tx.deleteFrom('pair').where('id', '=', lonely.id).execute();
}

async function foldEntries(tx: Db, { pairId, marketoId, half, lane, outcome }: Joining): Promise<void> {
  const key = recordKey.pair(marketoId);
  const rowKey = half.entity === 'person' ? null : recordKey.row(half.entity, half.id);
  await sql`
    update inbox set pair_id = ${pairId}, state = 'closed', outcome = ${outcome}, ended_at = now(), ${CLEARED}
    where kind = 'record' and state <> 'closed' and key <> ${key} and (pair_id = ${pairId} or key = ${rowKey})`.execute(tx);
  await enqueue(tx, [pairEntry(pairId, marketoId, lane)], { dueNow: true });
}
