/** Joining a person and a row to one pair. The primary key of `identity` is what keeps two pairs from claiming one human's half. */
import { sql } from 'kysely';
import type { Entity, Lane, SideName, Table } from '../core/types';
import { recordKey } from '../temporal/names';
import type { Db } from './database';
import { enqueue } from './inbox';

const refOf = (ref: { readonly entity: Entity; readonly id: string }): string => `${ref.entity}/${ref.id}`;

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
  const { rows } = await sql<{ entity: Entity; id: string }>`
    select i.entity, i.id from identity i
      join jsonb_to_recordset(${JSON.stringify(refs.map(({ entity, id }) => ({ entity, id })))}::jsonb) as x(entity text, id text)
        on i.entity = x.entity and i.id = x.id
      join pair p on p.id = i.pair_id
    where p.id <> ${pairId}
      and not (p.state = 'pending' and not exists (select 1 from identity o where o.pair_id = p.id and o.side <> i.side))`.execute(db);
  return new Set(rows.map(refOf));
}

export interface Half {
  readonly side: SideName;
  readonly entity: Entity;
  readonly id: string;
}

/**
 * Gives a pair the half that was missing, folds open inbox entries of either half into the pair's own and queues that with a new `seq`:
 * edits made meanwhile and lost write-backs heal in that run. Answers false when another pair has the half.
 */
export async function joinHalf(
  tx: Db,
  args: { readonly pairId: number; readonly marketoId: string; readonly half: Half; readonly lane: Lane },
): Promise<boolean> {
  const { pairId, half } = args;
  await absorbPending(tx, pairId, half);
  await sql`
    update identity set current = false
    where pair_id = ${pairId} and side = ${half.side} and current and (entity, id) <> (${half.entity}, ${half.id})`.execute(tx);
  const joined = await sql`
    insert into identity (side, entity, id, pair_id, current) values (${half.side}, ${half.entity}, ${half.id}, ${pairId}, true)
    on conflict (side, entity, id) do update set current = true where identity.pair_id = excluded.pair_id`.execute(tx);
  if (Number(joined.numAffectedRows ?? 0) === 0) return false;
  if (half.entity !== 'person') await sql`update pair set table_name = ${half.entity} where id = ${pairId}`.execute(tx);
  await foldEntries(tx, args);
  return true;
}

/** A pending pair of the half alone gives way; its run, if one is under way, finds its claim void. */
async function absorbPending(tx: Db, pairId: number, half: Half): Promise<void> {
  await sql`
    with absorbed as (
      delete from pair p using identity i
      where i.side = ${half.side} and i.entity = ${half.entity} and i.id = ${half.id} and i.pair_id = p.id and p.id <> ${pairId}
        and p.state = 'pending' and not exists (select 1 from identity o where o.pair_id = p.id and o.side <> ${half.side})
      returning p.id)
    update inbox set pair_id = ${pairId} from absorbed where inbox.pair_id = absorbed.id`.execute(tx);
}

async function foldEntries(
  tx: Db,
  args: { readonly pairId: number; readonly marketoId: string; readonly half: Half; readonly lane: Lane },
): Promise<void> {
  const key = recordKey.pair(args.marketoId);
  const rowKey = args.half.entity === 'person' ? undefined : recordKey.row(args.half.entity as Table, args.half.id);
  await sql`
    update inbox set pair_id = ${args.pairId}, state = 'closed', outcome = coalesce(outcome, 'linked'), ended_at = now(), taken_by = null,
      snapshot = null
    where kind = 'record' and state = 'open' and key <> ${key} and (pair_id = ${args.pairId} or key = ${rowKey ?? null})`.execute(tx);
  await enqueue(tx, [{ key, kind: 'record', lane: args.lane, entity: 'person', id: args.marketoId, pairId: args.pairId }]);
}
