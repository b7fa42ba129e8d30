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
  /** Both halves have been read since they were the same, and nothing has been heard of either: nobody has to look again. */
  readonly whole?: boolean;
}

/**
 * Gives a pair the half that was missing, folds open inbox entries of either half into the pair's own and queues that with a new `seq`:
 * edits made meanwhile and lost write-backs heal in that run, which only a whole pair does without. Answers false, and changes nothing, when
 * another pair has the half.
 */
export async function joinHalf(tx: Db, joining: Joining): Promise<boolean> {
  await absorbLonely(tx, joining.pairId, joining.half);
  return (await joinFree(tx, [joining])).has(joining.pairId);
}

/** `joinHalf` for many pairs; answers those that were joined. Mostly nobody has heard of the halves yet, which is told by one statement. */
export async function joinHalves(tx: Db, joinings: readonly Joining[]): Promise<ReadonlySet<number>> {
  const joined = new Set(await joinFree(tx, joinings));
  for (const joining of joinings)
    if (!joined.has(joining.pairId) && (await joinHalf(tx, { ...joining, whole: false }))) joined.add(joining.pairId);
  return joined;
}

/** Joins the halves that no other pair has. */
async function joinFree(tx: Db, joinings: readonly Joining[]): Promise<ReadonlySet<number>> {
  if (joinings.length === 0) return new Set();
  const wishes = sql`jsonb_to_recordset(${JSON.stringify(joinings.map(({ pairId, half }) => ({ ...half, pairId })))}::jsonb)
    as x("pairId" bigint, side text, entity text, id text)`;
  // Whoever inserts first has it; the other one waits here and then sees whose it is.
  await sql`
    insert into identity (side, entity, id, pair_id, current)
    select side, entity, id, "pairId", false from ${wishes} order by side, entity, id, "pairId"
    on conflict do nothing`.execute(tx);
  const { rows } = await sql<{ pairId: number }>`
    select x."pairId" from ${wishes}
      join identity i on i.side = x.side and i.entity = x.entity and i.id = x.id and i.pair_id = x."pairId"`.execute(tx);
  const joined = new Set(rows.map(({ pairId }) => pairId));
  const ours = rows.map(({ pairId }) => pairId);
  if (ours.length === 0) return joined;
  await sql`
    update identity set current = false from ${wishes}
    where pair_id = x."pairId" and identity.side = x.side and current and (identity.entity, identity.id) <> (x.entity, x.id)
      and x."pairId" = any(${ours})`.execute(tx);
  await sql`
    update identity set current = true from ${wishes}
    where identity.side = x.side and identity.entity = x.entity and identity.id = x.id and pair_id = x."pairId"`.execute(tx);
  await sql`
    update pair set table_name = x.entity from ${wishes}
    where pair.id = x."pairId" and x.entity <> 'person' and pair.id = any(${ours})`.execute(tx);
  await foldEntries(
    tx,
    joinings.filter(({ pairId }) => joined.has(pairId)),
  );
  return joined;
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

async function foldEntries(tx: Db, joinings: readonly Joining[]): Promise<void> {
  const folded = joinings.map(({ pairId, marketoId, half, outcome }) => ({
    pairId,
    key: recordKey.pair(marketoId),
    rowKey: half.entity === 'person' ? null : recordKey.row(half.entity, half.id),
    outcome,
  }));
  await sql`
    with folded as (
        select * from jsonb_to_recordset(${JSON.stringify(folded)}::jsonb) as x("pairId" bigint, key text, "rowKey" text, outcome text)),
      halves as (
        select b.key, f."pairId", f.outcome from folded f join inbox b on b.pair_id = f."pairId" and b.key <> f.key
        union select f."rowKey", f."pairId", f.outcome from folded f where f."rowKey" is not null)
    update inbox set pair_id = halves."pairId", state = 'closed', outcome = halves.outcome, ended_at = now(), ${CLEARED}
    from halves where inbox.key = halves.key and inbox.kind = 'record' and inbox.state <> 'closed'`.execute(tx);
  await enqueue(
    tx,
    joinings.flatMap(({ pairId, marketoId, lane, whole }) => (whole ? [] : [pairEntry(pairId, marketoId, lane)])),
    { dueNow: true },
  );
}
