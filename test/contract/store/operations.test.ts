import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { RetrySelector } from '../../../src/core/ports';
import { planDecisions } from '../../../src/store/decisions';
import { settleCreation } from '../../../src/store/creation';
import type { Database } from '../../../src/store/database';
import { enqueue, noteFailure, takePage } from '../../../src/store/inbox';
import { blockSide } from '../../../src/store/limits';
import { createOperations } from '../../../src/store/operations';
import { openRejections } from '../../../src/store/rejections';
import { createRequests } from '../../../src/store/requests';
import { settle } from '../../../src/store/settle';
import { claimSetting, readSetting, writeSetting } from '../../../src/store/settings';
import { recordKey } from '../../../src/temporal/names';
import { openRequests } from '../../support/creation';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import {
  claimed,
  ending,
  inboxRow,
  livePair,
  newMarketoId,
  newRowId,
  type Pair,
  queue,
  reading,
  runOf,
  setInbox,
} from './support';

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
});
afterAll(() => fresh.drop());
beforeEach(async () => {
  await sql`truncate pair, identity, inbox, decision, rejection, review, request, setting cascade`.execute(db);
  await sql`update limits set blocked_until = null`.execute(db);
});

const status = () => createOperations(db).status();
const retry = (selector: RetrySelector) => createOperations(db).retry(selector);
const progress = (keys: readonly string[]) => createOperations(db).progress(keys);

/** A pair whose last name Dynamics refused. */
async function refused(code = '0x80044331'): Promise<Pair> {
  const pair = await livePair(db);
  const rejection = {
    side: 'dynamics',
    table: 'lead',
    group: 'lastName',
    field: 'lastName',
    valueHash: 'h',
    refusalHash: 'r',
    code,
    message: 'too long',
  } as const;
  await settle(db, { ...ending(await reading(db, pair)), outcome: 'rejected', rejections: [rejection] });
  return pair;
}

describe('the status', () => {
  test('of an empty store says so', async () => {
    expect(await status()).toEqual({
      pairs: 0,
      waiting: { create: 0, retry: 0, live: 0, backfill: 0 },
      quarantined: 0,
      openRejections: 0,
      openReviews: 0,
      nearMisses: 0,
      openRequests: 0,
      sides: { marketo: {}, dynamics: {} },
      problems: [],
    });
  });

  test('counts what there is', async () => {
    await refused();
    const waiting = await livePair(db);
    await queue(db, waiting);
    const bad = await livePair(db);
    await queue(db, bad);
    await db.updateTable('inbox').set({ state: 'quarantined' }).where('key', '=', bad.key).execute();
    const reviewed = await livePair(db);
    const run = await reading(db, reviewed);
    const nearMiss = {
      field: 'title',
      group: 'title',
      rule: 'nearMiss',
      marketo: 'Dir',
      dynamics: 'Director',
      writes: [],
    } as const;
    await planDecisions(db, run, [{ decision: nearMiss, writes: [], result: 'noted' }]);
    await settle(db, { ...ending(run), reviews: [{ kind: 'ambiguousMatch', detail: {} }] });
    await createRequests(db).accept({ requestId: randomUUID(), marketoId: newMarketoId(), syncAs: 'contact', source: 'webhook' });
    await blockSide(db, 'marketo', 60_000, '607');
    await writeSetting(db, 'problems', ['Mend this']);
    await writeSetting(db, 'cycle', { startedAt: 's', endedAt: 'e', outcome: 'done', count: 1 });
    const found = await status();
    expect(found).toMatchObject({
      pairs: 4,
      waiting: { create: 1, retry: 0, live: 1, backfill: 0 },
      quarantined: 1,
      openRejections: 1,
      openReviews: 1,
      nearMisses: 1,
      openRequests: 1,
      sides: { marketo: { reason: '607', blockedUntil: expect.any(String) }, dynamics: {} },
      problems: ['Mend this'],
      lastCycle: { startedAt: 's', endedAt: 'e', outcome: 'done' },
    });
    expect(Date.parse(found.oldestWaitingAt ?? '')).toBeLessThanOrEqual(Date.now());
  });
});

describe('the initial load', () => {
  const left = async () => (await status()).bulk;
  const bulkRow = (id: string) =>
    ({ key: recordKey.row('lead', id), kind: 'record', lane: 'backfill', entity: 'lead', id }) as const;

  test('is told of while some of it is left: what is done, what is left, its pace and its end', async () => {
    expect(await left()).toBeUndefined();
    const rows = Array.from({ length: 4 }, () => bulkRow(randomUUID()));
    await enqueue(db, rows);
    expect(await left()).toEqual({ done: 0, left: 4, perMinute: 0 });
    const ended = rows.slice(1).map(({ key }) => key);
    await sql`update inbox set state = 'closed', outcome = 'created', ended_at = now() where key = any(${ended})`.execute(db);
    const found = await left();
    expect(found).toEqual({ done: 3, left: 1, perMinute: 3, expectedEndAt: expect.any(String) });
    // One left, at three a minute.
    expect(Math.round((Date.parse(found?.expectedEndAt ?? '') - Date.now()) / 1_000)).toBeCloseTo(20, -1);
    await sql`update inbox set state = 'closed', ended_at = now() where key = ${rows[0]?.key}`.execute(db);
    expect(await left()).toBeUndefined();
  });
});

