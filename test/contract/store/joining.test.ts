import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Database, inTransaction, openDatabase } from '../../../src/store/database';
import { raiseFence } from '../../../src/store/fence';
import { enqueue } from '../../../src/store/inbox';
import { joinHalf, takenAmong } from '../../../src/store/joining';
import { standing } from '../../../src/store/pairs';
import { settle } from '../../../src/store/settle';
import { recordKey } from '../../../src/temporal/names';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import {
  AGREED,
  claimed,
  ending,
  idsOf,
  inboxRow,
  livePair,
  newMarketoId,
  newRowId,
  pairRow,
  queue,
  runOf,
  setInbox,
} from './support';

let fresh: FreshDatabase;
let db: Database;
let other: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
  other = openDatabase(fresh.url);
});
afterAll(async () => {
  await other.destroy();
  await fresh.drop();
});

/** A row without a person whose run has claimed it. */
async function lonelyRow() {
  const id = newRowId();
  const key = recordKey.row('lead', id);
  await enqueue(db, [{ key, kind: 'record', lane: 'live', entity: 'lead', id }]);
  return { id, key, run: runOf(key, await claimed(db, key)) };
}

/** A person without a row, whom a campaign asked for. */
async function lonelyPerson() {
  const id = newMarketoId();
  const key = recordKey.create(id);
  await enqueue(db, [{ key, kind: 'create', lane: 'create', entity: 'person', id }]);
  return { id, key, run: runOf(key, await claimed(db, key)) };
}

const created = { outcome: 'created', state: 'live', resetBaseline: true, baseline: AGREED } as const;
const person = (marketoId: string) => ({ person: { marketoId, origin: 'personCreated', lane: 'live' } }) as const;

