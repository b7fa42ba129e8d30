/** Where the past of a record lies: in its own pair, and in those that lost their person to a merge. */
import { sql } from 'kysely';
import type { DecidedIn, KnownId } from '../core/story';
import type { Table } from '../core/types';
import { recordKey } from '../temporal/names';
import type { Db } from './database';

/** What a decision or a refusal says of its place. */
export interface Placed {
  readonly pairId: number;
  readonly key: string;
  readonly at: Date;
}

export interface Past {
  /** The record's own pair first. */
  readonly pairIds: readonly number[];
  /** Absent for what was decided between the two records that the pair has now. */
  decidedIn(placed: Placed): DecidedIn | undefined;
}

export async function pastOf(db: Db, pairId: number, ids: readonly KnownId[]): Promise<Past> {
  const people = ids.filter(({ side }) => side === 'marketo');
  const lost = await pairsLostBy(
    db,
    people.map(({ id }) => id),
  );
  const qualified = await qualifiedLead(db, ids);
  return {
    pairIds: [pairId, ...lost.keys()],
    decidedIn({ pairId: decided, key, at }) {
      const row = lost.get(decided);
      const former = people.find((one) => recordKey.pair(one.id) === key && (row !== undefined || !one.current));
      const person = former === undefined ? {} : { marketoId: former.id };
      if (row !== undefined || former !== undefined) return { until: 'merged', ...person, ...row };
      if (qualified === undefined || at >= qualified.at) return undefined;
      return { until: 'qualified', table: 'lead', microsoftId: qualified.leadId };
    },
  };
}

interface LostRow {
  readonly table: Table;
  readonly microsoftId: string;
}

/** Pairs whose person was merged into one of these people, by the review that was opened for their rows. */
export async function pairsLostBy(db: Db, people: readonly string[]): Promise<ReadonlyMap<number, LostRow>> {
  const { rows } = await sql<LostRow & { pairId: number }>`
    select pair_id as "pairId", detail->>'table' as "table", detail->>'microsoftId' as "microsoftId" from review
    where kind = 'mergedPeople' and (detail->>'winnerId' = any(${people}) or detail->>'loserId' = any(${people}))
    order by id`.execute(db);
  return new Map(rows.map(({ pairId: lost, ...row }) => [lost, row]));
}

/** The lead that the pair's contact came from, and when the contact took its person over: its own work ended with that. */
async function qualifiedLead(
  db: Db,
  ids: readonly KnownId[],
): Promise<{ readonly leadId: string; readonly at: Date } | undefined> {
  const contact = ids.find(({ entity, current }) => entity === 'contact' && current);
  const lead = ids.find(({ entity, current }) => entity === 'lead' && !current);
  if (contact === undefined || lead === undefined) return undefined;
  const work = await db
    .selectFrom('inbox')
    .select('ended_at')
    .where('key', '=', recordKey.row('contact', contact.id))
    .where('outcome', '=', 'linked')
    .executeTakeFirst();
  return work?.ended_at ? { leadId: lead.id, at: work.ended_at } : undefined;
}
