import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Decision, FieldBaseline } from '../../../src/core/types';
import { type Database, openDatabase } from '../../../src/store/database';
import { closeDecisions, type LedgerEntry, planDecisions } from '../../../src/store/decisions';
import { fencedForMs, raiseFence } from '../../../src/store/fence';
import { enqueue, saveSnapshots, takePage } from '../../../src/store/inbox';
import { claim } from '../../../src/store/claims';
import { liftRejections, type NewRejection, openRejections } from '../../../src/store/rejections';
import type { DecidedWrite } from '../../../src/store/schema';
import { settle, settledRun, supersede } from '../../../src/store/settle';
import { recordKey } from '../../../src/temporal/names';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { AGREED, claimed, ending, inboxRow, livePair, pairRow, queue, reading, runOf } from './support';

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

const NEW: FieldBaseline = { marketo: 'Augusta', dynamics: 'Augusta' };
const refusal: NewRejection = {
  side: 'dynamics',
  table: 'lead',
  group: 'lastName',
  field: 'lastName',
  valueHash: 'hash',
  refusalHash: 'r',
  code: '0x80044331',
  message: 'too long',
};

describe('a settlement', () => {
  test('moves baselines, control and state, keeps the other baselines, and ends the record', async () => {
    const pair = await livePair(db);
    const run = await reading(db, pair);
    const control = { state: 1, filter: true, masterId: null, originatingLeadId: null };
    const settled = await settle(db, {
      ...ending(run),
      outcome: 'written',
      baseline: { firstName: NEW },
      control,
      state: 'rowDeleted',
    });
    expect(settled).toEqual({ superseded: false, outcome: 'written', closed: true });
    expect(await pairRow(db, pair.pairId)).toMatchObject({
      state: 'rowDeleted',
      control,
      baseline: { ...AGREED, firstName: NEW },
    });
    expect(await inboxRow(db, pair.key)).toMatchObject({ state: 'closed', outcome: 'written' });
  });

  test('without control and state leaves them, and can forget the old baseline', async () => {
    const pair = await livePair(db);
    const run = await reading(db, pair);
    await settle(db, { ...ending(run), baseline: { firstName: NEW }, resetBaseline: true });
    expect(await pairRow(db, pair.pairId)).toMatchObject({ state: 'live', control: { state: 0 }, baseline: { firstName: NEW } });
  });

  test('after a newer claim changes nothing, and the record stays open for the newer run', async () => {
    const pair = await livePair(db);
    const first = await reading(db, pair);
    const second = runOf(pair.key, await claimed(db, pair.key));
    const before = [await pairRow(db, pair.pairId), await inboxRow(db, pair.key)];
    expect(await settle(db, { ...ending(first), baseline: { firstName: NEW }, rejections: [refusal] })).toEqual({
      superseded: true,
    });
    expect([await pairRow(db, pair.pairId), await inboxRow(db, pair.key)]).toEqual(before);
    expect((await openRejections(db, [pair.pairId]))[0]).toEqual([]);
    expect(await settle(db, ending(second))).toMatchObject({ superseded: false, closed: true });
  });

  test('when something came in meanwhile is whole, and the record is due again at once', async () => {
    const pair = await livePair(db);
    await queue(db, pair);
    await takePage(db, 'run-1', 100);
    const run = await reading(db, pair);
    await queue(db, pair);
    const settled = await settle(db, { ...ending(run), outcome: 'written', baseline: { firstName: NEW } });
    expect(settled).toEqual({ superseded: false, outcome: 'written', closed: false });
    expect(await pairRow(db, pair.pairId)).toMatchObject({ baseline: { firstName: NEW } });
    expect(await inboxRow(db, pair.key)).toMatchObject({ state: 'open', attempts: 0, taken_by: null });
    expect((await takePage(db, 'run-2', 100)).rows.map(({ key }) => key)).toContain(pair.key);
  });

  test('of a change that comes in at the same moment either covers it or leaves the record open', async () => {
    for (let n = 0; n < 30; n += 1) {
      const pair = await livePair(db);
      const run = await reading(db, pair);
      const [settled] = await Promise.all([settle(db, ending(run)), queue(other, pair)]);
      if (settled.superseded) throw new Error('nobody else claimed it');
      // Queued before: not closed by this run. Queued after: opened again. Never closed over the change.
      expect(await inboxRow(db, pair.key)).toMatchObject({ state: 'open' });
    }
  });

  test('twice is a settlement once, whatever happened in between', async () => {
    const pair = await livePair(db);
    const run = await reading(db, pair);
    const settlement = { ...ending(run), outcome: 'rejected', baseline: { firstName: NEW }, rejections: [refusal] } as const;
    const first = await settle(db, settlement);
    await liftRejections(db, [pair.pairId]);
    const before = await pairRow(db, pair.pairId);
    expect(await settle(db, { ...settlement, outcome: 'written', baseline: {} })).toEqual(first);
    expect(await pairRow(db, pair.pairId)).toEqual(before);
    // An operator's wish to try again is not undone by a repetition.
    expect((await openRejections(db, [pair.pairId]))[0]).toEqual([]);
    await queue(db, pair);
    expect(await settle(db, settlement)).toEqual({ ...first, closed: false });
    expect(await inboxRow(db, pair.key)).toMatchObject({ state: 'open' });
  });

  test('by many at once is a settlement once', async () => {
    const pair = await livePair(db);
    const run = await reading(db, pair);
    const settlement = { ...ending(run), outcome: 'rejected', rejections: [refusal] } as const;
    const ends = await Promise.all([db, other, db, other].map((database) => settle(database, settlement)));
    expect(new Set(ends.map((end) => JSON.stringify(end))).size).toBe(1);
    expect((await openRejections(db, [pair.pairId]))[0]).toHaveLength(1);
  });

  test('can be told again by a run that was killed before it said so, until a newer claim', async () => {
    const pair = await livePair(db);
    const run = await reading(db, pair);
    expect(await settledRun(db, run)).toBeUndefined();
    await settle(db, { ...ending(run), outcome: 'rejected', rejections: [refusal] });
    expect(await settledRun(db, run)).toEqual({ outcome: 'rejected', rejectCode: '0x80044331' });
    await queue(db, pair);
    const next = runOf(pair.key, await claimed(db, pair.key));
    expect(await settledRun(db, run)).toBeUndefined();
    expect(await settledRun(db, next)).toBeUndefined();
    await settle(db, { ...ending(next), outcome: 'written' });
    expect(await settledRun(db, next)).toEqual({ outcome: 'written' });
  });

  test('leaves a fence that stands: an earlier try of the same run may still be writing', async () => {
    const pair = await livePair(db);
    const run = await reading(db, pair);
    await raiseFence(db, [run], 30);
    await settle(db, ending(run));
    await queue(db, pair);
    expect(await claim(db, pair.key)).toEqual({ fencedForMs: expect.any(Number) });
    expect(await fencedForMs(db, pair.pairId)).toBeGreaterThan(0);
  });

  test('of a deleted person keeps its id as a former one', async () => {
    const pair = await livePair(db);
    await settle(db, { ...ending(await reading(db, pair)), outcome: 'deleted', state: 'personDeleted' });
    const key = recordKey.row('lead', pair.rowId);
    await enqueue(db, [{ key, kind: 'record', lane: 'live', entity: 'lead', id: pair.rowId, pairId: pair.pairId }]);
    expect(await claimed(db, key)).toMatchObject({
      pairId: pair.pairId,
      marketoId: null,
      microsoftId: pair.rowId,
      state: 'personDeleted',
    });
  });

  test('opens a review once', async () => {
    const pair = await livePair(db);
    const reviews = [{ kind: 'ambiguousMatch', detail: { people: ['1', '2'] } }];
    await settle(db, { ...ending(await reading(db, pair)), outcome: 'review', reviews });
    await settle(db, { ...ending(await reading(db, pair)), outcome: 'review', reviews });
    const open = await db.selectFrom('review').selectAll().where('pair_id', '=', pair.pairId).execute();
    expect(open).toMatchObject([{ kind: 'ambiguousMatch', key: pair.key, detail: { people: ['1', '2'] } }]);
  });
});

