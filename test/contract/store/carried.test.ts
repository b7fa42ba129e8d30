/** Rows that are at hand without being read: as their feed carried them, or as the run held them that made their pair. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Database } from '../../../src/store/database';
import { openRows, saveSnapshots, takePage } from '../../../src/store/inbox';
import { heldRecord } from '../../../src/store/pairs';
import { settle } from '../../../src/store/settle';
import { recordKey } from '../../../src/temporal/names';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { claimed, ending, feed, livePair, newMarketoId, newRowId, queue, rowChange, runOf } from './support';

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
});
afterAll(async () => fresh.drop());

const carriedFor = async (key: string) => (await openRows(db, [key]))[0]?.row;
const newRow = () => ({ table: 'lead' as const, rowId: newRowId() });

describe('a row that its feed carried', () => {
  test('is at hand for the page that takes it, new or known', async () => {
    const row = newRow();
    const pair = await livePair(db);
    await feed(db, [rowChange(row), rowChange(pair, { firstname: 'Augusta' })]);
    expect(await carriedFor(recordKey.row('lead', row.rowId))).toMatchObject({ id: row.rowId, values: { firstname: 'Ada' } });
    expect(await carriedFor(pair.key)).toMatchObject({ id: pair.rowId, values: { firstname: 'Augusta' } });
    const { rows } = await takePage(db, 'run-carried', 100);
    expect(rows.find(({ key }) => key === pair.key)?.row).toMatchObject({ values: { firstname: 'Augusta' } });
  });

  test('is not, once something else has come in', async () => {
    const pair = await livePair(db);
    await feed(db, [rowChange(pair, { firstname: 'Augusta' })]);
    await queue(db, pair);
    expect(await carriedFor(pair.key)).toBeNull();
    // Nor does a newer row take the place of what a run may be holding: it is read.
    await feed(db, [rowChange(pair, { firstname: 'Eve' })]);
    expect(await carriedFor(pair.key)).toBeNull();
  });

  test('is no ground for a decision by itself: the person has not been read', async () => {
    const pair = await livePair(db);
    await feed(db, [rowChange(pair, { firstname: 'Augusta' })]);
    const run = runOf(pair.key, await claimed(db, pair.key));
    expect(await heldRecord(db, run)).toBeUndefined();
    await saveSnapshots(db, [{ key: run.key, seq: run.seq, snapshot: { marketo: null } }]);
    expect(await heldRecord(db, run)).toMatchObject({ pairId: pair.pairId });
  });
});

describe('what was read beside a row that its feed carried', () => {
  const beside = (pair: { readonly key: string }, seq: number) =>
    saveSnapshots(db, [{ key: pair.key, seq, snapshot: { marketo: null }, withCarriedRow: true }]);

  test('is kept together with the row, which is not sent again', async () => {
    const pair = await livePair(db);
    await feed(db, [rowChange(pair, { firstname: 'Augusta' })]);
    const run = runOf(pair.key, await claimed(db, pair.key));
    await beside(pair, run.seq);
    const held = await heldRecord(db, run);
    expect(held?.snapshots).toMatchObject({ marketo: null, dynamics: { values: { firstname: 'Augusta' } } });
    expect(held?.snapshots).not.toHaveProperty('part');
  });

  test('is not kept where no row stands: the record is read by itself', async () => {
    const pair = await livePair(db);
    await queue(db, pair);
    const run = runOf(pair.key, await claimed(db, pair.key));
    await beside(pair, run.seq);
    expect(await heldRecord(db, run)).toBeUndefined();
  });
});

describe('the row of a new pair', () => {
  async function created(meanwhile: (row: ReturnType<typeof newRow>) => Promise<unknown>) {
    const row = newRow();
    await feed(db, [rowChange(row)]);
    const key = recordKey.row('lead', row.rowId);
    const snapshot = (await carriedFor(key)) ?? undefined;
    const run = runOf(key, await claimed(db, key));
    await meanwhile(row);
    const marketoId = newMarketoId();
    const person = {
      marketoId,
      origin: 'personCreated' as const,
      lane: 'backfill' as const,
      ...(snapshot ? { row: snapshot } : {}),
    };
    await settle(db, { ...ending(run), outcome: 'created', state: 'live', resetBaseline: true, person });
    return carriedFor(recordKey.pair(marketoId));
  }

  test('is at hand for the next look at the pair', async () => {
    expect(await created(async () => undefined)).toMatchObject({ values: { firstname: 'Ada' } });
  });

  test('is not, when it changed while its person was made', async () => {
    expect(await created((row) => feed(db, [rowChange(row, { firstname: 'Eve' })]))).toBeNull();
  });
});
