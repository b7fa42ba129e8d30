import { sql } from 'kysely';
import type { Db } from './database';

/** So many new entries change what the inbox looks like. */
const MANY = 2_000;

/**
 * Has PostgreSQL's planner look at the inbox after so much was queued. By itself it would after minutes, because it cleans up first; until
 * then it takes a pair to have hundreds of entries, and reads the whole inbox for every group of records that ends.
 */
export async function noteGrowth(db: Db, queued: number): Promise<void> {
  if (queued >= MANY) await sql`analyze inbox`.execute(db);
}
