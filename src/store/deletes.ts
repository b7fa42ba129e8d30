/** Deletes need proof and a sense of proportion: a merge looks like one, and so does an outage. */
import { sql } from 'kysely';
import type { Db } from './database';

export interface DeleteBrake {
  /** Deletes acted upon in the last 24 hours. */
  readonly recent: number;
  /** How many are allowed: max(50, 1 % of all pairs). */
  readonly allowed: number;
  /** An operator has allowed more, until then. */
  readonly approvedUntil: Date | null;
}

const LEAST_ALLOWED = 50;
const SHARE_ALLOWED = 0.01;

/** Whether one more delete is too many for a day, unless an operator has looked at it. */
export async function deleteBrake(db: Db): Promise<DeleteBrake> {
  const { rows } = await sql<{ recent: number; pairs: number; approvedUntil: string | null }>`
    select (select count(*) from pair where deleted_at > now() - interval '24 hours') as recent,
      (select count(*) from pair) as pairs,
      (select value #>> '{}' from setting where name = 'deletesApprovedUntil') as "approvedUntil"`.execute(db);
  const { recent, pairs, approvedUntil } = rows[0] ?? { recent: 0, pairs: 0, approvedUntil: null };
  return {
    recent,
    allowed: Math.max(LEAST_ALLOWED, Math.floor(pairs * SHARE_ALLOWED)),
    approvedUntil: approvedUntil === null ? null : new Date(approvedUntil),
  };
}

/**
 * How long a missing person still has to be waited for, ms: its merge, if there was one, stands in another feed, which must have been
 * read to its end later than `graceSec` after the person was first missed. 0 when the delete is proven.
 */
export async function mergeCheckMs(db: Db, pairId: number, graceSec: number): Promise<number> {
  const { rows } = await sql<{ waitMs: number | null }>`
    select extract(epoch from coalesce(p.gone_since, now()) + make_interval(secs => ${graceSec}) - c.caught_up_at)::float8 * 1000 as "waitMs"
    from pair p left join cursor c on c.side = 'marketo' and c.feed = 'activities'
    where p.id = ${pairId}`.execute(db);
  const waitMs = rows[0]?.waitMs;
  return waitMs === null || waitMs === undefined ? graceSec * 1_000 : Math.max(0, waitMs);
}

/** Notes when a half was first missed. */
export async function noteGone(db: Db, pairId: number): Promise<void> {
  await sql`update pair set gone_since = now() where id = ${pairId} and gone_since is null`.execute(db);
}
