import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { openDatabase, type Database } from '../../../src/store/database';
import { fencedForMs, lowerFence, raiseFence, renewFence } from '../../../src/store/fence';
import { enqueue, saveSnapshots } from '../../../src/store/inbox';
import { claim, type ClaimResult } from '../../../src/store/claims';
import { currentPerson, heldRecord, type RunRef, standing } from '../../../src/store/pairs';
import { settle } from '../../../src/store/settle';
import { recordKey } from '../../../src/temporal/names';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import {
  claimed,
  ending,
  idsOf,
  inboxRow,
  livePair,
  newMarketoId,
  newRowId,
  type Pair,
  pairRow,
  passFence,
  queue,
  reading,
  runOf,
} from './support';

let fresh: FreshDatabase;
let db: Database;
/** Another process: connections of its own. */
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

async function openRow(): Promise<{ key: string; id: string }> {
  const id = newRowId();
  const key = recordKey.row('contact', id);
  await enqueue(db, [{ key, kind: 'record', lane: 'live', entity: 'contact', id }]);
  return { key, id };
}

describe('a claim', () => {
  test('of a row nobody knows makes a pending pair with the row as its only half', async () => {
    const { key, id } = await openRow();
    const found = await claimed(db, key);
    expect(found).toMatchObject({ epoch: 1, lane: 'live', state: 'pending', table: 'contact', marketoId: null, microsoftId: id });
    expect(found).toMatchObject({ baseline: {}, control: null, isRead: false, entries: [] });
    expect(await idsOf(db, found.pairId)).toEqual([`contact/${id}`]);
  });

  test('of a person nobody knows makes a pending pair without a table', async () => {
    const id = newMarketoId();
    await enqueue(db, [{ key: recordKey.create(id), kind: 'create', lane: 'create', entity: 'person', id }]);
    const found = await claimed(db, recordKey.create(id));
    expect(found).toMatchObject({ lane: 'create', state: 'pending', table: null, marketoId: id, microsoftId: null });
    expect(await currentPerson(db, found.pairId)).toBe(id);
  });

  test('of a pair knows both ids, the baseline and what Marketo said', async () => {
    const pair = await livePair(db);
    const { marketoId, rowId, pairId } = pair;
    const said = { field: 'firstName', oldValue: 'Ada', newValue: 'Augusta' };
    await enqueue(db, [
      { key: pair.key, kind: 'record', lane: 'live', entity: 'person', id: marketoId, pairId, entries: [said] },
    ]);
    expect(await claimed(db, pair.key)).toMatchObject({
      pairId,
      state: 'live',
      table: 'lead',
      marketoId,
      microsoftId: rowId,
      baseline: { firstName: { marketo: 'Ada', dynamics: 'Ada' } },
      control: { state: 0 },
      entries: [said],
    });
  });

  test('supersedes the one before', async () => {
    const pair = await livePair(db);
    await queue(db, pair);
    const first = await claimed(db, pair.key);
    expect(await standing(db, first)).toBe('held');
    const second = await claimed(db, pair.key);
    expect(second.epoch).toBe(first.epoch + 1);
    expect(await standing(db, first)).toBe('superseded');
    expect(await standing(db, second)).toBe('held');
  });

  test('of many at once for a new row leaves one pair, and one of them holding it', async () => {
    // The first round opens the connections; from then on they really meet.
    for (let round = 0; round < 5; round += 1) {
      const { key, id } = await openRow();
      const claims = await Promise.all([db, other, db, other, db, other].map((database) => claimed(database, key)));
      expect(new Set(claims.map(({ pairId }) => pairId)).size).toBe(1);
      expect(claims.map(({ epoch }) => epoch).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await standingsOf(claims)).toEqual({ held: 1, superseded: 5 });
      expect(await db.selectFrom('identity').select('pair_id').where('id', '=', id).execute()).toHaveLength(1);
    }
    const { rows } = await sql`select 1 from pair where not exists (select 1 from identity where pair_id = pair.id)`.execute(db);
    expect(rows).toEqual([]);
  });

  test('of one pair under two keys at once is serialised', async () => {
    const pair = await livePair(db);
    await queue(db, pair);
    const key = recordKey.create(pair.marketoId);
    await enqueue(db, [{ key, kind: 'create', lane: 'create', entity: 'person', id: pair.marketoId }]);
    const claims = await Promise.all([claimed(db, pair.key), claimed(other, key)]);
    expect(claims.map(({ pairId }) => pairId)).toEqual([pair.pairId, pair.pairId]);
    expect(await standingsOf(claims)).toEqual({ held: 1, superseded: 1 });
  });

  test('finds nothing under an unknown key or one that has ended, and does not disturb who holds the pair', async () => {
    expect(await claim(db, 'record/none')).toEqual({ nothingOpen: true });
    const pair = await livePair(db);
    const { epoch } = (await pairRow(db, pair.pairId)) ?? {};
    expect(await claim(db, pair.key)).toEqual({ nothingOpen: true });
    expect(await pairRow(db, pair.pairId)).toMatchObject({ epoch });
    // Control: the same key, open.
    await queue(db, pair);
    expect(await claimed(db, pair.key)).toMatchObject({ epoch: Number(epoch) + 1 });
  });

  describe('that waits for a settlement', () => {
    /** Keeps a settlement from ending: it has the pair by then, and waits for the inbox row. */
    async function meanwhile(pair: Pair, run: RunRef): Promise<ClaimResult> {
      const settlement = { ...ending(run), baseline: { firstName: { marketo: 'New', dynamics: 'New' } } };
      const ends: Promise<unknown>[] = [];
      const result = await db.transaction().execute(async (tx) => {
        await sql`select 1 from inbox where key = ${pair.key} for update`.execute(tx);
        ends.push(settle(other, settlement));
        await sleep(150);
        const claiming = claim(other, pair.key);
        ends.push(claiming);
        await sleep(150);
        return [claiming];
      });
      await Promise.all(ends);
      const [claiming] = result;
      if (claiming === undefined) throw new Error('nothing was claimed');
      return claiming;
    }

    test('finds the record ended, and does not raise the epoch of whoever comes next', async () => {
      const pair = await livePair(db);
      const run = await reading(db, pair);
      expect(await meanwhile(pair, run)).toEqual({ nothingOpen: true });
      expect(await pairRow(db, pair.pairId)).toMatchObject({ epoch: run.epoch });
    });

    test('gets the baseline as it is then, and nothing that was read before', async () => {
      const pair = await livePair(db);
      const run = await reading(db, pair);
      await queue(db, pair);
      const seq = (await inboxRow(db, pair.key))?.seq ?? 0;
      await saveSnapshots(db, [{ key: pair.key, seq, snapshot: { marketo: null } }]);
      expect(await meanwhile(pair, run)).toMatchObject({
        claim: { epoch: run.epoch + 1, isRead: false, baseline: { firstName: { marketo: 'New', dynamics: 'New' } } },
      });
    });
  });

  test('offers what was read only while it covers everything that came in', async () => {
    const pair = await livePair(db);
    await queue(db, pair);
    const { seq } = await claimed(db, pair.key);
    const snapshot = { marketo: { entity: 'person', id: pair.marketoId, values: {} } } as const;
    await saveSnapshots(db, [{ key: pair.key, seq, snapshot }]);
    expect(await claimed(db, pair.key)).toMatchObject({ seq, isRead: true });
    await queue(db, pair);
    const later = await claimed(db, pair.key);
    expect(later.seq).toBeGreaterThan(seq);
    expect(later.isRead).toBe(false);
  });

  async function standingsOf(claims: readonly { pairId: number; epoch: number }[]) {
    const standings = await Promise.all(claims.map((one) => standing(db, one)));
    return Object.fromEntries(['held', 'superseded'].map((word) => [word, standings.filter((one) => one === word).length]));
  }
});

