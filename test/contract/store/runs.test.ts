/** What many runs ask of the store at one moment: few statements, and each answered as if it were alone. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KyselyPlugin } from 'kysely';
import { createRuns } from '../../../src/activities/runs';
import { claim, claimAll } from '../../../src/store/claims';
import { type CreationSettlement, settleCreation, settleCreations } from '../../../src/store/creation';
import type { Database } from '../../../src/store/database';
import type { LedgerEntry } from '../../../src/store/decisions';
import { raiseFence } from '../../../src/store/fence';
import { enqueue, saveSnapshots } from '../../../src/store/inbox';
import type { RunRef } from '../../../src/store/pairs';
import { createRequests } from '../../../src/store/requests';
import { settle, settleAll, type Settlement } from '../../../src/store/settle';
import { recordKey } from '../../../src/temporal/names';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { claimed, ending, idsOf, inboxRow, livePair, newMarketoId, newRowId, pairRow, queue, reading, runOf } from './support';

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
});
afterAll(async () => fresh.drop());

/** Rows that nobody has paired yet, queued. */
async function newRows(count: number): Promise<readonly { readonly key: string; readonly id: string }[]> {
  const rows = Array.from({ length: count }, () => newRowId()).map((id) => ({ id, key: recordKey.row('contact', id) }));
  await enqueue(
    db,
    rows.map(({ key, id }) => ({ key, id, kind: 'record', lane: 'backfill', entity: 'contact' })),
  );
  return rows;
}

const created = (run: RunRef, marketoId = newMarketoId()): Settlement => ({
  ...ending(run),
  outcome: 'created',
  state: 'live',
  resetBaseline: true,
  baseline: { firstName: { marketo: 'Ada', dynamics: 'Ada' } },
  person: { marketoId, origin: 'personCreated', lane: 'backfill' },
});

const planned: LedgerEntry = {
  decision: { field: 'firstName', group: 'firstName', rule: 'dynamicsChanged', marketo: 'Ada', dynamics: 'Eve', writes: [] },
  writes: [{ side: 'marketo', value: 'Eve', result: 'planned' }],
  result: 'planned',
};

/** Counts the statements of the runs that it hands out. */
function counting() {
  let statements = 0;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      statements += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return { runs: createRuns(db.withPlugin(plugin)), statements: () => statements };
}

/** Everything a run asks of the store from its claim to its end, for `count` records at once; answers the number of statements. */
async function statementsFor(count: number): Promise<number> {
  const { runs, statements } = counting();
  const rows = await newRows(count);
  const ends = await Promise.all(
    rows.map(async ({ key }) => {
      const result = await runs.claim(key);
      if (!('claim' in result)) throw new Error(`${key} cannot be claimed`);
      const run = runOf(key, result.claim);
      await saveSnapshots(db, [{ key, seq: run.seq, snapshot: {} }]);
      return run;
    }),
  );
  const steps: readonly ((run: RunRef) => Promise<unknown>)[] = [
    (run: RunRef) => runs.held(run),
    (run: RunRef) => runs.restlessFields(run.pairId),
    (run: RunRef) => runs.openRejections(run.pairId),
    (run: RunRef) => runs.planDecisions(run, [planned]),
  ];
  for (const step of steps) await Promise.all(ends.map(step));
  const settled = await Promise.all(ends.map((run) => runs.settle(created(run))));
  expect(settled).toEqual(ends.map(() => ({ superseded: false, outcome: 'created', closed: true })));
  return statements();
}

