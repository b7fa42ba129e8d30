import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { overwrittenBy } from '../../../src/core/echo';
import type { Change } from '../../../src/core/ports';
import { expireCursor, moveCursor, readCursor } from '../../../src/store/cursors';
import { type Database, openDatabase } from '../../../src/store/database';
import { planDecisions } from '../../../src/store/decisions';
import { commitPage } from '../../../src/store/feeds';
import { enqueue, openRows } from '../../../src/store/inbox';
import { claim } from '../../../src/store/claims';
import { settle } from '../../../src/store/settle';
import { recordKey } from '../../../src/temporal/names';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import {
  AGREED,
  claimed,
  edit,
  ending,
  feed,
  inboxRow,
  livePair,
  newMarketoId,
  newRowId,
  type Pair,
  personChange,
  PLANS,
  queue,
  reading,
  rowChange,
  runOf,
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

const isOpen = async (key: string): Promise<boolean> => (await inboxRow(db, key))?.state === 'open';
const deleted = (pair: Pick<Pair, 'table' | 'rowId'>): Change => ({
  entity: pair.table,
  id: pair.rowId,
  kind: 'deleted',
  at: '2026-03-01T12:00:00.000Z',
});

describe('a change', () => {
  test('of a row that nobody knows is queued under the row, unless its filter says No', async () => {
    const row = { table: 'contact', rowId: newRowId() } as const;
    const kept = { table: 'contact', rowId: newRowId() } as const;
    const committed = await feed(db, [rowChange(row), rowChange(kept, {}, { filter: false })]);
    expect(committed).toEqual({ lost: false, queued: 1, echoes: 0 });
    expect(await inboxRow(db, recordKey.row('contact', row.rowId))).toMatchObject({ state: 'open', lane: 3, pair_id: null });
    expect(await inboxRow(db, recordKey.row('contact', kept.rowId))).toBeUndefined();
  });

  test('of the initial load goes to the backfill lane', async () => {
    const row = { table: 'contact', rowId: newRowId() } as const;
    await feed(db, [rowChange(row)], { fullRead: true });
    expect(await inboxRow(db, recordKey.row('contact', row.rowId))).toMatchObject({ lane: 5 });
  });

  test('of a person who exists only in Marketo, or of a row that came and went, is nobody\u2019s work', async () => {
    const id = newMarketoId();
    const gone = newRowId();
    expect(await feed(db, [personChange(id, edit('firstName', null, 'Ada'))])).toMatchObject({ queued: 0 });
    expect(await feed(db, [{ entity: 'lead', id: gone, kind: 'deleted', at: '2026-03-01T12:00:00.000Z' }])).toMatchObject({
      queued: 0,
    });
    expect(await inboxRow(db, recordKey.pair(id))).toBeUndefined();
    expect(await inboxRow(db, recordKey.row('lead', gone))).toBeUndefined();
  });

  test.each([
    ['was deleted', (row: Pick<Pair, 'table' | 'rowId'>): Change => deleted(row)],
    ['is to be left alone', (row: Pick<Pair, 'table' | 'rowId'>): Change => rowChange(row, {}, { filter: false })],
  ])('of a row that %s while it waited for its person has it read again', async (_what, change) => {
    const row = { table: 'lead', rowId: newRowId() } as const;
    const key = recordKey.row('lead', row.rowId);
    await feed(db, [rowChange(row)]);
    const carried = async () => (await openRows(db, [key]))[0]?.row;
    expect(await carried()).toMatchObject({ id: row.rowId });
    expect(await feed(db, [change(row)])).toMatchObject({ queued: 1 });
    expect(await carried()).toBeNull();
  });

  test('of either half is queued under the pair', async () => {
    const pair = await livePair(db);
    await feed(db, [rowChange(pair, { firstname: 'Augusta' })]);
    const first = await inboxRow(db, pair.key);
    expect(first).toMatchObject({ state: 'open', pair_id: pair.pairId });
    await feed(db, [personChange(pair.marketoId, edit('lastName', 'Byron', 'King'))]);
    expect((await inboxRow(db, pair.key))?.seq).toBeGreaterThan(first?.seq ?? 0);
    expect(await inboxRow(db, recordKey.row('lead', pair.rowId))).toMatchObject({ state: 'closed' });
  });

  test('of a former half is nobody\u2019s work, of the current one it is', async () => {
    const pair = await livePair(db);
    await db.updateTable('identity').set({ current: false }).where('id', '=', pair.rowId).execute();
    expect(await feed(db, [rowChange(pair, { firstname: 'Augusta' })])).toMatchObject({ queued: 0, echoes: 0 });
    await db.updateTable('identity').set({ current: true }).where('id', '=', pair.rowId).execute();
    expect(await feed(db, [rowChange(pair, { firstname: 'Augusta' })])).toMatchObject({ queued: 1 });
  });

  test('of a row whose person is gone is queued under the row, for a new person', async () => {
    const pair = await livePair(db);
    await settle(db, { ...ending(await reading(db, pair)), outcome: 'deleted', state: 'personDeleted' });
    expect(await feed(db, [rowChange(pair)])).toMatchObject({ queued: 1, echoes: 0 });
    expect(await isOpen(recordKey.row('lead', pair.rowId))).toBe(true);
    expect(await feed(db, [personChange(pair.marketoId, edit('firstName', 'Ada', 'B'))])).toMatchObject({ queued: 0 });
  });
});

describe('an echo', () => {
  test('is dropped, while a real change of the same page is not', async () => {
    const [echoing, changed] = [await livePair(db), await livePair(db)];
    expect(await feed(db, [rowChange(echoing), rowChange(changed, { lastname: 'King' })])).toEqual({
      lost: false,
      queued: 1,
      echoes: 1,
    });
    expect(await isOpen(echoing.key)).toBe(false);
    expect(await isOpen(changed.key)).toBe(true);
    expect(await feed(db, [personChange(echoing.marketoId, edit('firstName', 'X', 'Ada'))])).toMatchObject({ echoes: 1 });
  });

  test.each(['open', 'quarantined'] as const)('is kept while the record is %s: it may be a user\u2019s revert', async (state) => {
    const pair = await livePair(db);
    await queue(db, pair);
    await db.updateTable('inbox').set({ state }).where('key', '=', pair.key).execute();
    const before = await inboxRow(db, pair.key);
    expect(await feed(db, [rowChange(pair)])).toMatchObject({ queued: 1, echoes: 0 });
    expect((await inboxRow(db, pair.key))?.seq).toBeGreaterThan(before?.seq ?? 0);
  });

  test('is kept while a creation of the same pair is open', async () => {
    const pair = await livePair(db);
    const key = recordKey.create(pair.marketoId);
    await enqueue(db, [{ key, kind: 'create', lane: 'create', entity: 'person', id: pair.marketoId, pairId: pair.pairId }]);
    expect(await feed(db, [rowChange(pair)])).toMatchObject({ queued: 1, echoes: 0 });
  });

  test.each([
    ['rejected', 'dynamics', { marketo: 'Refused', dynamics: 'Ada' }],
    ['held', 'marketo', { marketo: 'Ada', dynamics: 'Refused' }],
  ] as const)('is none when it takes back a value that was %s by %s', async (result, side, values) => {
    const pair = await livePair(db);
    const run = await reading(db, pair);
    const decided = { field: 'firstName', group: 'firstName', rule: 'marketoChanged', ...values, writes: [] } as const;
    await planDecisions(db, run, [{ decision: decided, writes: [], result }]);
    const rejections = [
      { side, table: 'lead', group: 'firstName', field: 'firstName', code: 'c', message: 'm', valueHash: 'v', refusalHash: 'r' },
    ] as const;
    await settle(db, { ...ending(run), outcome: 'rejected', results: [{ field: 'firstName', result, writes: [] }], rejections });
    const [byPerson, byRow] = [personChange(pair.marketoId, edit('firstName', 'Refused', 'Ada')), rowChange(pair)];
    const [back, other] = side === 'dynamics' ? [byPerson, byRow] : [byRow, byPerson];
    // Controls: the side that takes nothing back, and another field of the one that does.
    expect(await feed(db, [other])).toMatchObject({ queued: 0, echoes: 1 });
    expect(await feed(db, [personChange(pair.marketoId, edit('lastName', 'X', 'Byron'))])).toMatchObject({ echoes: 1 });
    expect(await feed(db, [back])).toMatchObject({ queued: 1, echoes: 0 });
  });

  test('is none when a control column changed, a row was deleted or people were merged', async () => {
    const pair = await livePair(db);
    expect(await feed(db, [rowChange(pair, {}, { state: 1 })])).toMatchObject({ queued: 1 });
    const second = await livePair(db);
    expect(await feed(db, [deleted(second)])).toMatchObject({ queued: 1 });
    const third = await livePair(db);
    const merged = { ...personChange(third.marketoId), kind: 'merged', mergedIds: ['7'] } as const;
    // An edit after the merge, on the same page, that looks like an echo by itself.
    expect(await feed(db, [merged, personChange(third.marketoId, edit('firstName', 'X', 'Ada'))])).toMatchObject({ queued: 1 });
  });

  test('that arrives while the record is being settled is dropped only against the new baseline', async () => {
    for (let n = 0; n < 20; n += 1) {
      const pair = await livePair(db);
      const run = await reading(db, pair);
      // Our write made it Augusta; a user went back to Ada, and the feed brings that while we settle.
      const baseline = { firstName: { marketo: 'Augusta', dynamics: 'Augusta' } };
      await Promise.all([settle(db, { ...ending(run), outcome: 'written', baseline }), feed(other, [rowChange(pair)])]);
      expect(await isOpen(pair.key)).toBe(true);
    }
  });
});

describe('a user\u2019s edit that our own write replaced', () => {
  // The look before our write saw Ann; we wrote Ada. Between the two a user had made it Ann-Marie.
  const ours = { ...AGREED, firstName: { marketo: 'Ada', dynamics: 'Ada', guard: 'Ann' } };
  const users = edit('firstName', 'Ann', 'Ann-Marie');
  const replaced = edit('firstName', 'Ann-Marie', 'Ada');
  const found = async (pair: Pair) => {
    const { entries, baseline } = await claimed(db, pair.key);
    return overwrittenBy(PLANS.lead, baseline, { ...personChange(pair.marketoId), fields: entries });
  };

  test('is no echo, though the person holds what we wrote', async () => {
    const pair = await livePair(db, { baseline: ours });
    expect(await feed(db, [personChange(pair.marketoId, users), personChange(pair.marketoId, replaced)])).toMatchObject({
      queued: 1,
    });
    expect(await found(pair)).toEqual({ firstName: 'Ann-Marie' });
    // Control: our write found what the look had seen.
    const quiet = await livePair(db, { baseline: ours });
    expect(await feed(db, [personChange(quiet.marketoId, edit('firstName', 'Ann', 'Ada'))])).toMatchObject({ echoes: 1 });
  });

  test('is found when the feed brings it before our write is settled', async () => {
    const pair = await livePair(db);
    const run = await reading(db, pair);
    await feed(db, [personChange(pair.marketoId, users), personChange(pair.marketoId, replaced)]);
    await settle(db, { ...ending(run), outcome: 'written', baseline: ours });
    expect(await found(pair)).toEqual({ firstName: 'Ann-Marie' });
  });

  test('is found when something else has opened the record first', async () => {
    const pair = await livePair(db, { baseline: ours });
    await feed(db, [rowChange(pair, { lastname: 'King' })]);
    await feed(db, [personChange(pair.marketoId, users), personChange(pair.marketoId, replaced)]);
    expect(await found(pair)).toEqual({ firstName: 'Ann-Marie' });
  });

  test('is not made up from a user\u2019s own way there and back, page by page', async () => {
    const pair = await livePair(db, { baseline: ours });
    await feed(db, [personChange(pair.marketoId, edit('firstName', 'Ada', 'Augusta'))]);
    await feed(db, [personChange(pair.marketoId, edit('firstName', 'Augusta', 'Ada'))]);
    expect(await found(pair)).toEqual({});
  });

  test('is looked for in fields that both sides may write, and in no others', async () => {
    const pair = await livePair(db);
    const mixed = [edit('firstName', 'Ada', 'A'), edit('microsoftType', 'Lead', 'Contact'), edit('unmapped', null, 'secret')];
    await feed(db, [personChange(pair.marketoId, ...mixed)]);
    expect((await claimed(db, pair.key)).entries).toEqual([mixed[0]]);
  });
});

describe('entries read again', () => {
  test('are not work again, on the same page or on another', async () => {
    const pair = await livePair(db);
    const change = personChange(pair.marketoId, edit('firstName', 'Ada', 'Augusta'));
    expect(await feed(db, [change, change])).toMatchObject({ queued: 1 });
    await settle(db, ending(await reading(db, pair)));
    expect(await feed(db, [change])).toMatchObject({ queued: 0 });
    expect(await isOpen(pair.key)).toBe(false);
    // Control: the same words under another guid.
    expect(await feed(db, [personChange(pair.marketoId, edit('firstName', 'Ada', 'Augusta'))])).toMatchObject({ queued: 1 });
  });

  test('of a page that is lost to another reader stay unread', async () => {
    const pair = await livePair(db);
    const changes = [personChange(pair.marketoId, edit('firstName', 'Ada', 'Augusta'))];
    const page = { changes, cursor: { token: 'a' }, more: false, fullRead: false };
    const args = { side: 'marketo', feed: 'race', version: 7, page, plans: PLANS } as const;
    expect(await commitPage(db, args)).toEqual({ lost: true, queued: 0, echoes: 0 });
    expect(await isOpen(pair.key)).toBe(false);
    expect(await commitPage(db, { ...args, version: undefined })).toMatchObject({ lost: false, queued: 1 });
  });
});

describe('a page of several changes of one record', () => {
  test('queues it once, with all that was said', async () => {
    const pair = await livePair(db);
    const edits = [edit('firstName', 'Ada', 'A'), edit('firstName', 'A', 'B'), edit('lastName', 'Byron', 'C')];
    expect(
      await feed(
        db,
        edits.map((one) => personChange(pair.marketoId, one)),
      ),
    ).toMatchObject({ queued: 1 });
    expect((await claimed(db, pair.key)).entries).toEqual(edits);
  });

  test('believes the last one', async () => {
    const row = { table: 'lead', rowId: newRowId() } as const;
    expect(
      await feed(db, [rowChange(row), { entity: 'lead', id: row.rowId, kind: 'deleted', at: '2026-03-01T12:00:00.000Z' }]),
    ).toMatchObject({
      queued: 0,
    });
  });
});

describe('a cursor', () => {
  const moving = (database: Database, feedName: string, version: number | undefined, token: string) =>
    moveCursor(database, { side: 'marketo', feed: feedName, version, cursor: { token, highWater: '2026-03-01T12:00:00.000Z' } });

  test('is moved by one of many readers of the same page', async () => {
    const first = await Promise.all(['a', 'b', 'c', 'd'].map((token, n) => moving(n % 2 ? other : db, 'feed', undefined, token)));
    expect(first.filter(Boolean)).toHaveLength(1);
    const stored = await readCursor(db, 'marketo', 'feed');
    const second = await Promise.all(
      ['a', 'b', 'c', 'd'].map((token, n) => moving(n % 2 ? other : db, 'feed', stored?.version, token)),
    );
    expect(second.filter(Boolean)).toHaveLength(1);
    expect(await moving(db, 'feed', stored?.version, 'late')).toBe(false);
  });

  test('is of one side and feed', async () => {
    await moving(db, 'mine', undefined, 'mine');
    expect(await readCursor(db, 'dynamics', 'mine')).toBeUndefined();
    expect(await readCursor(db, 'marketo', 'other')).toBeUndefined();
    expect((await readCursor(db, 'marketo', 'mine'))?.cursor).toMatchObject({ token: 'mine' });
  });

  test('that expired keeps its high water, and the page that was being read is lost', async () => {
    await moving(db, 'expired', undefined, 'old');
    const stored = await readCursor(db, 'marketo', 'expired');
    if (stored === undefined) throw new Error('no cursor');
    await expireCursor(db, 'marketo', 'expired', stored);
    expect((await readCursor(db, 'marketo', 'expired'))?.cursor).toEqual({ token: '', highWater: '2026-03-01T12:00:00.000Z' });
    expect(await moving(db, 'expired', stored.version, 'stale')).toBe(false);
    await expireCursor(db, 'marketo', 'expired', stored);
    expect((await readCursor(db, 'marketo', 'expired'))?.cursor.token).toBe('');
  });
});

test('pages and runs on the same pairs, in any order, end without a deadlock and lose nothing', async () => {
  const pairs = [];
  for (let n = 0; n < 12; n += 1) pairs.push(await livePair(db));
  const pageOf = (database: Database, order: readonly Pair[]) =>
    feed(
      database,
      order.map((pair, n) => rowChange(pair, { firstname: `${n}-${order.length}` })),
    );
  const running = async (order: readonly Pair[]): Promise<void> => {
    for (const pair of order) {
      const result = await claim(other, pair.key);
      if ('claim' in result) await settle(other, ending(runOf(pair.key, result.claim)));
    }
  };
  const backwards = pairs.toReversed();
  await Promise.all([pageOf(db, pairs), pageOf(other, backwards), running(pairs), pageOf(db, backwards), running(backwards)]);
  const last = await feed(
    db,
    pairs.map((pair) => rowChange(pair, { firstname: 'last' })),
  );
  expect(last).toMatchObject({ queued: pairs.length });
});