describe('a held record', () => {
  test('is what was claimed, with what was read', async () => {
    const pair = await livePair(db);
    await queue(db, pair);
    const found = await claimed(db, pair.key);
    const { isRead: _, ...claim } = found;
    const run = runOf(pair.key, found);
    expect(await heldRecord(db, run)).toBeUndefined();
    const snapshots = { marketo: null, dynamics: null };
    await saveSnapshots(db, [{ key: run.key, seq: run.seq, snapshot: snapshots }]);
    expect(await heldRecord(db, run)).toEqual({ ...claim, snapshots });
  });

  test('is lost with a newer claim, and with the settlement of the run', async () => {
    const pair = await livePair(db);
    const first = await reading(db, pair);
    expect(await heldRecord(db, first)).toBeDefined();
    const second = { ...first, epoch: (await claimed(db, pair.key)).epoch };
    expect(await heldRecord(db, first)).toBeUndefined();
    expect(await heldRecord(db, second)).toBeDefined();
    // Something comes in, so the record stays open, and a page reads it for the next run: this one must not decide on that.
    await queue(db, pair);
    await settle(db, ending(second));
    const seq = (await inboxRow(db, pair.key))?.seq ?? 0;
    await saveSnapshots(db, [{ key: pair.key, seq, snapshot: {} }]);
    expect(await heldRecord(db, second)).toBeUndefined();
    const third = runOf(pair.key, await claimed(db, pair.key));
    expect(await heldRecord(db, third)).toBeDefined();
  });

  test('does not show entries that came in after the claim', async () => {
    const pair = await livePair(db);
    const entry = { key: pair.key, kind: 'record', lane: 'live', entity: 'person', id: pair.marketoId } as const;
    const said = (newValue: string) => ({ field: 'firstName', oldValue: 'Ada', newValue });
    await enqueue(db, [{ ...entry, entries: [said('one'), said('two')] }]);
    const run = await reading(db, pair);
    await enqueue(db, [{ ...entry, entries: [said('three')] }]);
    expect((await heldRecord(db, run))?.entries).toEqual([said('one'), said('two')]);
    const next = await claimed(db, pair.key);
    expect(next.entries).toEqual([said('one'), said('two'), said('three')]);
  });
});