/** Everything that serving a request asks of the store, for `count` people at once; answers the number of statements. */
async function statementsForCreations(count: number): Promise<number> {
  const { runs, statements } = counting();
  const people = Array.from({ length: count }, newMarketoId);
  for (const marketoId of people) await accept(marketoId);
  const heads = await Promise.all(people.map((id) => runs.creationHead(id)));
  const settlements = await Promise.all(
    people.map(async (marketoId, index): Promise<CreationSettlement> => {
      const key = recordKey.create(marketoId);
      const result = await runs.claim(key);
      if (!('claim' in result)) throw new Error(`${key} cannot be claimed`);
      const requestIds = (heads[index]?.requests ?? []).map(({ requestId }) => requestId);
      return newRow({ ...runOf(key, result.claim), marketoId, requestIds });
    }),
  );
  const steps: readonly ((settlement: CreationSettlement) => Promise<unknown>)[] = [
    ({ key }) => runs.isKeptApart(key),
    (run) => runs.reserveRow({ ...run, table: 'lead', idOf: () => run.row?.id ?? '' }),
    ({ key, seq }) => runs.saveSnapshot({ key, seq, snapshot: {} }),
    (run) => runs.held(run),
    (run) => runs.settleCreation(run),
  ];
  for (const step of steps) await Promise.all(settlements.map(step));
  const unlogged = await Promise.all(people.map((id) => runs.takeUnlogged(id)));
  expect(unlogged.map((requests) => requests.map(({ outcome }) => outcome))).toEqual(settlements.map(({ outcome }) => [outcome]));
  await Promise.all(unlogged.flat().map(({ requestId }) => runs.markLogged(requestId)));
  return statements();
}

const accept = (marketoId: string) =>
  createRequests(db).accept({ requestId: `request-${marketoId}`, marketoId, syncAs: 'lead', source: 'webhook' });

/** A creation that ends with a row of its own. */
function newRow(run: Omit<CreationSettlement, 'outcome' | 'baseline' | 'rejections' | 'row'>): CreationSettlement {
  const id = newRowId();
  return {
    ...run,
    outcome: { status: 'created', microsoftId: id },
    row: { table: 'lead', id, origin: 'rowCreated' },
    baseline: {},
    rejections: [],
  };
}

/** A request that is being served. */
async function serving(marketoId = newMarketoId()): Promise<CreationSettlement> {
  await accept(marketoId);
  const key = recordKey.create(marketoId);
  return newRow({ ...runOf(key, await claimed(db, key)), marketoId, requestIds: [`request-${marketoId}`] });
}

