import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreationOutcome, CreationRequest } from '../../../src/core/ports';
import {
  type CreationSettlement,
  creationHead,
  endWithoutWork,
  reserveRow,
  settleCreation,
  settledCreation,
} from '../../../src/store/creation';
import { type Database, openDatabase } from '../../../src/store/database';
import { enqueue, takePage } from '../../../src/store/inbox';
import { takenAmong } from '../../../src/store/joining';
import { createRequests, markRequestsLogged, markRequestsNotStarted } from '../../../src/store/requests';
import { settle } from '../../../src/store/settle';
import { recordKey } from '../../../src/temporal/names';
import { openRequests, takeUnlogged } from '../../support/creation';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import {
  AGREED,
  claimed,
  ending,
  feed,
  idsOf,
  inboxRow,
  livePair,
  newMarketoId,
  newRowId,
  pairRow,
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

const requestFor = (marketoId: string, extra: Partial<CreationRequest> = {}): CreationRequest => ({
  requestId: randomUUID(),
  marketoId,
  syncAs: 'contact',
  source: 'webhook',
  ...extra,
});

/** A request that was accepted and claimed, as `fetchRequest` does it. */
async function asked() {
  const marketoId = newMarketoId();
  const request = requestFor(marketoId);
  await createRequests(db).accept(request);
  const key = recordKey.create(marketoId);
  const run = { ...runOf(key, await claimed(db, key)), marketoId, requestIds: [request.requestId] };
  return { marketoId, key, request, run };
}

const idOf = (base: string) => (generation: number) => `${base}-${generation}`;
const ended = (
  run: Omit<CreationSettlement, 'outcome' | 'baseline' | 'rejections'>,
  outcome: CreationOutcome,
): CreationSettlement => ({
  ...run,
  outcome,
  baseline: {},
  rejections: [],
});
const outcomeOf = (requestId: string) => createRequests(db).outcome(requestId);

describe('a request', () => {
  test('stands in the store with its inbox row when it is accepted, and has no outcome yet', async () => {
    const marketoId = newMarketoId();
    const request = requestFor(marketoId, { syncAs: 'lead', assignTo: 'sam@example.com', campaignId: '12' });
    expect(await createRequests(db).accept(request)).toEqual({ repeated: false });
    expect(await openRequests(db, marketoId)).toEqual([
      { requestId: request.requestId, syncAs: 'lead', assignTo: 'sam@example.com' },
    ]);
    expect(await inboxRow(db, recordKey.create(marketoId))).toMatchObject({
      state: 'open',
      lane: 1,
      kind: 'create',
      id: marketoId,
    });
    expect(await outcomeOf(request.requestId)).toBeUndefined();
  });

  test('repeated changes nothing and tells the outcome, if there is one', async () => {
    const { request, run } = await asked();
    const before = await inboxRow(db, run.key);
    expect(await createRequests(db).accept({ ...request, syncAs: 'lead' })).toEqual({ repeated: true });
    expect(await inboxRow(db, run.key)).toEqual(before);
    const outcome: CreationOutcome = { status: 'rejected', code: 'personNotFound', reason: 'There is none' };
    await settleCreation(db, ended(run, outcome));
    expect(await createRequests(db).accept(request)).toEqual({ repeated: true, outcome });
    expect(await inboxRow(db, run.key)).toMatchObject({ state: 'closed', outcome: 'rejected' });
  });

  test('accepted many times at once is one request', async () => {
    const request = requestFor(newMarketoId());
    const accepted = await Promise.all([db, other, db, other].map((database) => createRequests(database).accept(request)));
    expect(accepted.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(await openRequests(db, request.marketoId)).toHaveLength(1);
  });

  test('of several for one person is served oldest first', async () => {
    const marketoId = newMarketoId();
    const requests = [requestFor(marketoId), requestFor(marketoId), requestFor(marketoId)];
    for (const request of requests) await createRequests(db).accept(request);
    expect((await openRequests(db, marketoId)).map(({ requestId }) => requestId)).toEqual(
      requests.map(({ requestId }) => requestId),
    );
  });
});

describe('looking at a person', () => {
  test('finds the row of a live pair without disturbing it', async () => {
    const pair = await livePair(db);
    const before = await pairRow(db, pair.pairId);
    const { requestId, syncAs, ...request } = requestFor(pair.marketoId);
    await createRequests(db).accept({ ...request, requestId, syncAs });
    const head = await creationHead(db, pair.marketoId);
    expect(head).toEqual({
      seq: expect.any(Number),
      live: { microsoftId: pair.rowId },
      unlogged: false,
      requests: [{ requestId, syncAs, assignTo: null }],
    });
    expect(await pairRow(db, pair.pairId)).toEqual(before);
  });

  test('finds no row when there is none, or it was deleted', async () => {
    expect(await creationHead(db, newMarketoId())).toEqual({ seq: 0, unlogged: false, requests: [] });
    const pair = await livePair(db);
    await settle(db, { ...ending(await reading(db, pair)), state: 'rowDeleted' });
    expect(await creationHead(db, pair.marketoId)).not.toHaveProperty('live');
  });

  test('ends requests that need no work, but not one that came in since', async () => {
    const pair = await livePair(db);
    const [first, second] = [requestFor(pair.marketoId), requestFor(pair.marketoId)];
    await createRequests(db).accept(first);
    const { seq } = await creationHead(db, pair.marketoId);
    await createRequests(db).accept(second);
    const outcome: CreationOutcome = { status: 'alreadySynced', microsoftId: pair.rowId };
    const ending = { marketoId: pair.marketoId, seq, requestIds: [first.requestId], outcome };
    await endWithoutWork(db, ending);
    expect(await outcomeOf(first.requestId)).toEqual(outcome);
    expect(await outcomeOf(second.requestId)).toBeUndefined();
    expect(await inboxRow(db, recordKey.create(pair.marketoId))).toMatchObject({ state: 'open' });
    const again = await creationHead(db, pair.marketoId);
    await endWithoutWork(db, { ...ending, seq: again.seq, requestIds: [second.requestId] });
    expect(await inboxRow(db, recordKey.create(pair.marketoId))).toMatchObject({ state: 'closed', outcome: 'alreadySynced' });
  });
});

describe('the row to be created', () => {
  test('has the same id each time it is asked for, and is reserved before anything is sent', async () => {
    const { run } = await asked();
    const wish = { table: 'contact', idOf: idOf(newRowId()) } as const;
    const id = await reserveRow(db, run, wish);
    expect(id).toMatch(/-0$/);
    expect(await reserveRow(db, run, wish)).toBe(id);
    // It comes back in a feed before the run is settled: nobody makes a second person for it.
    expect(await feed(db, [rowChange({ table: 'contact', rowId: String(id) })])).toMatchObject({ queued: 0 });
    expect(await takenAmong(db, [{ entity: 'contact', id: String(id) }], 0)).toEqual(new Set([`contact/${id}`]));
    // Control: a row that nobody has reserved.
    expect(await feed(db, [rowChange({ table: 'contact', rowId: newRowId() })])).toMatchObject({ queued: 1 });
    // The person itself has no row yet, and may be linked to another one.
    expect(await takenAmong(db, [{ entity: 'person', id: run.marketoId }], 0)).toEqual(new Set());
  });

  test('gets a new id after the last one was deleted, once, and the dead row is a former one from then on', async () => {
    const pair = await livePair(db, { table: 'contact' });
    await settle(db, { ...ending(await reading(db, pair)), outcome: 'deleted', state: 'rowDeleted' });
    await createRequests(db).accept(requestFor(pair.marketoId));
    const key = recordKey.create(pair.marketoId);
    const run = runOf(key, await claimed(db, key));
    const wish = { table: 'contact', idOf: idOf(newRowId()) } as const;
    const id = await reserveRow(db, run, wish);
    expect(id).toMatch(/-1$/);
    expect(await reserveRow(db, run, wish)).toBe(id);
    expect(await pairRow(db, pair.pairId)).toMatchObject({ state: 'pending', generation: 1, baseline: {}, control: null });
    expect(await idsOf(db, pair.pairId)).toEqual(
      expect.arrayContaining([`contact/${pair.rowId} (former)`, `contact/${id} (former)`, `person/${pair.marketoId}`]),
    );
  });

  test('is none for a run that was superseded, or for a person who has got a row meanwhile', async () => {
    const { run } = await asked();
    const wish = { table: 'contact', idOf: idOf(newRowId()) } as const;
    await claimed(db, run.key);
    expect(await reserveRow(db, run, wish)).toBeUndefined();
    const pair = await livePair(db);
    expect(await reserveRow(db, await reading(db, pair), wish)).toBeUndefined();
  });
});

describe('a creation that ends', () => {
  test('with a row makes the pair live, answers the requests and queues the pair once', async () => {
    const { marketoId, request, run } = await asked();
    const second = requestFor(marketoId);
    await createRequests(db).accept(second);
    const seq = (await inboxRow(db, run.key))?.seq ?? 0;
    const rowId = newRowId();
    const outcome: CreationOutcome = { status: 'created', microsoftId: rowId };
    const settled = await settleCreation(db, {
      ...ended({ ...run, seq, requestIds: [request.requestId, second.requestId] }, outcome),
      row: { table: 'contact', id: rowId, origin: 'rowCreated' },
      baseline: AGREED,
    });
    expect(settled).toEqual(outcome);
    expect(await pairRow(db, run.pairId)).toMatchObject({ state: 'live', table_name: 'contact', baseline: AGREED });
    expect(await idsOf(db, run.pairId)).toEqual([`contact/${rowId}`, `person/${marketoId}`]);
    expect(await outcomeOf(request.requestId)).toEqual(outcome);
    expect(await outcomeOf(second.requestId)).toEqual({ status: 'alreadySynced', microsoftId: rowId });
    expect(await inboxRow(db, run.key)).toMatchObject({ state: 'closed', outcome: 'created' });
    expect(await inboxRow(db, recordKey.pair(marketoId))).toMatchObject({ state: 'open', lane: 1, pair_id: run.pairId });
  });

  test('folds the entry of its row, when the feed had brought it first', async () => {
    const { run } = await asked();
    const rowId = newRowId();
    await feed(db, [rowChange({ table: 'contact', rowId })]);
    const rowKey = recordKey.row('contact', rowId);
    const rowRun = runOf(rowKey, await claimed(db, rowKey));
    await settleCreation(db, {
      ...ended(run, { status: 'linked', microsoftId: rowId }),
      row: { table: 'contact', id: rowId, origin: 'rowCreated' },
    });
    expect(await inboxRow(db, rowKey)).toMatchObject({ state: 'closed', outcome: 'linked', pair_id: run.pairId });
    expect(await settle(db, ending(rowRun))).toEqual({ superseded: true });
  });

  test('twice ends once, and says the same', async () => {
    const { run } = await asked();
    const rowId = newRowId();
    const settlement = {
      ...ended(run, { status: 'created', microsoftId: rowId }),
      row: { table: 'contact', id: rowId, origin: 'rowCreated' },
      baseline: AGREED,
    } as const;
    expect(await settledCreation(db, run)).toBeUndefined();
    await settleCreation(db, settlement);
    const before = await inboxRow(db, recordKey.pair(run.marketoId));
    expect(await settleCreation(db, { ...settlement, baseline: {} })).toEqual({ status: 'created', microsoftId: rowId });
    expect(await settledCreation(db, run)).toEqual({ status: 'created', microsoftId: rowId });
    expect(await inboxRow(db, recordKey.pair(run.marketoId))).toEqual(before);
    expect(await pairRow(db, run.pairId)).toMatchObject({ baseline: AGREED });
  });

  test('after a newer claim changes nothing', async () => {
    const { request, run } = await asked();
    await claimed(db, run.key);
    const rowId = newRowId();
    const settlement = {
      ...ended(run, { status: 'created', microsoftId: rowId }),
      row: { table: 'contact', id: rowId, origin: 'rowCreated' },
    } as const;
    expect(await settleCreation(db, settlement)).toBeUndefined();
    expect(await outcomeOf(request.requestId)).toBeUndefined();
    expect(await pairRow(db, run.pairId)).toMatchObject({ state: 'pending' });
  });

  test('with a row that another person has goes to review', async () => {
    const theirs = await livePair(db, { table: 'contact' });
    const { request, run } = await asked();
    const settlement = {
      ...ended(run, { status: 'linked', microsoftId: theirs.rowId }),
      row: { table: 'contact', id: theirs.rowId, origin: 'linkedByEmail' },
    } as const;
    expect(await settleCreation(db, settlement)).toMatchObject({ status: 'review', code: 'rowPairedElsewhere' });
    expect(await outcomeOf(request.requestId)).toMatchObject({ status: 'review' });
    expect(await pairRow(db, run.pairId)).toMatchObject({ state: 'pending' });
    expect(await idsOf(db, theirs.pairId)).toEqual([`contact/${theirs.rowId}`, `person/${theirs.marketoId}`]);
  });

  test('never takes the place of a row that the person has got meanwhile', async () => {
    const pair = await livePair(db, { table: 'contact' });
    const request = requestFor(pair.marketoId);
    await createRequests(db).accept(request);
    const key = recordKey.create(pair.marketoId);
    const run = { ...runOf(key, await claimed(db, key)), marketoId: pair.marketoId, requestIds: [request.requestId] };
    const rowId = newRowId();
    const settlement = {
      ...ended(run, { status: 'created', microsoftId: rowId }),
      row: { table: 'contact', id: rowId, origin: 'rowCreated' },
    } as const;
    expect(await settleCreation(db, settlement)).toBeUndefined();
    expect(await idsOf(db, pair.pairId)).toEqual([`contact/${pair.rowId}`, `person/${pair.marketoId}`]);
  });

  test('stays open for a request that it did not know of', async () => {
    const marketoId = newMarketoId();
    const [first, second] = [requestFor(marketoId), requestFor(marketoId)];
    await createRequests(db).accept(first);
    const requestIds = (await openRequests(db, marketoId)).map(({ requestId }) => requestId);
    // Accepted after the run has looked for requests and before it claims: its number covers it, its list does not.
    await createRequests(db).accept(second);
    const key = recordKey.create(marketoId);
    const run = { ...runOf(key, await claimed(db, key)), marketoId, requestIds };
    await settleCreation(db, ended(run, { status: 'rejected', code: 'personNotFound' }));
    expect(await outcomeOf(second.requestId)).toBeUndefined();
    expect(await inboxRow(db, key)).toMatchObject({ state: 'open' });
    expect((await takePage(db, 'next', 100)).rows.map((row) => row.key)).toContain(key);
  });

  test('at the moment a request comes in never leaves that one behind', async () => {
    for (let n = 0; n < 20; n += 1) {
      const { marketoId, run } = await asked();
      const late = requestFor(marketoId);
      await Promise.all([
        settleCreation(db, ended(run, { status: 'rejected', code: 'personNotFound' })),
        createRequests(other).accept(late),
      ]);
      expect(await openRequests(db, marketoId)).toMatchObject([{ requestId: late.requestId }]);
      expect(await inboxRow(db, run.key)).toMatchObject({ state: 'open' });
    }
  });
});

describe('telling the campaign on the person', () => {
  test('is due once for the request that was served, and remembers that it was begun', async () => {
    const { marketoId, request, run } = await asked();
    const second = requestFor(marketoId);
    await createRequests(db).accept(second);
    const requestIds = [request.requestId, second.requestId];
    await settleCreation(db, ended({ ...run, requestIds }, { status: 'rejected', code: 'x' }));
    expect(await creationHead(db, marketoId)).toMatchObject({ unlogged: true });
    expect(await takeUnlogged(db, marketoId)).toMatchObject([{ requestId: request.requestId, startedAt: null }]);
    expect(await takeUnlogged(db, marketoId)).toMatchObject([{ requestId: request.requestId, startedAt: expect.any(Date) }]);
    await markRequestsNotStarted(db, [request.requestId]);
    expect(await takeUnlogged(db, marketoId)).toMatchObject([{ requestId: request.requestId, startedAt: null }]);
    await markRequestsLogged(db, [request.requestId]);
    expect(await takeUnlogged(db, marketoId)).toEqual([]);
    expect(await creationHead(db, marketoId)).toMatchObject({ unlogged: false });
    await markRequestsLogged(db, []);
    await markRequestsNotStarted(db, []);
  });

  test('is not due when nothing was done', async () => {
    const { marketoId, request, run } = await asked();
    await endWithoutWork(db, { marketoId, seq: run.seq, requestIds: [request.requestId], outcome: { status: 'alreadySynced' } });
    expect(await takeUnlogged(db, marketoId)).toEqual([]);
  });
});

test('queueing nothing for nobody leaves the inbox as it is', async () => {
  const before = await db.selectFrom('inbox').select('key').execute();
  await enqueue(db, []);
  expect(await db.selectFrom('inbox').select('key').execute()).toHaveLength(before.length);
});
