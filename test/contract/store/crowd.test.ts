/** Mass updates: edits by the thousand go by the page, and keep nobody waiting who edits one record meanwhile. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { LANES } from '../../../src/core/types';
import { MOST_LIVE, relegateCrowd } from '../../../src/store/crowd';
import type { Database } from '../../../src/store/database';
import { takePage } from '../../../src/store/inbox';
import { recordKey } from '../../../src/temporal/names';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { feed, newRowId, rowChange } from './support';

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
});
afterAll(async () => fresh.drop());
beforeEach(async () => {
  await sql`delete from inbox`.execute(db);
});

const newRow = () => ({ table: 'lead' as const, rowId: newRowId() });
const edits = (count: number) =>
  feed(
    db,
    Array.from({ length: count }, () => rowChange(newRow())),
  );
const lanes = async () =>
  Object.fromEntries(
    (
      await sql<{ lane: number; count: number }>`
        select lane, count(*)::int as count from inbox where state = 'open' group by lane`.execute(db)
    ).rows.map(({ lane, count }) => [lane, count]),
  );

describe('edits that wait', () => {
  test('are a mass update when they are more than cycles get through one by one, whatever pages they came in', async () => {
    await edits(MOST_LIVE - 500);
    await edits(501);
    expect(await relegateCrowd(db)).toBe(MOST_LIVE + 1);
    expect(await lanes()).toEqual({ [LANES.backfill]: MOST_LIVE + 1 });
  });

  test('are taken one by one when they are not', async () => {
    await edits(MOST_LIVE);
    expect(await relegateCrowd(db)).toBe(0);
    expect(await lanes()).toEqual({ [LANES.live]: MOST_LIVE });
  });

  test('stay where they are while a run has them, or after a failure', async () => {
    await edits(3);
    const { rows } = await takePage(db, 'run-at-it', 2);
    await sql`update inbox set taken_by = null where key = ${rows[0]?.key}`.execute(db);
    await edits(MOST_LIVE);
    expect(await relegateCrowd(db)).toBe(MOST_LIVE + 1);
    expect(await lanes()).toEqual({ [LANES.live]: 2, [LANES.backfill]: MOST_LIVE + 1 });
  });
});

describe('an edit that comes while a mass update is under way', () => {
  test('waits for the page that is under way, and no more', async () => {
    await edits(MOST_LIVE + 2_000);
    await relegateCrowd(db);
    expect((await takePage(db, 'run-bulk', 500, 1_500)).rows).toHaveLength(1_500);
    const hot = newRow();
    await feed(db, [rowChange(hot)]);
    expect(await relegateCrowd(db)).toBe(0);
    const { rows } = await takePage(db, 'run-hot', 500, 1_500);
    expect(rows[0]?.key).toBe(recordKey.row('lead', hot.rowId));
    // And with it no more of the others than of a page of edits.
    expect(rows).toHaveLength(500);
  });

  test('makes one of its records urgent again', async () => {
    await edits(MOST_LIVE);
    const hot = newRow();
    await feed(db, [rowChange(hot)]);
    await relegateCrowd(db);
    await feed(db, [rowChange(hot, { firstname: 'Eve' })]);
    expect((await takePage(db, 'run-again', 1)).rows.map(({ key }) => key)).toEqual([recordKey.row('lead', hot.rowId)]);
  });
});