describe('many runs at once', () => {
  test('cost the store as many statements as a single one, and no more than thirty', async () => {
    const alone = await statementsFor(1);
    expect(await statementsFor(150)).toBe(alone);
    expect(alone).toBeLessThanOrEqual(30);
  });

  test('of creations cost as many statements as a single one, and no more than forty', async () => {
    const alone = await statementsForCreations(1);
    expect(await statementsForCreations(120)).toBe(alone);
    expect(alone).toBeLessThanOrEqual(40);
  });

  test('of creations end each for itself: created, superseded, settled before, with a row by now, and with somebody else\u2019s row', async () => {
    const [plain, superseded, before, late, loser] = [
      await serving(),
      await serving(),
      await serving(),
      await serving((await livePair(db)).marketoId),
      await serving(),
    ];
    await claimed(db, superseded.key);
    await settleCreation(db, before);
    const theirs = await livePair(db);
    const taken = { ...loser, row: { table: theirs.table, id: theirs.rowId, origin: 'linkedByEmail' as const } };
    expect(await settleCreations(db, [plain, superseded, before, late, taken])).toEqual([
      plain.outcome,
      undefined,
      before.outcome,
      undefined,
      expect.objectContaining({ status: 'review', code: 'rowPairedElsewhere' }),
    ]);
    const outcomes = await Promise.all(
      [plain, superseded, before, late, taken].map(({ requestIds }) => createRequests(db).outcome(requestIds[0] ?? '')),
    );
    expect(outcomes.map((outcome) => outcome?.status)).toEqual(['created', undefined, 'created', undefined, 'review']);
    expect(await idsOf(db, plain.pairId)).toEqual([`lead/${plain.row?.id}`, `person/${plain.marketoId}`]);
    expect(await idsOf(db, theirs.pairId)).toEqual([`lead/${theirs.rowId}`, `person/${theirs.marketoId}`]);
    expect((await pairRow(db, taken.pairId))?.state).toBe('pending');
  });

  test('are claimed each for itself: new, known, fenced, ended and unknown records in one go', async () => {
    const [row] = await newRows(1);
    const [known, fenced, ended] = [await livePair(db), await livePair(db), await livePair(db)];
    for (const pair of [known, fenced]) await queue(db, pair);
    const held = await claimed(db, fenced.key);
    await raiseFence(db, [{ pairId: held.pairId, epoch: held.epoch }], 30);
    const keys = [row?.key ?? '', known.key, fenced.key, ended.key, 'record/nobody'];
    const results = await claimAll(db, keys);
    expect(results).toEqual([
      { claim: expect.objectContaining({ state: 'pending', microsoftId: row?.id, epoch: 1 }) },
      { claim: expect.objectContaining({ state: 'live', pairId: known.pairId, marketoId: known.marketoId }) },
      { fencedForMs: expect.any(Number) },
      { nothingOpen: true },
      { nothingOpen: true },
    ]);
  });

  test('of one pair under two keys are claimed one after the other, so that only one of them holds it', async () => {
    const pair = await livePair(db);
    await queue(db, pair);
    const rowKey = recordKey.row(pair.table, pair.rowId);
    await enqueue(db, [{ key: rowKey, kind: 'record', lane: 'live', entity: pair.table, id: pair.rowId }]);
    const results = await claimAll(db, [pair.key, rowKey]);
    const epochs = results.map((result) => ('claim' in result ? result.claim.epoch : 0));
    expect(new Set(epochs).size).toBe(2);
    expect((await pairRow(db, pair.pairId))?.epoch).toBe(Math.max(...epochs));
  });

  test('that make a pair for the same row at once hold one pair between them', async () => {
    const rows = await newRows(20);
    const keys = rows.map(({ key }) => key);
    await Promise.all([claimAll(db, keys), claimAll(db, keys.toReversed()), ...keys.map((key) => claim(db, key))]);
    const { rows: pairs } = await db.executeQuery<{ epoch: number; pairs: number }>(
      db
        .selectFrom('identity')
        .innerJoin('pair', 'pair.id', 'identity.pair_id')
        .select((of) => [of.fn.max('epoch').as('epoch'), of.fn.count('pair.id').distinct().as('pairs')])
        .where(
          'identity.id',
          'in',
          rows.map(({ id }) => id),
        )
        .compile(),
    );
    expect(pairs).toEqual([{ epoch: 3, pairs: 20 }]);
  });

  test('settle each for itself: held, superseded, settled before, and changed meanwhile', async () => {
    const pairs = [await livePair(db), await livePair(db), await livePair(db), await livePair(db)] as const;
    const runs = [];
    for (const pair of pairs) runs.push({ ...ending(await reading(db, pair)), outcome: 'written' as const });
    const [, superseded, settled, changed] = pairs;
    await claimed(db, superseded.key);
    await settle(db, { ...runs[2]!, outcome: 'rejected' });
    await queue(db, changed);
    expect(await settleAll(db, runs)).toEqual([
      { superseded: false, outcome: 'written', closed: true },
      { superseded: true },
      { superseded: false, outcome: 'rejected', closed: true },
      { superseded: false, outcome: 'written', closed: false },
    ]);
    expect(await inboxRow(db, superseded.key)).toMatchObject({ state: 'open' });
    expect(await inboxRow(db, settled.key)).toMatchObject({ state: 'closed', outcome: 'rejected' });
  });

  test('that found the same person do not both get it: the other is for an operator', async () => {
    const rows = await newRows(2);
    const marketoId = newMarketoId();
    const runs = [];
    for (const { key } of rows) runs.push(created(runOf(key, await claimed(db, key)), marketoId));
    const settled = await settleAll(db, runs);
    expect(settled.map((end) => (end.superseded ? 'superseded' : end.outcome)).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'created',
      'review',
    ]);
    const halves = await Promise.all(runs.map(({ pairId }) => idsOf(db, pairId)));
    expect(halves.filter((ids) => ids.includes(`person/${marketoId}`))).toHaveLength(1);
  });

  test('do not suffer from one whose settlement cannot be kept', async () => {
    const runs = createRuns(db);
    const [good, bad] = [await livePair(db), await livePair(db)];
    const first = { ...ending(await reading(db, good)), outcome: 'written' as const };
    const second = { ...ending(await reading(db, bad)), outcome: 'written' as const, state: 'nonsense' as 'live' };
    const [kept, refused] = await Promise.allSettled([runs.settle(first), runs.settle(second)]);
    expect(kept).toMatchObject({ status: 'fulfilled', value: { outcome: 'written', closed: true } });
    expect(refused).toMatchObject({ status: 'rejected' });
    expect(await inboxRow(db, good.key)).toMatchObject({ state: 'closed' });
    expect(await inboxRow(db, bad.key)).toMatchObject({ state: 'open' });
  });
});
