/** What PostgreSQL reads for a group of records that ends, while an initial load has queued its rows and paired nobody yet. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { type Database, type Db, inTransaction } from '../../../src/store/database';
import { closeUnchanged } from '../../../src/store/inbox';
import { lockRecords } from '../../../src/store/settle';
import { noteGrowth } from '../../../src/store/statistics';
import { type FreshDatabase, freshDatabase } from '../../support/database';

const QUEUED = 20_000;

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
  await sql`
    insert into inbox (key, kind, lane, seq, entity, id, state, snapshot)
    select 'record/contact/' || n, 'record', 5, nextval('inbox_seq'), 'contact', n::text, 'open',
      jsonb_build_object('dynamics', jsonb_build_object('values', repeat('wide ', 100)))
    from generate_series(1, ${QUEUED}::int) as n`.execute(db);
});
afterAll(async () => fresh.drop());

/** Rows of the inbox that this connection has read one after the other, without an index: as far as it has not passed that on, so only differences count. */
async function rowsScanned(tx: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select coalesce(seq_tup_read, 0)::int as count from pg_stat_xact_user_tables where relname = 'inbox'`.execute(tx);
  return rows[0]?.count ?? 0;
}

const ended = Array.from({ length: 50 }, (_, index) => ({
  key: `record/contact/${index + 1}`,
  seq: 1,
  pairId: index + 1,
  outcome: 'unchanged',
}));

async function scannedByClosing(): Promise<number> {
  return inTransaction(db, async (tx) => {
    const before = await rowsScanned(tx);
    await lockRecords(tx, { keys: ended.map(({ key }) => key), pairIds: ended.map(({ pairId }) => pairId) });
    await closeUnchanged(tx, ended);
    return (await rowsScanned(tx)) - before;
  });
}

test('records are closed by their keys and pairs, however large the inbox has become', async () => {
  // The control: what a planner that knows nothing of the inbox does.
  expect(await scannedByClosing()).toBeGreaterThanOrEqual(QUEUED);
  await noteGrowth(db, 10);
  expect(await scannedByClosing()).toBeGreaterThanOrEqual(QUEUED);
  await noteGrowth(db, QUEUED);
  expect(await scannedByClosing()).toBe(0);
});
