import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Database, inTransaction, openDatabase } from '../../../src/store/database';
import {
  closeIfUnchanged,
  enqueue,
  type InboxEntry,
  letGo,
  MAX_ATTEMPTS,
  noteFailure,
  release,
  reopen,
  saveSnapshots,
  takeKeys,
  takePage,
} from '../../../src/store/inbox';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { inboxRow, livePair, queue, setInbox } from './support';

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
beforeEach(async () => {
  await db.deleteFrom('inbox').execute();
});

const entry = (key: string, extra: Partial<InboxEntry> = {}): InboxEntry => ({
  key,
  kind: 'record',
  lane: 'live',
  entity: 'person',
  id: key.slice(key.indexOf('/') + 1),
  ...extra,
});
const LATER = () => new Date(Date.now() + 60_000);
const keysOf = ({ rows }: Awaited<ReturnType<typeof takePage>>): readonly string[] => rows.map((row) => row.key);

describe('queueing', () => {
  test('opens a row that is due at once', async () => {
    await enqueue(db, [entry('record/1')]);
    const row = await inboxRow(db, 'record/1');
    expect(row).toMatchObject({ state: 'open', lane: 3, attempts: 0, id: '1', pair_id: null, entries: null });
    expect(row?.due.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
  });

  test('of nothing does nothing', async () => {
    await expect(enqueue(db, [])).resolves.toBeUndefined();
  });

  test('gives an open row a new number and keeps its place, its more urgent lane, who has it and when it is due', async () => {
    await enqueue(db, [entry('record/1', { lane: 'backfill' })]);
    await setInbox(db, 'record/1', { taken_by: 'run', due: LATER(), attempts: 3 });
    const before = await inboxRow(db, 'record/1');
    await enqueue(db, [entry('record/1', { lane: 'retry' })]);
    const after = await inboxRow(db, 'record/1');
    expect(after).toMatchObject({ lane: 2, taken_by: 'run', attempts: 0, due: before?.due, opened_at: before?.opened_at });
    expect(after?.seq).toBeGreaterThan(before?.seq ?? 0);
    await enqueue(db, [entry('record/1', { lane: 'backfill' })]);
    expect(await inboxRow(db, 'record/1')).toMatchObject({ lane: 2 });
  });

  test('makes an open row due at once only where that is asked for', async () => {
    await enqueue(db, [entry('record/1')]);
    await setInbox(db, 'record/1', { due: LATER() });
    await enqueue(db, [entry('record/1')], { dueNow: true });
    expect(keysOf(await takePage(db, 'run', 10))).toEqual(['record/1']);
  });

  test('opens a quarantined row again with its attempts reset, because a change is a reason to try', async () => {
    await enqueue(db, [entry('record/1', { lane: 'create' })]);
    await noteFailure(db, 'record/1', 'http500', 'words of the vendor');
    await setInbox(db, 'record/1', { attempts: MAX_ATTEMPTS });
    expect(await takePage(db, 'run-1', 10)).toEqual({ rows: [], quarantined: 1 });
    await enqueue(db, [entry('record/1')]);
    expect(await inboxRow(db, 'record/1')).toMatchObject({
      state: 'open',
      attempts: 0,
      lane: 3,
      failure_code: null,
      ended_at: null,
    });
    expect(keysOf(await takePage(db, 'run-2', 10))).toEqual(['record/1']);
  });

  test('keeps what Marketo said, in the order it came', async () => {
    const said = (newValue: string) => ({ field: 'firstName', oldValue: null, newValue });
    await enqueue(db, [entry('record/1', { entries: [said('a'), said('b')] })]);
    await enqueue(db, [entry('record/1')]);
    await enqueue(db, [entry('record/1', { entries: [said('c')] })]);
    expect((await inboxRow(db, 'record/1'))?.entries).toEqual([said('a'), said('b'), said('c')]);
  });

  test('of one record twice in one go is queueing it once, with all that was said', async () => {
    const said = (newValue: string) => ({ field: 'firstName', oldValue: null, newValue });
    await enqueue(db, [entry('record/1', { lane: 'retry', entries: [said('a')] }), entry('record/1', { entries: [said('b')] })]);
    expect(await inboxRow(db, 'record/1')).toMatchObject({ lane: 2, entries: [said('a'), said('b')] });
  });

  test('never lowers the number of a row, however many queue it at once', async () => {
    await enqueue(db, [entry('record/1')]);
    const seen: number[] = [];
    const watch = async (database: Database): Promise<void> => {
      for (let n = 0; n < 25; n += 1)
        await inTransaction(database, async (tx) => {
          await enqueue(tx, [entry('record/1')]);
          // Locked by this transaction: the numbers come in the order in which the row was changed.
          const row = await tx.selectFrom('inbox').select('seq').where('key', '=', 'record/1').executeTakeFirstOrThrow();
          seen.push(row.seq);
        });
    };
    await Promise.all([watch(db), watch(other), watch(db), watch(other)]);
    expect(seen).toHaveLength(100);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });
});

describe('a page', () => {
  test('is taken by lane, then age, up to its limit', async () => {
    await enqueue(db, [entry('record/old', { lane: 'backfill' })]);
    await enqueue(db, [entry('record/1')]);
    await enqueue(db, [entry('record/2')]);
    await enqueue(db, [entry('create/3', { lane: 'create', kind: 'create' })]);
    await enqueue(db, [entry('record/4', { lane: 'retry' })]);
    expect(keysOf(await takePage(db, 'run-1', 4))).toEqual(['create/3', 'record/4', 'record/1', 'record/2']);
    expect(keysOf(await takePage(db, 'run-2', 4))).toEqual(['record/old']);
  });

  test('knows the current ids of pairs, and the own id of records without one', async () => {
    await db.deleteFrom('inbox').execute();
    const pair = await livePair(db);
    await queue(db, pair);
    await enqueue(db, [
      entry('record/contact/new-row', { entity: 'contact', id: 'new-row' }),
      entry('create/77', { kind: 'create', id: '77' }),
    ]);
    const { rows } = await takePage(db, 'run', 10);
    const known = rows.map(({ key, marketoId, table, microsoftId }) => ({ key, marketoId, table, microsoftId }));
    expect(known).toContainEqual({ key: pair.key, marketoId: pair.marketoId, table: 'lead', microsoftId: pair.rowId });
    expect(known).toContainEqual({ key: 'record/contact/new-row', marketoId: null, table: 'contact', microsoftId: 'new-row' });
    expect(known).toContainEqual({ key: 'create/77', marketoId: '77', table: null, microsoftId: null });
  });

  test('asked for again by the same run is the same page', async () => {
    await enqueue(db, [entry('record/1'), entry('record/2')]);
    const first = await takePage(db, 'run', 1);
    expect(await takePage(db, 'run', 1)).toEqual(first);
    expect(await inboxRow(db, 'record/1')).toMatchObject({ attempts: 1 });
  });

  test('asked for by the same run twice at once is taken once', async () => {
    await enqueue(
      db,
      Array.from({ length: 40 }, (_, n) => entry(`record/${n}`)),
    );
    const pages = await Promise.all([db, other, db, other].map((database) => takePage(database, 'run', 10)));
    expect(new Set(pages.map((page) => keysOf(page).join())).size).toBe(1);
    expect(pages[0]?.rows).toHaveLength(10);
    expect(await takenCount()).toBe(10);
  });

  test('of two runs at once shares no row with the other', async () => {
    await enqueue(
      db,
      Array.from({ length: 60 }, (_, n) => entry(`record/${n}`)),
    );
    const pages = await Promise.all([takePage(db, 'run-1', 20), takePage(other, 'run-2', 20), takePage(other, 'run-3', 20)]);
    const keys = pages.flatMap(keysOf);
    expect(new Set(keys).size).toBe(keys.length);
    expect(await takenCount()).toBe(keys.length);
    // Whatever one run skipped because the other was looking at it is still there.
    expect(keys.length + keysOf(await takePage(db, 'run-4', 60)).length).toBe(60);
  });

  test('leaves out what is not due, ended or quarantined', async () => {
    await enqueue(db, [entry('record/later'), entry('record/ended'), entry('record/due')]);
    await setInbox(db, 'record/later', { due: LATER() });
    const ended = await inboxRow(db, 'record/ended');
    await closeIfUnchanged(db, { key: 'record/ended', seq: ended?.seq ?? 0 }, 'written');
    expect(keysOf(await takePage(db, 'run', 10))).toEqual(['record/due']);
  });

  test('leaves taken rows alone for ten minutes', async () => {
    await enqueue(db, [entry('record/1')]);
    await takePage(db, 'run-1', 10);
    expect(keysOf(await takePage(db, 'run-2', 10))).toEqual([]);
    const due = (await inboxRow(db, 'record/1'))?.due.getTime() ?? 0;
    expect(due - Date.now()).toBeGreaterThan(590_000);
    expect(due - Date.now()).toBeLessThan(610_000);
  });

  test('quarantines a record after eight failures, and not after eight refunded attempts', async () => {
    await enqueue(db, [entry('record/bad'), entry('record/blocked')]);
    for (let n = 1; n <= MAX_ATTEMPTS; n += 1) {
      expect(keysOf(await takePage(db, `run-${n}`, 10)).toSorted((a, b) => a.localeCompare(b))).toEqual([
        'record/bad',
        'record/blocked',
      ]);
      await release(db, ['record/blocked'], 0);
      await setInbox(db, 'record/bad', { due: new Date(0) });
    }
    const ninth = await takePage(db, 'run-9', 10);
    expect(keysOf(ninth)).toEqual(['record/blocked']);
    expect(ninth.quarantined).toBe(1);
    expect(await inboxRow(db, 'record/bad')).toMatchObject({ state: 'quarantined', attempts: MAX_ATTEMPTS, taken_by: null });
  });

  const takenCount = async (): Promise<number> =>
    (await db.selectFrom('inbox').select('key').where('taken_by', 'is not', null).execute()).length;
});

describe('records that are taken by their keys', () => {
  test('are left alone by cycles, and those of another run are told apart from those of which nothing is open', async () => {
    await enqueue(
      db,
      ['record/1', 'record/2', 'record/3', 'record/4'].map((key) => entry(key)),
    );
    await takePage(db, 'cycle', 1);
    await db.updateTable('inbox').set({ state: 'closed', ended_at: new Date() }).where('key', '=', 'record/2').execute();
    const keys = ['record/1', 'record/2', 'record/3', 'record/unknown'];
    expect(await takeKeys(db, 'people', keys)).toEqual({ mine: ['record/3'], others: ['record/1'] });
    expect(keysOf(await takePage(db, 'next', 100))).toEqual(['record/4']);
    // A retried activity, and another run.
    expect(await takeKeys(db, 'people', keys)).toEqual({ mine: ['record/3'], others: ['record/1'] });
    expect(await takeKeys(db, 'more people', keys)).toEqual({ mine: [], others: ['record/1', 'record/3'] });
  });

  test('are those that a cycle has taken, for whoever comes in its name', async () => {
    await enqueue(db, [entry('record/1')]);
    await takePage(db, 'cycle', 1);
    expect(await takeKeys(db, 'cycle', ['record/1'])).toEqual({ mine: ['record/1'], others: [] });
  });

  test('whose run has died are to be had after ten minutes, and the attempt is not counted', async () => {
    await enqueue(db, [entry('record/1')]);
    await takeKeys(db, 'dead', ['record/1']);
    await setInbox(db, 'record/1', { due: new Date(Date.now() - 1_000) });
    expect(await takeKeys(db, 'people', ['record/1'])).toEqual({ mine: ['record/1'], others: [] });
    const row = await inboxRow(db, 'record/1');
    expect(row?.attempts).toBe(0);
    expect(row?.due.getTime()).toBeGreaterThan(Date.now() + 9 * 60_000);
  });
});

describe('giving back', () => {
  test('refunds the attempt and is due again after the wait', async () => {
    await enqueue(db, [entry('record/1'), entry('record/2')]);
    await takePage(db, 'run', 10);
    await release(db, ['record/1', 'record/2', 'record/none'], 30_000);
    expect(await inboxRow(db, 'record/2')).toMatchObject({ attempts: 0, taken_by: null, state: 'open' });
    expect(keysOf(await takePage(db, 'run-2', 10))).toEqual([]);
    await release(db, ['record/1'], 0);
    expect(keysOf(await takePage(db, 'run-3', 10))).toEqual(['record/1']);
    expect(await inboxRow(db, 'record/1')).toMatchObject({ attempts: 1 });
  });

  test('never opens what has ended', async () => {
    await enqueue(db, [entry('record/1')]);
    const row = await inboxRow(db, 'record/1');
    await closeIfUnchanged(db, { key: 'record/1', seq: row?.seq ?? 0 }, 'written');
    await release(db, ['record/1'], 0);
    expect(await inboxRow(db, 'record/1')).toMatchObject({ state: 'closed', outcome: 'written' });
  });
});

describe('after a failed run', () => {
  const failed = async (): Promise<void> => {
    await enqueue(db, [entry('record/1')]);
    await takePage(db, 'run', 10);
    await noteFailure(db, 'record/1', '503', 'Dynamics is not available');
  };

  test('a record waits for its next try', async () => {
    await failed();
    await letGo(db, 'record/1');
    expect(await inboxRow(db, 'record/1')).toMatchObject({ attempts: 1, taken_by: null, failure_code: '503' });
    expect(keysOf(await takePage(db, 'run-2', 10))).toEqual([]);
  });

  test('or for the next change', async () => {
    await failed();
    await letGo(db, 'record/1');
    await enqueue(db, [entry('record/1')]);
    expect(keysOf(await takePage(db, 'run-2', 10))).toEqual(['record/1']);
  });

  test('a change that came in while it was tried is a reason to try again at once', async () => {
    await failed();
    await enqueue(db, [entry('record/1')]);
    expect(keysOf(await takePage(db, 'run-2', 10))).toEqual([]);
    await letGo(db, 'record/1');
    expect(keysOf(await takePage(db, 'run-3', 10))).toEqual(['record/1']);
  });
});

describe('opening again', () => {
  test('puts a record that ended back after the wait, and changes nothing about one that is open', async () => {
    await enqueue(db, [entry('record/1')]);
    const before = await inboxRow(db, 'record/1');
    await reopen(db, 'record/1', 0);
    expect(await inboxRow(db, 'record/1')).toEqual(before);
    await closeIfUnchanged(db, { key: 'record/1', seq: before?.seq ?? 0 }, 'rejected');
    await reopen(db, 'record/1', 60_000);
    const after = await inboxRow(db, 'record/1');
    expect(after).toMatchObject({ state: 'open', outcome: null, ended_at: null });
    expect(after?.seq).toBeGreaterThan(before?.seq ?? 0);
    expect(after?.due.getTime()).toBeGreaterThan(Date.now() + 50_000);
  });
});

describe('what was read', () => {
  test('is kept with the number it covers, and never replaced by something older', async () => {
    await enqueue(db, [entry('record/1')]);
    const old = (await inboxRow(db, 'record/1'))?.seq ?? 0;
    await enqueue(db, [entry('record/1')]);
    const seq = (await inboxRow(db, 'record/1'))?.seq ?? 0;
    await saveSnapshots(db, [{ key: 'record/1', seq, snapshot: { marketo: null } }]);
    await saveSnapshots(db, [{ key: 'record/1', seq: old, snapshot: { dynamics: null } }]);
    expect(await inboxRow(db, 'record/1')).toMatchObject({ snapshot: { marketo: null }, snapshot_seq: seq });
    await saveSnapshots(db, []);
  });

  test('is not left lying in a row that has ended', async () => {
    await enqueue(db, [entry('record/1')]);
    const seq = (await inboxRow(db, 'record/1'))?.seq ?? 0;
    await saveSnapshots(db, [{ key: 'record/1', seq, snapshot: { marketo: null } }]);
    await closeIfUnchanged(db, { key: 'record/1', seq }, 'written');
    expect(await inboxRow(db, 'record/1')).toMatchObject({ snapshot: null, snapshot_seq: null });
    await saveSnapshots(db, [{ key: 'record/1', seq, snapshot: { marketo: null } }]);
    expect(await inboxRow(db, 'record/1')).toMatchObject({ snapshot: null, snapshot_seq: null });
  });
});

describe('closing', () => {
  test('ends a row whose number is still the one that was read', async () => {
    await enqueue(db, [entry('record/1')]);
    await takePage(db, 'run', 10);
    await noteFailure(db, 'record/1', 'http500', 'words');
    const seq = (await inboxRow(db, 'record/1'))?.seq ?? 0;
    expect(await closeIfUnchanged(db, { key: 'record/1', seq }, 'written')).toBe(true);
    expect(await inboxRow(db, 'record/1')).toMatchObject({
      state: 'closed',
      outcome: 'written',
      taken_by: null,
      attempts: 0,
      failure_code: null,
      failure_message: null,
    });
  });

  test('leaves a row open when something came in: due at once, the attempt refunded', async () => {
    await enqueue(db, [entry('record/1')]);
    await takePage(db, 'run', 10);
    const seq = (await inboxRow(db, 'record/1'))?.seq ?? 0;
    await enqueue(db, [entry('record/1')]);
    expect(await closeIfUnchanged(db, { key: 'record/1', seq }, 'written')).toBe(false);
    expect(await inboxRow(db, 'record/1')).toMatchObject({ state: 'open', outcome: null, taken_by: null, attempts: 0 });
    expect(keysOf(await takePage(db, 'run-2', 10))).toEqual(['record/1']);
  });

  test('of a row that has ended before leaves its outcome', async () => {
    await enqueue(db, [entry('record/1')]);
    const seq = (await inboxRow(db, 'record/1'))?.seq ?? 0;
    await closeIfUnchanged(db, { key: 'record/1', seq }, 'created');
    expect(await closeIfUnchanged(db, { key: 'record/1', seq }, 'unchanged')).toBe(true);
    expect(await inboxRow(db, 'record/1')).toMatchObject({ outcome: 'created' });
  });
});
