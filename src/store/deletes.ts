/** Deletes need proof and a sense of proportion: a merge looks like one, and so does an outage. */
import { sql } from 'kysely';
import { type Database, type Db, inTransaction } from './database';

export interface DeleteBrake {
  /** Whether this delete may be acted upon. */
  readonly allowed: boolean;
  /** Deletes acted upon in the last 24 hours. */
  readonly recent: number;
  /** How many there may be without an operator: max(50, 1 % of all pairs). */
  readonly limit: number;
}

const LEAST_ALLOWED = 50;
const SHARE_ALLOWED = 0.01;
/** Any number: it keeps two runs from both taking the last place. */
const BRAKE_LOCK = 0x6d64_0001;

/**
 * Takes a place for one more delete today, unless there have been too many; while an operator has approved more, always. A place is taken
 * once for a pair, however often it is asked for, and stays taken if the delete does not come about after all.
 */
export async function takeDeletePlace(db: Database, pairId: number): Promise<DeleteBrake> {
  return inTransaction(db, async (tx) => {
    await sql`select pg_advisory_xact_lock(${BRAKE_LOCK})`.execute(tx);
    const { rows } = await sql<{ recent: number; pairs: number; taken: boolean; approved: boolean }>`
      select (select count(*) from pair where deleted_at > now() - interval '24 hours') as recent,
        (select count(*) from pair) as pairs,
        exists (select 1 from pair where id = ${pairId} and deleted_at > now() - interval '24 hours') as taken,
        coalesce((select (value #>> '{}')::timestamptz > now() from setting where name = 'deletesApprovedUntil'), false) as approved`.execute(
      tx,
    );
    const { recent, pairs, taken, approved } = rows[0] ?? { recent: 0, pairs: 0, taken: false, approved: false };
    const limit = Math.max(LEAST_ALLOWED, Math.floor(pairs * SHARE_ALLOWED));
    const allowed = taken || approved || recent < limit;
    if (allowed && !taken) await sql`update pair set deleted_at = now() where id = ${pairId}`.execute(tx);
    return { allowed, recent, limit };
  });
}

export interface MergeCheck {
  /**
   * How long a missing person still has to be waited for: its merge, if there was one, stands in another feed, which must have been read to
   * its end later than `graceSec` after the person was first missed. 0 when the delete is proven.
   */
  readonly waitMs: number;
  /** The row's version when the person was first missed. */
  readonly rowVersion?: string;
}

export async function checkMerge(db: Db, pairId: number, graceSec: number): Promise<MergeCheck> {
  const { rows } = await sql<{ waitMs: number | null; rowVersion: string | null }>`
    select extract(epoch from coalesce(p.gone_since, now()) + make_interval(secs => ${graceSec}) - c.caught_up_at)::float8 * 1000 as "waitMs",
      p.gone_version as "rowVersion"
    from pair p left join cursor c on c.side = 'marketo' and c.feed = 'activities'
    where p.id = ${pairId}`.execute(db);
  const { waitMs = null, rowVersion = null } = rows[0] ?? {};
  return {
    waitMs: waitMs === null ? graceSec * 1_000 : Math.max(0, waitMs),
    ...(rowVersion === null ? {} : { rowVersion }),
  };
}

/** Notes when a person was first missed, and which version its row had then. */
export async function noteGone(db: Db, pairId: number, rowVersion: string | undefined): Promise<void> {
  await sql`
    update pair set gone_since = now(), gone_version = ${rowVersion ?? null}
    where id = ${pairId} and gone_since is null`.execute(db);
}