describe('a row that got its person', () => {
  test('is one live pair, whose entry is the only open one', async () => {
    const { id, key, run } = await lonelyRow();
    const marketoId = newMarketoId();
    expect(await settle(db, { ...ending(run), ...created, ...person(marketoId) })).toMatchObject({
      outcome: 'created',
      closed: true,
    });
    expect(await pairRow(db, run.pairId)).toMatchObject({ state: 'live', table_name: 'lead', baseline: AGREED });
    expect(await idsOf(db, run.pairId)).toEqual([`lead/${id}`, `person/${marketoId}`]);
    expect(await inboxRow(db, key)).toMatchObject({ state: 'closed', outcome: 'created' });
    const queued = await inboxRow(db, recordKey.pair(marketoId));
    expect(queued).toMatchObject({ state: 'open', pair_id: run.pairId, lane: 3, id: marketoId });
    expect(queued?.seq).toBeGreaterThan(run.seq);
  });

  test('and was changed meanwhile, is looked at again as the pair', async () => {
    const { id, key, run } = await lonelyRow();
    await enqueue(db, [{ key, kind: 'record', lane: 'live', entity: 'lead', id }]);
    const marketoId = newMarketoId();
    await settle(db, { ...ending(run), ...created, ...person(marketoId) });
    expect(await inboxRow(db, key)).toMatchObject({ state: 'closed' });
    expect(await inboxRow(db, recordKey.pair(marketoId))).toMatchObject({ state: 'open' });
  });

  test('of whom entries are quarantined or wait is due at once', async () => {
    const { key, run } = await lonelyRow();
    const marketoId = newMarketoId();
    await enqueue(db, [{ key: recordKey.pair(marketoId), kind: 'record', lane: 'backfill', entity: 'person', id: marketoId }]);
    await setInbox(db, recordKey.pair(marketoId), { due: new Date(Date.now() + 600_000) });
    await db.updateTable('inbox').set({ state: 'quarantined' }).where('key', '=', key).execute();
    await settle(db, { ...ending(run), ...created, ...person(marketoId) });
    expect(await inboxRow(db, key)).toMatchObject({ state: 'closed' });
    const queued = await inboxRow(db, recordKey.pair(marketoId));
    expect(queued).toMatchObject({ state: 'open', lane: 3 });
    expect(queued?.due.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
  });
});

describe('a person whom another pair has', () => {
  test('is not joined: the pair stays pending without a baseline, and an operator is told', async () => {
    const theirs = await livePair(db);
    const { id, key, run } = await lonelyRow();
    const settled = await settle(db, { ...ending(run), ...created, ...person(theirs.marketoId) });
    expect(settled).toEqual({ superseded: false, outcome: 'review', closed: true });
    expect(await pairRow(db, run.pairId)).toMatchObject({ state: 'pending', baseline: {} });
    expect(await idsOf(db, run.pairId)).toEqual([`lead/${id}`]);
    expect(await idsOf(db, theirs.pairId)).toEqual([`lead/${theirs.rowId}`, `person/${theirs.marketoId}`]);
    expect(await inboxRow(db, key)).toMatchObject({ state: 'closed', outcome: 'review' });
    const reviews = await db.selectFrom('review').selectAll().where('pair_id', '=', run.pairId).execute();
    expect(reviews).toMatchObject([{ kind: 'personPairedElsewhere', detail: { marketoId: theirs.marketoId } }]);
  });

  test('does not cost a pair the half it has', async () => {
    const [mine, theirs] = [await livePair(db), await livePair(db)];
    const half = { side: 'marketo', entity: 'person', id: theirs.marketoId } as const;
    const joined = await inTransaction(db, (tx) =>
      joinHalf(tx, { pairId: mine.pairId, marketoId: theirs.marketoId, half, lane: 'live', outcome: 'linked' }),
    );
    expect(joined).toBe(false);
    expect(await idsOf(db, mine.pairId)).toEqual([`lead/${mine.rowId}`, `person/${mine.marketoId}`]);
  });

  test('goes to one of two rows that want the same one at once', async () => {
    for (let n = 0; n < 10; n += 1) {
      const [first, second] = [await lonelyRow(), await lonelyRow()];
      const marketoId = newMarketoId();
      const settled = await Promise.all([
        settle(db, { ...ending(first.run), ...created, ...person(marketoId) }),
        settle(other, { ...ending(second.run), ...created, ...person(marketoId) }),
      ]);
      const outcomes = settled.map((end) => (end.superseded ? 'superseded' : end.outcome));
      expect(outcomes.toSorted((a, b) => a.localeCompare(b))).toEqual(['created', 'review']);
    }
  });
});

describe('a pending pair of the other half alone', () => {
  test('gives way with its ids and its entries, and its run finds the claim void', async () => {
    const row = await lonelyRow();
    const asked = await lonelyPerson();
    const settled = await settle(db, { ...ending(row.run), ...created, outcome: 'linked', ...person(asked.id) });
    expect(settled).toMatchObject({ outcome: 'linked' });
    expect(await pairRow(db, asked.run.pairId)).toBeUndefined();
    expect(await standing(db, asked.run)).toBe('superseded');
    expect(await idsOf(db, row.run.pairId)).toEqual([`lead/${row.id}`, `person/${asked.id}`]);
    // The request is answered by its own run, from the live pair.
    expect(await inboxRow(db, asked.key)).toMatchObject({ state: 'open', pair_id: row.run.pairId });
  });

  test('keeps what it may be writing: nobody joins it until the fence is down', async () => {
    const row = await lonelyRow();
    const asked = await lonelyPerson();
    await raiseFence(db, [asked.run], 30);
    expect(await settle(db, { ...ending(row.run), ...created, ...person(asked.id) })).toMatchObject({ outcome: 'review' });
    expect(await standing(db, asked.run)).toBe('held');
  });

  test('keeps its former ids known', async () => {
    const asked = await lonelyPerson();
    const former = newRowId();
    await db
      .insertInto('identity')
      .values({ side: 'dynamics', entity: 'lead', id: former, pair_id: asked.run.pairId, current: false })
      .execute();
    const row = await lonelyRow();
    await settle(db, { ...ending(row.run), ...created, ...person(asked.id) });
    expect(await idsOf(db, row.run.pairId)).toEqual(expect.arrayContaining([`lead/${former} (former)`, `person/${asked.id}`]));
  });
});

describe('who is taken', () => {
  test('is everybody in another pair, but not the lonely half of a pending one, nor ourselves', async () => {
    const theirs = await livePair(db);
    const [row, asked] = [await lonelyRow(), await lonelyPerson()];
    const refs = [
      { entity: 'person', id: theirs.marketoId },
      { entity: 'lead', id: theirs.rowId },
      { entity: 'lead', id: row.id },
      { entity: 'person', id: asked.id },
      { entity: 'person', id: newMarketoId() },
    ] as const;
    const none = 0;
    expect(await takenAmong(db, refs, none)).toEqual(new Set([`person/${theirs.marketoId}`, `lead/${theirs.rowId}`]));
    expect(await takenAmong(db, refs, theirs.pairId)).toEqual(new Set());
    expect(await takenAmong(db, [], none)).toEqual(new Set());
  });

  test('is a former id of a living pair, too', async () => {
    const theirs = await livePair(db);
    await db.updateTable('identity').set({ current: false }).where('id', '=', theirs.rowId).execute();
    expect(await takenAmong(db, [{ entity: 'lead', id: theirs.rowId }], 0)).toEqual(new Set([`lead/${theirs.rowId}`]));
  });
});

test('two pairs never have one id, whatever is tried', async () => {
  const pair = await livePair(db);
  const row = await lonelyRow();
  const steal = db
    .insertInto('identity')
    .values({ side: 'marketo', entity: 'person', id: pair.marketoId, pair_id: row.run.pairId, current: true })
    .execute();
  await expect(steal).rejects.toMatchObject({ code: '23505' });
  const second = db
    .insertInto('identity')
    .values({ side: 'marketo', entity: 'person', id: newMarketoId(), pair_id: pair.pairId, current: true })
    .execute();
  await expect(second).rejects.toMatchObject({ code: '23505' });
  await queue(db, pair);
  expect(await claimed(db, pair.key)).toMatchObject({ marketoId: pair.marketoId });
});
