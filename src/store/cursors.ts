/** Where each feed stands. Moved only by compare-and-set, so of two readers of one page one wins. */
import { sql } from 'kysely';
import type { Cursor } from '../core/ports';
import type { SideName } from '../core/types';
import type { Db } from './database';

export interface StoredCursor {
  readonly cursor: Cursor;
  /** Compared when the next page is committed; never used twice, so that a cursor from long ago cannot come back. */
  readonly version: number;
}

/** Where a feed stands; `undefined` before its first page. */
export async function readCursor(db: Db, side: SideName, feed: string): Promise<StoredCursor | undefined> {
  return db
    .selectFrom('cursor')
    .select(['cursor', 'version'])
    .where('side', '=', side)
    .where('feed', '=', feed)
    .executeTakeFirst();
}

/** Moves a feed on from the version that was read (none: its first page ever). Answers false when somebody else has moved it. */
export async function moveCursor(
  tx: Db,
  args: { readonly side: SideName; readonly feed: string; readonly version: number | undefined; readonly cursor: Cursor },
): Promise<boolean> {
  const { side, feed, version } = args;
  const cursor = JSON.stringify(args.cursor);
  const moved =
    version === undefined
      ? await sql`
          insert into cursor (side, feed, cursor, version) values (${side}, ${feed}, ${cursor}, nextval('inbox_seq'))
          on conflict do nothing`.execute(tx)
      : await sql`
          update cursor set cursor = ${cursor}, version = nextval('inbox_seq')
          where side = ${side} and feed = ${feed} and version = ${version}`.execute(tx);
  return Number(moved.numAffectedRows ?? 0) > 0;
}

/**
 * Forgets the token of a feed, because the vendor has forgotten it. The newest stamp that was seen stays: from it a client whose vendor can
 * read by time goes on, where the other one reads everything anew.
 */
export async function expireCursor(db: Db, side: SideName, feed: string, stored: StoredCursor): Promise<void> {
  const { highWater } = stored.cursor;
  const cursor: Cursor = { token: '', ...(highWater === undefined ? {} : { highWater }) };
  await moveCursor(db, { side, feed, version: stored.version, cursor });
}
