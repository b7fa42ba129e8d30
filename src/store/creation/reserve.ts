/** The GUID of a row that is going to be created, written down before anything is sent. */
import { sql } from 'kysely';
import type { Table } from '../../core/types';
import { type Database, inTransaction } from '../database';
import { type RunRef, standings } from '../pairs';

export interface RowToCreate {
  readonly table: Table;
  /** The row's GUID, from how often a row was created for this person. */
  readonly idOf: (generation: number) => string;
}

/** A row for the person whose pair a run holds. */
export type RowWish = Pick<RunRef, 'pairId' | 'epoch'> & RowToCreate;

/**
 * Reserves GUIDs, in the order of `wishes`: when the row then comes back in a feed, it is known whose it is, and nobody makes a second person
 * for it. A pair whose row was deleted moves on to the next generation, once: its new row must not take the dead one's id. Repeating it
 * answers the same; `undefined` where there is nothing to create any more: a newer claim holds the pair, or the person has got a row
 * since it was looked at.
 */
export async function reserveRows(db: Database, wishes: readonly RowWish[]): Promise<readonly (string | undefined)[]> {
  return inTransaction(db, async (tx) => {
    const stands = await standings(tx, wishes);
    const held = wishes.filter((_, index) => stands[index] === 'held').map(({ pairId }) => pairId);
    const again = await sql<{ id: number }>`
      update pair set generation = generation + 1, state = 'pending', baseline = '{}', control = null
      where id = any(${held}) and state = 'rowDeleted' returning id`.execute(tx);
    const deleted = again.rows.map(({ id }) => id);
    if (deleted.length > 0)
      await sql`update identity set current = false where pair_id = any(${deleted}) and side = 'dynamics'`.execute(tx);
    const { rows } = await sql<{ id: number; generation: number }>`
      select id, generation from pair where id = any(${held}) and state <> 'live'`.execute(tx);
    const generations = new Map(rows.map(({ id, generation }) => [id, generation]));
    const ids = wishes.map(({ pairId, idOf }) => {
      const generation = generations.get(pairId);
      return generation === undefined ? undefined : idOf(generation);
    });
    const reserved = wishes.flatMap(({ pairId, table }, index) => {
      const id = ids[index];
      return id === undefined ? [] : [{ pairId, table, id }];
    });
    if (reserved.length > 0)
      await sql`
        insert into identity (side, entity, id, pair_id, current)
        select 'dynamics', x."table", x.id, x."pairId", false
        from jsonb_to_recordset(${JSON.stringify(reserved)}::jsonb) as x("pairId" bigint, "table" text, id text)
        order by x."table", x.id on conflict do nothing`.execute(tx);
    return ids;
  });
}

/** `reserveRows` for one row. */
export const reserveRow = async (
  db: Database,
  held: Pick<RunRef, 'pairId' | 'epoch'>,
  row: RowToCreate,
): Promise<string | undefined> => (await reserveRows(db, [{ ...held, ...row }]))[0];
