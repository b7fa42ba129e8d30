/** When a pair that has just got its person is looked at once more, and when it need not be. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { feedsStand, holdFeeds } from '../../../src/store/cursors';
import { type Database, inTransaction } from '../../../src/store/database';
import { enqueue } from '../../../src/store/inbox';
import { settle } from '../../../src/store/settle';
import { recordKey } from '../../../src/temporal/names';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import {
  AGREED,
  claimed,
  ending,
  feed,
  inboxRow,
  livePair,
  newMarketoId,
  newRowId,
  personChange,
  rowChange,
  runOf,
} from './support';

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
});
afterAll(async () => fresh.drop());

const someEdit = () => feed(db, [personChange(newMarketoId())]);

interface Scene {
  readonly marketoId: string;
  readonly row: { readonly table: 'lead'; readonly rowId: string };
  readonly key: string;
}

/** A row's run makes a person and reads it back; `meanwhile` comes between that and the settlement. Answers the entry of the new pair. */
async function made(meanwhile: (scene: Scene) => Promise<unknown>, readBack = true) {
  const row = { table: 'lead' as const, rowId: newRowId() };
  await feed(db, [rowChange(row)]);
  const key = recordKey.row('lead', row.rowId);
  const run = runOf(key, await claimed(db, key));
  const marketoId = newMarketoId();
  const agreedAt = await feedsStand(db, 'marketo');
  await meanwhile({ marketoId, row, key });
  const person = { marketoId, origin: 'personCreated' as const, lane: 'backfill' as const, ...(readBack ? { agreedAt } : {}) };
  const settled = await settle(db, { ...ending(run), outcome: 'created', state: 'live', baseline: AGREED, person });
  expect(settled).toMatchObject({ superseded: false, outcome: 'created' });
  return { ofPair: await inboxRow(db, recordKey.pair(marketoId)), ofRow: await inboxRow(db, key) };
}

const OPEN = expect.objectContaining({ state: 'open' });
const CLOSED = expect.objectContaining({ state: 'closed', outcome: 'created' });

test('a pair whose person was read back needs no second look', async () => {
  await someEdit();
  expect(await made(async () => undefined)).toEqual({ ofPair: undefined, ofRow: CLOSED });
});

test('it does when its person was not read back', async () => {
  expect(await made(async () => undefined, false)).toEqual({ ofPair: OPEN, ofRow: CLOSED });
});

test('it does when a page of Marketo came in since: nobody knew yet whose the person was', async () => {
  expect(await made(({ marketoId }) => feed(db, [personChange(marketoId)]))).toEqual({ ofPair: OPEN, ofRow: CLOSED });
  expect(await made(someEdit)).toEqual({ ofPair: OPEN, ofRow: CLOSED });
});

test('it does when its row changed meanwhile, and not when somebody else’s did', async () => {
  expect(await made(({ row }) => feed(db, [rowChange(row, { firstname: 'Eve' })]))).toMatchObject({ ofPair: OPEN });
  expect(await made(() => feed(db, [rowChange({ table: 'lead', rowId: newRowId() })]))).toMatchObject({ ofPair: undefined });
});

test('it does when somebody has asked for a look at its person', async () => {
  const asked = ({ marketoId }: Scene) =>
    enqueue(db, [{ key: recordKey.pair(marketoId), kind: 'record', lane: 'retry', entity: 'person', id: marketoId }]);
  expect(await made(asked)).toMatchObject({ ofPair: OPEN });
});

test('a page that speaks of merged people, whose pairs it locks, waits before it locks any', async () => {
  const [winner, loser] = [await livePair(db), await livePair(db)];
  let page: Promise<unknown> = Promise.resolve();
  await inTransaction(db, async (tx) => {
    await holdFeeds(tx, 'marketo');
    page = feed(db, [{ ...personChange(winner.marketoId), kind: 'merged', mergedIds: [loser.marketoId] }]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await sql`set local lock_timeout = '100ms'`.execute(tx);
    await sql`select id from pair where id in (${winner.pairId}, ${loser.pairId}) for update`.execute(tx);
  });
  expect(await page).toMatchObject({ lost: false });
});

test('no page is committed while a settlement relies on none having come', async () => {
  const order: string[] = [];
  let page: Promise<unknown> = Promise.resolve();
  await inTransaction(db, async (tx) => {
    await holdFeeds(tx, 'marketo');
    page = someEdit().then(() => order.push('page'));
    await tx.selectFrom('cursor').select('feed').execute();
    await new Promise((resolve) => setTimeout(resolve, 200));
    order.push('settlement');
  });
  await page;
  expect(order).toEqual(['settlement', 'page']);
});
