/** Seeing to every pair of a table once more, behind everything that is live. */
import { sql } from 'kysely';
import type { Table } from '../core/types';
import { LANES } from '../core/types';
import type { Db } from './database';

/** Queues every living pair of a table in lane `backfill`; open records stay as they are, they read everything anyway. Answers how many. */
export async function queueAllPairs(db: Db, table: Table): Promise<number> {
  const queued = await sql`
    insert into inbox (key, kind, lane, seq, entity, id, pair_id, state)
    select 'record/' || m.id, 'record', ${LANES.backfill}, nextval('inbox_seq'), 'person', m.id, p.id, 'open'
    from pair p join identity m on m.pair_id = p.id and m.side = 'marketo' and m.current
    where p.state = 'live' and p.table_name = ${table}
    on conflict (key) do update set state = 'open', lane = excluded.lane, seq = nextval('inbox_seq'), attempts = 0, due = now(), opened_at = now(),
      taken_by = null, outcome = null, ended_at = null
    where inbox.state = 'closed'`.execute(db);
  return Number(queued.numAffectedRows ?? 0);
}

/** Forgets what was agreed on for some fields of all pairs of a table, because they mean something else now. */
export async function dropBaselines(db: Db, table: Table, fields: readonly string[]): Promise<void> {
  await sql`
    update pair set baseline = baseline - ${fields}::text[]
    where table_name = ${table} and baseline ?| ${fields}::text[]`.execute(db);
}
