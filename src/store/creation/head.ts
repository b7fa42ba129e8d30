/** What is known of a person before anything is claimed: a request for someone who is in Dynamics disturbs nothing. */
import { sql } from 'kysely';
import { recordKey } from '../../temporal/names';
import type { Db } from '../database';
import type { OpenRequest } from '../requests';

export interface CreationHead {
  /** The inbox row's number, or 0 when there is no row. */
  readonly seq: number;
  /** The row of a live pair: then there is nothing to create. */
  readonly live?: { readonly microsoftId: string };
  /** True when an earlier outcome is not on the person's activity log yet. */
  readonly unlogged: boolean;
  /** Those without an outcome, oldest first. The oldest says how the row is created. */
  readonly requests: readonly OpenRequest[];
}

/** Looks at people, in the order of `marketoIds`, without claiming their pairs. */
export async function creationHeads(db: Db, marketoIds: readonly string[]): Promise<readonly CreationHead[]> {
  const asked = marketoIds.map((id) => ({ id, key: recordKey.create(id) }));
  const { rows } = await sql<{
    id: string;
    seq: number | null;
    microsoftId: string | null;
    unlogged: boolean;
    requests: readonly OpenRequest[];
  }>`
    select x.id, b.seq,
      exists (select 1 from request where marketo_id = x.id and ended_at is not null and logged_at is null) as unlogged,
      (select d.id from identity m
         join pair p on p.id = m.pair_id and p.state = 'live'
         join identity d on d.pair_id = p.id and d.side = 'dynamics' and d.current
       where m.side = 'marketo' and m.entity = 'person' and m.id = x.id and m.current) as "microsoftId",
      (select coalesce(jsonb_agg(
          jsonb_build_object('requestId', r.request_id, 'syncAs', r.sync_as, 'assignTo', r.assign_to)
          order by r.accepted_at, r.request_id), '[]')
       from request r where r.marketo_id = x.id and r.ended_at is null) as requests
    from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as x(id text, key text) left join inbox b on b.key = x.key`.execute(
    db,
  );
  const heads = new Map(
    rows.map(({ id, seq, microsoftId, unlogged, requests }): [string, CreationHead] => [
      id,
      { seq: seq ?? 0, unlogged, requests, ...(microsoftId === null ? {} : { live: { microsoftId } }) },
    ]),
  );
  return marketoIds.map((id) => heads.get(id) ?? NOTHING);
}

const NOTHING: CreationHead = { seq: 0, unlogged: false, requests: [] };

/** One of `creationHeads`. */
export const creationHead = async (db: Db, marketoId: string): Promise<CreationHead> =>
  (await creationHeads(db, [marketoId]))[0] ?? NOTHING;