describe('what was read before a settlement', () => {
  test('covers the record no more, not even when a page saves it afterwards', async () => {
    const pair = await livePair(db);
    const run = await reading(db, pair);
    // Something comes in, and the next cycle's page reads both sides before the write of this run.
    await queue(db, pair);
    const page = await inboxRow(db, pair.key);
    const stale = { key: pair.key, seq: page?.seq ?? 0, snapshot: { marketo: null } };
    await saveSnapshots(db, [stale]);
    await settle(db, { ...ending(run), baseline: { firstName: NEW } });
    await saveSnapshots(db, [stale]);
    expect((await claimed(db, pair.key)).isRead).toBe(false);
  });

  test('covers no other record of the pair either', async () => {
    const pair = await livePair(db);
    const createKey = recordKey.create(pair.marketoId);
    const creating = {
      key: createKey,
      kind: 'create',
      lane: 'create',
      entity: 'person',
      id: pair.marketoId,
      pairId: pair.pairId,
    } as const;
    await enqueue(db, [creating]);
    const seq = (await inboxRow(db, createKey))?.seq ?? 0;
    await saveSnapshots(db, [{ key: createKey, seq, snapshot: { marketo: null } }]);
    // Control: until something is settled it does.
    expect((await claimed(db, createKey)).isRead).toBe(true);
    await settle(db, { ...ending(await reading(db, pair)), baseline: { firstName: NEW } });
    expect((await claimed(db, createKey)).isRead).toBe(false);
  });
});

