/** What is forgotten: history by age, and everything about a person on request. */
import { sql } from 'kysely';
import type { Erasure } from '../core/erasure';
import { recordKey } from '../temporal/names';
import { type Database, type Db, inTransaction } from './database';
import { pairsLostBy } from './decidedIn';

/** Feed entries are remembered for far longer than any overlap that is read again. */
const SEEN_DAYS = 3;
/** One pruning deletes no more than this of a kind: what is left is the next one's. */
const MOST_AT_ONCE = 50_000;

/** Forgets decisions, refusals, reviews and requests that ended more than `historyDays` ago, and what served only the running of it all. */
export async function prune(db: Db, { historyDays }: { readonly historyDays: number }): Promise<void> {
  const before = (days: number) => sql`now() - make_interval(days => ${days})`;
  const tables = [
    {
      table: 'decision',
      key: 'id',
      // An open review shows, and its resolution uses, what was decided last.
      old: sql`decided_at < ${before(historyDays)}
        and not exists (select 1 from review r where r.pair_id = decision.pair_id and r.closed_at is null)`,
    },
    { table: 'rejection', key: 'id', old: sql`closed_at < ${before(historyDays)}` },
    { table: 'review', key: 'id', old: sql`closed_at < ${before(historyDays)}` },
    { table: 'request', key: 'request_id', old: sql`ended_at < ${before(historyDays)} and logged_at is not null` },
    { table: 'seen_activity', key: 'guid', old: sql`at < ${before(SEEN_DAYS)}` },
    // Whoever held it has died; its name would never be wished for again.
    { table: 'lease', key: 'name', old: sql`until < ${before(1)}` },
  ] as const;
  for (const { table, key, old } of tables)
    await sql`
      delete from ${sql.table(table)} where ${sql.ref(key)} in (
        select ${sql.ref(key)} from ${sql.table(table)} where ${old} limit ${MOST_AT_ONCE})`.execute(db);
}

/**
 * Erases everything that is kept of a person, found by Marketo id or by the row's GUID: identities, baseline, decisions, refusals,
 * requests, what was read or planned. Both vendors keep what they have: a row that is still there comes back with its next change.
 */
export async function erasePerson(db: Database, anyId: string): Promise<Erasure> {
  const id = anyId.toLowerCase();
  return inTransaction(db, async (tx) => {
    const { rows } = await sql<{ id: number; fencedForMs: number }>`
      select p.id, greatest(extract(epoch from p.writing_until - now()), 0)::float8 * 1000 as "fencedForMs"
      from pair p join identity i on i.pair_id = p.id
      where (i.side, i.entity, i.id) in (('marketo', 'person', ${id}), ('dynamics', 'contact', ${id}), ('dynamics', 'lead', ${id}))
      order by p.id for update of p`.execute(tx);
    const fencedForMs = Math.max(0, ...rows.map((row) => row.fencedForMs));
    if (fencedForMs > 0) return { busyForMs: fencedForMs };
    const pairIds = [...new Set(rows.map((row) => row.id))];
    const { keys, marketoIds } = await knownAs(tx, pairIds, id);
    // A row that lost this person to a merge keeps its pair, lest it become a new person, but nothing that was decided or agreed on for it.
    const lost = [...(await pairsLostBy(tx, marketoIds)).keys()];
    for (const table of ['decision', 'rejection'] as const)
      await sql`delete from ${sql.table(table)} where pair_id = any(${lost})`.execute(tx);
    await sql`update pair set baseline = '{}' where id = any(${lost})`.execute(tx);
    const inbox = await sql`delete from inbox where pair_id = any(${pairIds}) or key = any(${keys})`.execute(tx);
    const requests = await sql`delete from request where marketo_id = any(${marketoIds})`.execute(tx);
    await sql`delete from pair where id = any(${pairIds})`.execute(tx);
    await sql`delete from lease where holder = any(${keys})`.execute(tx);
    await sql`delete from plan_line where key = any(${keys}) or marketo_id = any(${marketoIds})`.execute(tx);
    // A call that is still to be answered names everybody it spoke of; the ones that were are of no use any more.
    await sql`
      delete from flow_step_person p using flow_step_chunk c
      where p.chunk_id = c.id and c.ended_at is not null and p.marketo_id = any(${marketoIds})`.execute(tx);
    const removed = [inbox, requests].reduce((sum, result) => sum + Number(result.numAffectedRows ?? 0), pairIds.length);
    return { erased: removed > 0 };
  });
}

/** Every name the person's work may stand under, from all ids the pairs ever had and the one that was asked for. */
async function knownAs(tx: Db, pairIds: readonly number[], id: string) {
  const { rows } = await sql<{ entity: 'person' | 'contact' | 'lead'; id: string }>`
    select entity, id from identity where pair_id = any(${pairIds})`.execute(tx);
  const marketoIds = [id, ...rows.flatMap((row) => (row.entity === 'person' ? [row.id] : []))];
  const rowKeys = [{ entity: 'contact', id } as const, { entity: 'lead', id } as const, ...rows].flatMap((row) =>
    row.entity === 'person' ? [] : [recordKey.row(row.entity, row.id)],
  );
  return { marketoIds, keys: [...rowKeys, ...marketoIds.flatMap((one) => [recordKey.pair(one), recordKey.create(one)])] };
}
