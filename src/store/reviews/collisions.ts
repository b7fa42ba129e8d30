/** Fields that the mapping leaves to a person (`winner: review`): which are open, and how a choice becomes an ordinary change. */
import { sql } from 'kysely';
import type { Baseline, FieldBaseline, RawValue, SideName } from '../../core/types';
import type { Db } from '../database';
import type { RunRef } from '../pairs';

/** The last decision of each field, where it said that a person decides. */
const UNDECIDED = sql`
  select id, pair_id, epoch, key, field, marketo, dynamics from decision d
  where rule like '%:review' and result <> 'superseded' and not exists (
    select 1 from decision later
    where later.pair_id = d.pair_id and later.field = d.field and later.id > d.id and later.result <> 'superseded')`;

/**
 * Overtakes questions that these runs did not ask again, though they compared every field: both sides went back to what was agreed on, which
 * takes no decision.
 */
export async function dropTakenBack(tx: Db, runs: readonly Pick<RunRef, 'pairId' | 'epoch'>[]): Promise<void> {
  const compared = runs.map(({ pairId, epoch }) => ({ pairId, epoch }));
  await sql`
    update decision set result = 'superseded', settled_at = now() where id in (
      select u.id from (${UNDECIDED}) as u
      join jsonb_to_recordset(${JSON.stringify(compared)}::jsonb) as run("pairId" bigint, epoch bigint) on run."pairId" = u.pair_id
      where u.epoch < run.epoch)`.execute(tx);
}

/**
 * Opens a review for each pair that has such a field, and closes it when all of them have been decided in the meantime, by an edit or by a
 * change of the mapping. For the transaction that settles the runs which decided; a review that was closed since then stays closed.
 */
export async function noteCollisions(tx: Db, pairIds: readonly number[]): Promise<void> {
  if (pairIds.length === 0) return;
  await sql`
    with undecided as (select u.pair_id, u.key from (${UNDECIDED}) as u where u.pair_id = any(${pairIds})),
      settled as (
        update review set closed_at = now(), resolution = 'settled by itself'
        where pair_id = any(${pairIds}) and kind = 'collision' and closed_at is null
          and not exists (select 1 from undecided u where u.pair_id = review.pair_id))
    insert into review (pair_id, key, kind, detail)
    select u.pair_id, min(u.key), 'collision', '{}' from undecided u
    where not exists (
      select 1 from review r where r.pair_id = u.pair_id and r.kind = 'collision'
        and (r.closed_at is null or r.closed_at > (select max(decided_at) from decision d where d.pair_id = u.pair_id)))
    group by u.pair_id
    on conflict do nothing`.execute(tx);
}

export interface UndecidedField {
  readonly pairId: number;
  readonly field: string;
  readonly marketo: RawValue;
  readonly dynamics: RawValue;
}

export async function undecidedFields(db: Db, pairIds: readonly number[]): Promise<readonly UndecidedField[]> {
  const { rows } = await sql<UndecidedField>`
    select pair_id as "pairId", field, marketo->'value' as marketo, dynamics->'value' as dynamics
    from (${UNDECIDED}) as u where pair_id = any(${pairIds}) order by field`.execute(db);
  return rows;
}

/**
 * Lets one side's values win: the other side's are noted as agreed on, so that only the winner's have changed, and the engine writes them
 * like any edit. Whatever is edited since then collides again, and asks again.
 */
export async function letWin(tx: Db, pairId: number, winner: SideName): Promise<void> {
  const { baseline } = await tx.selectFrom('pair').select('baseline').where('id', '=', pairId).executeTakeFirstOrThrow();
  const moved: Record<string, FieldBaseline> = {};
  for (const { field, marketo, dynamics } of await undecidedFields(tx, [pairId])) {
    const before = baselineBefore(baseline, field, winner, { marketo, dynamics });
    moved[field] = winner === 'marketo' ? { marketo: before, dynamics } : { marketo, dynamics: before };
  }
  await sql`update pair set baseline = baseline || ${JSON.stringify(moved)}::jsonb where id = ${pairId}`.execute(tx);
}

/** What the winner's side held before, so that it counts as changed: its own baseline, or nothing on a first match. */
function baselineBefore(
  baseline: Baseline,
  field: string,
  winner: SideName,
  now: Readonly<Record<SideName, RawValue>>,
): RawValue {
  const before = baseline[field]?.[winner] ?? null;
  return before === now[winner] ? now[winner === 'marketo' ? 'dynamics' : 'marketo'] : before;
}