describe('what Marketo said', () => {
  const said = (newValue: string) => ({ field: 'firstName', oldValue: 'Ada', newValue });

  test('is judged by the run that claimed after it; what came later is the next run\u2019s', async () => {
    const pair = await livePair(db);
    const { key, marketoId, pairId } = pair;
    const entry = { key, kind: 'record', lane: 'live', entity: 'person', id: marketoId, pairId } as const;
    await enqueue(db, [{ ...entry, entries: [said('one')] }]);
    const run = await reading(db, pair);
    await enqueue(db, [{ ...entry, entries: [said('two'), said('three')] }]);
    await settle(db, ending(run));
    const next = await claimed(db, key);
    expect(next.entries).toEqual([said('two'), said('three')]);
    await settle(db, ending(runOf(key, next)));
    expect(await inboxRow(db, key)).toMatchObject({ state: 'closed', entries: null, entries_claimed: 0 });
  });

  test('is judged again when the run that claimed it was superseded', async () => {
    const pair = await livePair(db);
    const entry = { key: pair.key, kind: 'record', lane: 'live', entity: 'person', id: pair.marketoId } as const;
    await enqueue(db, [{ ...entry, entries: [said('one')] }]);
    await reading(db, pair);
    expect((await claimed(db, pair.key)).entries).toEqual([said('one')]);
  });
});

