/** People that became one in Marketo: which pair the survivor keeps, and what becomes of the other's row. */
import { sql } from 'kysely';
import type { Table } from '../core/types';
import { recordKey } from '../temporal/names';
import type { Db } from './database';
import { CLEARED, creationEntry, enqueue, pairEntry } from './inbox';
import { openReview } from './settle';

interface PersonPair {
  readonly pairId: number;
  readonly state: string;
  readonly table: Table | null;
  readonly microsoftId: string | null;
}

/**
 * Locks the pairs of people that were merged, and says whether a write of one of them may be under way. Then its page has to be read again
 * later: what is being written was decided for one of two people, and a row that is being created would be nobody's.
 */
export async function anyFenced(tx: Db, marketoIds: readonly string[]): Promise<boolean> {
  if (marketoIds.length === 0) return false;
  const { rows } = await sql<{ fenced: boolean }>`
    select coalesce(p.writing_until > now(), false) as fenced from identity m join pair p on p.id = m.pair_id
    where m.side = 'marketo' and m.entity = 'person' and m.id = any(${marketoIds}) order by p.id for update of p`.execute(tx);
  return rows.some(({ fenced }) => fenced);
}

/**
 * Applies one merge: the survivor takes the best pair (contact before lead before none; its own when they are alike), and every id stays
 * known to that pair. A second row goes to review with its pair, which never makes a new person. Repeating it changes nothing.
 */
export async function mergePeople(tx: Db, winnerId: string, loserIds: readonly string[]): Promise<void> {
  for (const loserId of loserIds) {
    await redirectRequests(tx, loserId, winnerId);
    const lost = await pairOfPerson(tx, loserId);
    if (lost === undefined) continue;
    const kept = await pairOfPerson(tx, winnerId);
    const [best, other] = kept !== undefined && rank(kept) >= rank(lost) ? [kept, lost] : [lost, kept];
    await givePeople(tx, best.pairId, winnerId, loserId);
    if (other !== undefined) await retire(tx, other, best, { winnerId, loserId });
    // What the survivor holds now was never agreed on with this row, and a write under way was decided on the old person.
    await sql`update pair set baseline = '{}', epoch = epoch + 1 where id = ${best.pairId}`.execute(tx);
    await sql`
      update inbox set state = 'closed', outcome = 'linked', ended_at = now(), ${CLEARED}
      where key = ${recordKey.pair(loserId)} and state <> 'closed'`.execute(tx);
    await enqueue(tx, [pairEntry(best.pairId, winnerId, 'live')]);
  }
}

/** Contact 3, lead 2, a row that is gone 1, no row 0. */
function rank({ state, table, microsoftId }: PersonPair): number {
  if (microsoftId === null) return 0;
  if (state !== 'live') return 1;
  return table === 'contact' ? 3 : 2;
}

async function pairOfPerson(tx: Db, marketoId: string): Promise<PersonPair | undefined> {
  const { rows } = await sql<PersonPair>`
    select p.id as "pairId", p.state, p.table_name as "table",
      (select d.id from identity d where d.pair_id = p.id and d.side = 'dynamics' and d.current) as "microsoftId"
    from identity m join pair p on p.id = m.pair_id
    where m.side = 'marketo' and m.entity = 'person' and m.id = ${marketoId} and m.current
    for update of p`.execute(tx);
  return rows[0];
}

async function givePeople(tx: Db, pairId: number, winnerId: string, loserId: string): Promise<void> {
  const both = [winnerId, loserId];
  await sql`update identity set current = false where side = 'marketo' and id = any(${both})`.execute(tx);
  await sql`
    insert into identity (side, entity, id, pair_id, current)
    select 'marketo', 'person', id, ${pairId}, false from unnest(${both}::text[]) as id
    on conflict (side, entity, id) do update set pair_id = excluded.pair_id`.execute(tx);
  await sql`update identity set current = true where side = 'marketo' and entity = 'person' and id = ${winnerId}`.execute(tx);
}

/** The pair that lost its person. With a living row it waits for an operator; without one only its ids are kept. */
async function retire(
  tx: Db,
  other: PersonPair,
  best: PersonPair,
  people: { readonly winnerId: string; readonly loserId: string },
): Promise<void> {
  if (rank(other) > 1 && other.table !== null && other.microsoftId !== null) {
    await sql`update pair set state = 'review', epoch = epoch + 1 where id = ${other.pairId}`.execute(tx);
    const key = recordKey.row(other.table, other.microsoftId);
    const detail = { ...people, table: other.table, microsoftId: other.microsoftId, keptRow: best.microsoftId };
    await openReview(tx, { key, pairId: other.pairId }, { kind: 'mergedPeople', detail });
    await sql`
      update inbox set state = 'closed', outcome = 'review', ended_at = now(), ${CLEARED}
      where pair_id = ${other.pairId} and state <> 'closed'`.execute(tx);
    return;
  }
  await sql`update identity set pair_id = ${best.pairId}, current = false where pair_id = ${other.pairId}`.execute(tx);
  await sql`update inbox set pair_id = ${best.pairId} where pair_id = ${other.pairId}`.execute(tx);
  await sql`delete from pair where id = ${other.pairId}`.execute(tx);
}

/** What a campaign asked for the loser is asked for the survivor now. */
async function redirectRequests(tx: Db, loserId: string, winnerId: string): Promise<void> {
  const moved = await sql`
    update request set marketo_id = ${winnerId} where marketo_id = ${loserId} and ended_at is null`.execute(tx);
  if (Number(moved.numAffectedRows ?? 0) === 0) return;
  await enqueue(tx, [creationEntry(winnerId)]);
}
