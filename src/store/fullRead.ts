/** A feed read from its beginning says what is there, never what is not: pairs whose rows it did not name have to be looked at. */
import { sql } from 'kysely';
import type { Table } from '../core/types';
import type { Db } from './database';
import { enqueue, pairEntry } from './inbox';

/** Notes the rows that a page of a full read named. */
export async function noteMet(tx: Db, table: Table, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`insert into full_read (table_name, id) select ${table}, id from unnest(${ids}::text[]) as id on conflict do nothing`.execute(
    tx,
  );
}

/** Ends a full read: queues every living pair of the table whose row it did not name. Its absence is proven by reading the row itself. */
export async function queueUnmet(tx: Db, table: Table): Promise<number> {
  const { rows } = await sql<{ pairId: number; marketoId: string }>`
    select p.id as "pairId", m.id as "marketoId" from pair p
      join identity d on d.pair_id = p.id and d.side = 'dynamics' and d.current and d.entity = ${table}
      join identity m on m.pair_id = p.id and m.side = 'marketo' and m.current
    where p.state = 'live' and not exists (select 1 from full_read f where f.table_name = ${table} and f.id = d.id)`.execute(tx);
  await enqueue(
    tx,
    rows.map(({ pairId, marketoId }) => pairEntry(pairId, marketoId, 'backfill')),
  );
  await forgetMet(tx, table);
  return rows.length;
}

/** A full read starts over. */
export async function forgetMet(tx: Db, table: Table): Promise<void> {
  await tx.deleteFrom('full_read').where('table_name', '=', table).execute();
}