describe('the ledger', () => {
  const decision = (field: string): Decision => ({
    field,
    group: field,
    rule: 'marketoChanged',
    winner: 'marketo',
    baseline: AGREED.firstName ?? NEW,
    marketo: 'Augusta',
    dynamics: null,
    writes: [{ side: 'dynamics', value: 'Augusta' }],
  });
  const write = (result: DecidedWrite['result']): DecidedWrite => ({ side: 'dynamics', value: 'Augusta', result });
  const planned = (field: string): LedgerEntry => ({
    decision: decision(field),
    writes: [write('planned')],
    after: NEW,
    result: 'planned',
  });
  const decisionsOf = (pairId: number) =>
    db.selectFrom('decision').selectAll().where('pair_id', '=', pairId).orderBy('epoch').orderBy('field').execute();

  test('keeps what was decided and why, once per run and field', async () => {
    const pair = await livePair(db);
    const run = await reading(db, pair);
    await planDecisions(db, run, [planned('firstName')]);
    await planDecisions(db, run, [planned('firstName')]);
    await planDecisions(db, run, []);
    expect(await decisionsOf(pair.pairId)).toMatchObject([
      {
        epoch: run.epoch,
        seq: run.seq,
        rule: 'marketoChanged',
        winner: 'marketo',
        baseline: AGREED.firstName,
        marketo: { value: 'Augusta' },
        dynamics: { value: null },
        writes: [write('planned')],
        after: NEW,
        result: 'planned',
        settled_at: null,
      },
    ]);
  });

  test('gets results with the settlement; what was planned and decided otherwise in the end is superseded', async () => {
    const pair = await livePair(db);
    const run = await reading(db, pair);
    await planDecisions(db, run, [planned('firstName'), planned('lastName')]);
    const results = [{ field: 'firstName', result: 'confirmed' as const, writes: [write('confirmed')] }];
    await settle(db, { ...ending(run), results });
    expect(await decisionsOf(pair.pairId)).toMatchObject([
      { field: 'firstName', result: 'confirmed', writes: [write('confirmed')], settled_at: expect.any(Date) },
      { field: 'lastName', result: 'superseded', writes: [write('planned')], settled_at: expect.any(Date) },
    ]);
  });

  test('tells which decisions were overtaken, of that run alone', async () => {
    const pair = await livePair(db);
    const first = await reading(db, pair);
    await planDecisions(db, first, [planned('firstName')]);
    const second = runOf(pair.key, await claimed(db, pair.key));
    await planDecisions(db, second, [planned('firstName'), planned('lastName')]);
    await supersede(db, first);
    const resultsOf = async () => (await decisionsOf(pair.pairId)).map(({ epoch, field, result }) => [epoch, field, result]);
    expect(await resultsOf()).toEqual([
      [first.epoch, 'firstName', 'superseded'],
      [second.epoch, 'firstName', 'planned'],
      [second.epoch, 'lastName', 'planned'],
    ]);
    await closeDecisions(db, [
      { ...second, results: [{ field: 'lastName', result: 'confirmed', writes: [write('confirmed')] }] },
    ]);
    expect((await resultsOf()).slice(1)).toEqual([
      [second.epoch, 'firstName', 'superseded'],
      [second.epoch, 'lastName', 'confirmed'],
    ]);
  });

  test('of a run that was killed are overtaken when a later one settles, and not before', async () => {
    const pair = await livePair(db);
    const killed = await reading(db, pair);
    await planDecisions(db, killed, [planned('firstName')]);
    const second = runOf(pair.key, await claimed(db, pair.key));
    await planDecisions(db, second, [planned('firstName')]);
    const resultsOf = async () => (await decisionsOf(pair.pairId)).map(({ epoch, result }) => [epoch, result]);
    expect(await resultsOf()).toEqual([
      [killed.epoch, 'planned'],
      [second.epoch, 'planned'],
    ]);
    const results = [{ field: 'firstName', result: 'confirmed' as const, writes: [write('confirmed')] }];
    await closeDecisions(db, [{ ...killed, results }]);
    expect(await resultsOf()).toEqual([
      [killed.epoch, 'confirmed'],
      [second.epoch, 'planned'],
    ]);
    const third = runOf(pair.key, await claimed(db, pair.key));
    await planDecisions(db, third, [planned('firstName')]);
    await closeDecisions(db, [{ ...third, results }]);
    expect(await resultsOf()).toEqual([
      [killed.epoch, 'confirmed'],
      [second.epoch, 'superseded'],
      [third.epoch, 'confirmed'],
    ]);
  });
});
