/** A mass update: so many edits at once that they must be somebody's import, and not people at work. */
import { sql } from 'kysely';
import { LANES } from '../core/types';
import type { Db } from './database';

/** As many edits as a cycle or two get through one by one. */
export const MOST_LIVE = 2_000;

/**
 * When more edits wait than cycles get through one by one, all that wait go by the page, like the initial load: they are done sooner, and what
 * people edit from now on does not stand in line behind them. Records that are under way, or have failed before, stay where they are.
 * Answers how many have been moved.
 */
export async function relegateCrowd(db: Db): Promise<number> {
  const { rows } = await sql<{ live: number }>`
    select count(*)::int as live from (
      select 1 from inbox where state = 'open' and lane = ${LANES.live} limit ${MOST_LIVE + 1}) as waiting`.execute(db);
  if ((rows[0]?.live ?? 0) <= MOST_LIVE) return 0;
  const moved = await sql`
    with crowd as (
      select key from inbox where state = 'open' and lane = ${LANES.live} and taken_by is null and attempts = 0
      order by key for update)
    update inbox set lane = ${LANES.backfill} from crowd where inbox.key = crowd.key`.execute(db);
  return Number(moved.numAffectedRows ?? 0);
}
