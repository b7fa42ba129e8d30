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

/** Where all feeds of a side stand, in a word that is another one as soon as a page of any of them has been committed. */
export async function feedsStand(db: Db, side: SideName): Promise<string> {
  const rows = await db.selectFrom('cursor').select(['feed', 'version']).where('side', '=', side).orderBy('feed').execute();
  return rows.map(({ feed, version }) => `${feed} ${version}`).join(', ');
}

/** To be said before anything else is locked, by whoever is going to move a feed on: waits for those who hold them. */
export async function enterFeeds(tx: Db): Promise<void> {
  await sql`lock table cursor in row exclusive mode`.execute(tx);
}

/**
 * `feedsStand`, after every page that is being committed and before any other, until the transaction ends. To be asked before anything else is
 * locked.
 */
export async function holdFeeds(tx: Db, side: SideName): Promise<string> {
  // The table, not its rows: a feed's first page ever has none yet.
  await sql`lock table cursor in share mode`.execute(tx);
  return feedsStand(tx, side);
}

/** Moves a feed on from the version that was read (none: its first page ever). Answers false when somebody else has moved it. */
export async function moveCursor(
  tx: Db,
  args: {
    readonly side: SideName;
    readonly feed: string;
    readonly version: number | undefined;
    readonly cursor: Cursor;
    /** True when the feed has been read to its end: what it would have said by now has been heard. */
    readonly caughtUp?: boolean;
  },
): Promise<boolean> {
  const { side, feed, version } = args;
  const cursor = JSON.stringify(args.cursor);
  const caughtUp = args.caughtUp ?? false;
  const moved =
    version === undefined
      ? await sql`
          insert into cursor (side, feed, cursor, version, caught_up_at)
          values (${side}, ${feed}, ${cursor}, nextval('inbox_seq'), case when ${caughtUp} then now() end)
          on conflict do nothing`.execute(tx)
      : await sql`
          update cursor set cursor = ${cursor}, version = nextval('inbox_seq'),
            caught_up_at = case when ${caughtUp} then now() else caught_up_at end
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