describe('the fence', () => {
  const pairs = async (count: number) => {
    const claims = [];
    for (let n = 0; n < count; n += 1) claims.push(await reading(db, await livePair(db)));
    return claims;
  };

  test('keeps everybody from claiming the pair while it stands, and says for how long', async () => {
    const [run] = await pairs(1);
    if (run === undefined) throw new Error('no pair');
    expect(await raiseFence(db, [run], 30)).toEqual(new Set([run.pairId]));
    const blocked = await claim(db, run.key);
    expect(blocked).toEqual({ fencedForMs: expect.any(Number) });
    expect(Number('fencedForMs' in blocked && blocked.fencedForMs)).toBeGreaterThan(25_000);
    expect(await fencedForMs(db, run.pairId)).toBeGreaterThan(25_000);
    expect(await standing(db, run)).toBe('held');
    await passFence(db, run.pairId);
    expect(await fencedForMs(db, run.pairId)).toBe(0);
    expect(await claim(db, run.key)).toMatchObject({ claim: { epoch: run.epoch + 1 } });
    expect((await pairRow(db, run.pairId))?.writing_until).toBeNull();
  });

  test('lets one of two flushes write, and no run that was superseded', async () => {
    const [mine, superseded, free] = await pairs(3);
    if (mine === undefined || superseded === undefined || free === undefined) throw new Error('no pairs');
    await claimed(db, superseded.key);
    const flushes = await Promise.all([
      raiseFence(db, [mine, superseded, free], 30),
      raiseFence(other, [free, superseded, mine], 30),
    ]);
    const allowed = flushes.flatMap((flush) => [...flush]);
    expect(allowed.toSorted((a, b) => a - b)).toEqual([mine.pairId, free.pairId].toSorted((a, b) => a - b));
    expect(await raiseFence(db, [mine, free], 30)).toEqual(new Set());
  });

  test('of a claim that waits for it and a flush, one goes first', async () => {
    const results = [];
    for (const run of await pairs(10)) {
      const [flush, claiming] = await Promise.all([raiseFence(db, [run], 30), claim(other, run.key)]);
      results.push([flush.has(run.pairId), 'claim' in claiming]);
    }
    // Never both: a run that claims while another writes. Never neither.
    expect(results.filter(([wrote, took]) => wrote === took)).toEqual([]);
  });

  test('comes down after an answer, for the run that raised it alone', async () => {
    const [run] = await pairs(1);
    if (run === undefined) throw new Error('no pair');
    await raiseFence(db, [run], 30);
    await lowerFence(db, [{ ...run, epoch: run.epoch - 1 }]);
    expect(await fencedForMs(db, run.pairId)).toBeGreaterThan(0);
    await lowerFence(db, [run]);
    expect(await fencedForMs(db, run.pairId)).toBe(0);
  });

  test('stays in the hands of the write under way when the pair is taken over meanwhile', async () => {
    const [run] = await pairs(1);
    if (run === undefined) throw new Error('no pair');
    await raiseFence(db, [run], 1);
    await sql`update pair set epoch = epoch + 1 where id = ${run.pairId}`.execute(db);
    expect(await standing(db, run)).toBe('superseded');
    await renewFence(db, [run], 30);
    expect(await fencedForMs(db, run.pairId)).toBeGreaterThan(25_000);
    expect(await claim(db, run.key)).toEqual({ fencedForMs: expect.any(Number) });
    await lowerFence(db, [run]);
    // The newer claim's own fence is out of the reach of the older write, however late its answer comes.
    const next = runOf(run.key, await claimed(db, run.key));
    expect(await raiseFence(db, [next], 30)).toEqual(new Set([run.pairId]));
    await lowerFence(db, [run]);
    expect(await fencedForMs(db, run.pairId)).toBeGreaterThan(25_000);
  });

  test('is renewed while it stands, and not raised again by a renewal that comes late', async () => {
    const [run] = await pairs(1);
    if (run === undefined) throw new Error('no pair');
    await raiseFence(db, [run], 1);
    await renewFence(db, [run], 30);
    expect(await fencedForMs(db, run.pairId)).toBeGreaterThan(25_000);
    await lowerFence(db, [run]);
    await renewFence(db, [run], 30);
    expect(await fencedForMs(db, run.pairId)).toBe(0);
  });
});