describe('trying again', () => {
  test.each([
    ['Marketo id', (pair: Pair) => pair.marketoId],
    ['GUID in any case', (pair: Pair) => pair.rowId.toUpperCase()],
  ])('finds a record by its %s, lifts its holds and makes it due at once', async (_what, idOf) => {
    const pair = await refused();
    const [tried] = await retry({ id: idOf(pair) });
    expect(tried).toEqual({
      key: pair.key,
      marketoId: pair.marketoId,
      microsoftId: pair.rowId,
      state: 'waiting',
      rejections: [],
    });
    expect((await openRejections(db, [pair.pairId]))[0]).toEqual([]);
    expect(await inboxRow(db, pair.key)).toMatchObject({ state: 'open', lane: 2 });
  });

  test('makes a record that failed due at once, and forgets the failure', async () => {
    const pair = await livePair(db);
    await queue(db, pair);
    await takePage(db, 'run', 10);
    await noteFailure(db, pair.key, 'http500', 'words');
    expect(await retry({ id: pair.marketoId })).toMatchObject([{ key: pair.key }]);
    expect((await takePage(db, 'run-2', 10)).rows.map(({ key }) => key)).toEqual([pair.key]);
    expect(await inboxRow(db, pair.key)).toMatchObject({ failure_code: null, attempts: 1 });
  });

  test('finds a row without a person, by its GUID', async () => {
    const id = newRowId();
    const key = recordKey.row('contact', id);
    await enqueue(db, [{ key, kind: 'record', lane: 'live', entity: 'contact', id }]);
    await db.updateTable('inbox').set({ state: 'quarantined' }).execute();
    expect(await retry({ id })).toMatchObject([{ key, state: 'waiting' }]);
    // The same when its run has made a pending pair for it.
    await claimed(db, key);
    expect(await retry({ id })).toMatchObject([{ key, state: 'waiting' }]);
  });

  test('asks again for a creation that was refused', async () => {
    const marketoId = newMarketoId();
    const key = recordKey.create(marketoId);
    const requestId = randomUUID();
    await createRequests(db).accept({ requestId, marketoId, syncAs: 'contact', source: 'webhook' });
    const run = { ...runOf(key, await claimed(db, key)), marketoId, requestIds: [requestId] };
    await settleCreation(db, { ...run, outcome: { status: 'rejected', code: 'x' }, baseline: {}, rejections: [] });
    expect(await retry({ id: marketoId })).toContainEqual(expect.objectContaining({ key, state: 'waiting' }));
    expect(await openRequests(db, marketoId)).toMatchObject([{ requestId }]);
    expect(await createRequests(db).outcome(requestId)).toBeUndefined();
  });

  test('of all takes what failed, was rejected or is quarantined, or only what has one code', async () => {
    const rejected = await refused('code-a');
    const otherCode = await refused('code-b');
    const [failed, quarantined, fine] = [await livePair(db), await livePair(db), await livePair(db)];
    for (const pair of [failed, quarantined, fine]) await queue(db, pair);
    await noteFailure(db, failed.key, 'code-a', 'words');
    await db.updateTable('inbox').set({ state: 'quarantined' }).where('key', '=', quarantined.key).execute();
    const keysOf = async (selector: RetrySelector) =>
      (await retry(selector)).map(({ key }) => key).toSorted((a, b) => a.localeCompare(b));
    const sorted = (...pairs: readonly Pair[]) => pairs.map(({ key }) => key).toSorted((a, b) => a.localeCompare(b));
    expect(await keysOf({ all: true, code: 'code-a' })).toEqual(sorted(rejected, failed));
    expect(await keysOf({ all: true })).toEqual(sorted(otherCode, quarantined));
    expect(await keysOf({ all: true })).toEqual([]);
  });

  test('of nothing known is empty', async () => {
    expect(await retry({ id: '999999' })).toEqual([]);
    expect(await progress([])).toEqual([]);
  });
});

describe('progress', () => {
  test('tells how each record stands', async () => {
    const rejected = await refused();
    const [running, waiting, quarantined] = [await livePair(db), await livePair(db), await livePair(db)];
    for (const pair of [running, waiting, quarantined]) await queue(db, pair);
    await setInbox(db, running.key, { taken_by: 'run' });
    await db.updateTable('inbox').set({ state: 'quarantined' }).where('key', '=', quarantined.key).execute();
    await noteFailure(db, quarantined.key, 'http500', 'words of the vendor');
    const found = await progress([rejected.key, running.key, waiting.key, quarantined.key, 'record/none']);
    const byKey = new Map(found.map((one) => [one.key, one]));
    expect(found).toHaveLength(4);
    expect(byKey.get(rejected.key)).toMatchObject({
      state: 'done',
      outcome: 'rejected',
      marketoId: rejected.marketoId,
      microsoftId: rejected.rowId,
      rejections: [{ side: 'dynamics', field: 'lastName', code: '0x80044331', message: 'too long' }],
    });
    expect(byKey.get(running.key)).toMatchObject({ state: 'running', rejections: [] });
    expect(byKey.get(waiting.key)).toMatchObject({ state: 'waiting' });
    expect(byKey.get(quarantined.key)).toMatchObject({
      state: 'quarantined',
      failure: { code: 'http500', message: 'words of the vendor' },
    });
  });
});

describe('settings', () => {
  test('are written over, and claimed by the first one', async () => {
    expect(await readSetting(db, 'problems')).toBeUndefined();
    await writeSetting(db, 'problems', ['one']);
    await writeSetting(db, 'problems', ['two']);
    expect(await readSetting(db, 'problems')).toEqual({ value: ['two'], updatedAt: expect.any(Date) });
    const claims = await Promise.all(['a', 'b', 'c'].map((value) => claimSetting(db, 'matchSecret', value)));
    expect(new Set(claims).size).toBe(1);
    expect(await claimSetting(db, 'matchSecret', 'd')).toBe(claims[0]);
  });
});
