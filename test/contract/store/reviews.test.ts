import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Choice, Resolved } from '../../../src/core/reviews';
import type { FieldBaseline } from '../../../src/core/types';
import type { Database } from '../../../src/store/database';
import { planDecisions } from '../../../src/store/decisions';
import { raiseFence } from '../../../src/store/fence';
import { enqueue } from '../../../src/store/inbox';
import { createReviews } from '../../../src/store/reviews';
import { keptApart, toldApart } from '../../../src/store/reviews/keptApart';
import { acceptRequest } from '../../../src/store/requests';
import { readSetting } from '../../../src/store/settings';
import { openReview, settle } from '../../../src/store/settle';
import { recordKey } from '../../../src/temporal/names';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import {
  claimed,
  edit,
  ending,
  feed,
  idsOf,
  inboxRow,
  livePair,
  newMarketoId,
  newRowId,
  pairRow,
  type Pair,
  personChange,
  reading,
  runOf,
} from './support';

const NOW = new Date('2026-03-01T12:00:00.000Z');

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
});
afterAll(async () => fresh.drop());
beforeEach(async () => {
  await sql`update review set closed_at = now() where closed_at is null`.execute(db);
});

const reviews = () => createReviews(db, { now: () => NOW });
const resolve = (number: number, choice: Choice, id?: string): Promise<Resolved> =>
  reviews().resolve({ number, choice, ...(id === undefined ? {} : { id }) });

async function only() {
  const [review, ...more] = await reviews().list();
  if (review === undefined || more.length > 0)
    throw new Error(`Expected one review, there are ${more.length + (review ? 1 : 0)}`);
  return review;
}

/** A row whose e-mail several people have. */
async function ambiguousRow() {
  const id = newRowId();
  const key = recordKey.row('contact', id);
  await enqueue(db, [{ key, kind: 'record', lane: 'live', entity: 'contact', id }]);
  const run = runOf(key, await claimed(db, key));
  const people = [newMarketoId(), newMarketoId()];
  await settle(db, { ...ending(run), outcome: 'review', reviews: [{ kind: 'ambiguousMatch', detail: { people } }] });
  return { id, key, people, pairId: run.pairId };
}

describe('an ambiguous match of a row', () => {
  test('is listed with its candidates, what it means and what may be chosen', async () => {
    const { id, people } = await ambiguousRow();
    const review = await only();
    expect(review).toMatchObject({ kind: 'ambiguousMatch', table: 'contact', microsoftId: id });
    expect(review.candidates).toEqual(people.map((person) => ({ id: person, entity: 'person' })));
    expect(review.choices.map(({ choice }) => choice)).toEqual(['link', 'create', 'close']);
  });

  test('is linked to the person that is named, which then is reconciled', async () => {
    const { id, people, pairId } = await ambiguousRow();
    const person = people[1] ?? '';
    const { number } = await only();
    expect(await resolve(number, 'link', person)).toEqual({ closed: [number], queued: [`record/${person}`] });
    expect(await idsOf(db, pairId)).toEqual([`contact/${id}`, `person/${person}`]);
    expect(await pairRow(db, pairId)).toMatchObject({ state: 'live', baseline: {} });
    expect(await inboxRow(db, `record/${person}`)).toMatchObject({ state: 'open', lane: 2, pair_id: pairId });
    expect(await reviews().list()).toEqual([]);
  });

  test('is not linked to somebody who is no candidate, nor to one that another pair has by now', async () => {
    const { people, pairId } = await ambiguousRow();
    const { number } = await only();
    expect(await resolve(number, 'link', '7')).toMatchObject({ refused: 'notACandidate' });
    const taken = await livePair(db);
    await sql`update review set detail = ${JSON.stringify({ people: [...people, taken.marketoId] })}::jsonb where id = ${number}`.execute(
      db,
    );
    expect(await resolve(number, 'link', taken.marketoId)).toMatchObject({ refused: 'takenMeanwhile' });
    expect(await pairRow(db, pairId)).toMatchObject({ state: 'pending' });
    // The control: one that is free can be linked.
    expect(await resolve(number, 'link', people[0])).toMatchObject({ closed: [number] });
  });

  test('gets a new person when the operator says so', async () => {
    const { id, key, people } = await ambiguousRow();
    const { number } = await only();
    expect([...(await keptApart(db, [key]))]).toEqual([]);
    expect([...(await toldApart(db, people))]).toEqual([]);
    expect(await resolve(number, 'create')).toEqual({ closed: [number], queued: [key] });
    expect([...(await keptApart(db, [key]))]).toEqual([key]);
    // Nor may one of the people find the row later.
    expect(await toldApart(db, people)).toEqual(new Set(people.map((person) => `${person}/${id}`)));
    expect(await inboxRow(db, key)).toMatchObject({ state: 'open', lane: 2 });
  });

  test('is left alone when it is closed', async () => {
    const { key } = await ambiguousRow();
    const { number } = await only();
    expect(await resolve(number, 'close')).toEqual({ closed: [number], queued: [] });
    expect(await inboxRow(db, key)).toMatchObject({ state: 'closed' });
  });

  test('is decided once, and only with a choice it offers', async () => {
    await ambiguousRow();
    const { number } = await only();
    expect(await resolve(number, 'approve')).toMatchObject({ refused: 'notAChoice' });
    expect(await resolve(number, 'close')).toMatchObject({ closed: [number] });
    expect(await resolve(number, 'close')).toMatchObject({ refused: 'notOpen' });
  });

  test('waits while something may be on its way', async () => {
    const { pairId } = await ambiguousRow();
    const { number } = await only();
    const { epoch } = (await pairRow(db, pairId)) ?? { epoch: 0 };
    await raiseFence(db, [{ pairId, epoch }], 30);
    const busy = await resolve(number, 'create');
    expect('busyForMs' in busy && busy.busyForMs).toBeGreaterThan(1_000);
    expect((await only()).number).toBe(number);
  });
});

describe('an ambiguous match of a person', () => {
  async function ambiguousPerson() {
    const marketoId = newMarketoId();
    const key = recordKey.create(marketoId);
    await acceptRequest(db, { requestId: `r-${marketoId}`, marketoId, syncAs: 'contact', source: 'webhook' });
    const run = runOf(key, await claimed(db, key));
    const rows = [newRowId(), newRowId()].map((microsoftId) => ({ table: 'lead', microsoftId }) as const);
    await openReview(db, { key, pairId: run.pairId }, { kind: 'ambiguousMatch', detail: { rows } });
    await sql`update request set ended_at = now(), outcome = '{"status":"review"}' where marketo_id = ${marketoId}`.execute(db);
    return { marketoId, key, rows, pairId: run.pairId };
  }

  test('is linked to the row that is named', async () => {
    const { marketoId, rows, pairId } = await ambiguousPerson();
    const { number } = await only();
    const row = rows[0]?.microsoftId ?? '';
    expect(await resolve(number, 'link', row)).toEqual({ closed: [number], queued: [`record/${marketoId}`] });
    expect(await idsOf(db, pairId)).toEqual([`lead/${row}`, `person/${marketoId}`]);
    expect(await pairRow(db, pairId)).toMatchObject({ state: 'live', table_name: 'lead' });
  });

  test('is asked for again, as it was, when none of them is the one', async () => {
    const { marketoId, key, rows } = await ambiguousPerson();
    const { number } = await only();
    expect(await resolve(number, 'create')).toEqual({ closed: [number], queued: [key] });
    const open = await db
      .selectFrom('request')
      .selectAll()
      .where('marketo_id', '=', marketoId)
      .where('ended_at', 'is', null)
      .execute();
    expect(open).toEqual([expect.objectContaining({ source: 'operator', sync_as: 'contact' })]);
    const ids = rows.map(({ microsoftId }) => microsoftId);
    expect(await toldApart(db, ids)).toEqual(new Set(ids.map((id) => `${marketoId}/${id}`)));
    expect([...(await keptApart(db, [key]))]).toEqual([key]);
  });
});

describe('the guard against mass deletes', () => {
  test('once approved lets all go that wait, for a day', async () => {
    const pairs = [await livePair(db), await livePair(db)];
    for (const pair of pairs) await openReview(db, pair, { kind: 'deleteGuard', detail: { recent: 60, allowed: 50 } });
    const numbers = (await reviews().list()).map(({ number }) => number);
    expect(numbers).toHaveLength(2);
    const resolved = await resolve(numbers[1] ?? 0, 'approve');
    expect(resolved).toMatchObject({ closed: numbers });
    for (const { key } of pairs) expect(await inboxRow(db, key)).toMatchObject({ state: 'open', lane: 2 });
    expect((await readSetting(db, 'deletesApprovedUntil'))?.value).toBe('2026-03-02T12:00:00.000Z');
  });
});

describe('a field left to a person', () => {
  const NOTED = { field: 'firstName', result: 'noted', writes: [] } as const;

  /** A run that ended with a collision nobody decided. */
  async function collide(pair: Pair, baseline?: FieldBaseline): Promise<void> {
    const run = await reading(db, pair);
    const rule = baseline === undefined ? 'seed:review' : 'collision:review';
    const decision = {
      field: 'firstName',
      group: 'firstName',
      rule,
      winner: 'none',
      marketo: 'M',
      dynamics: 'D',
      writes: [],
    } as const;
    await planDecisions(db, run, [{ decision: { ...decision, ...(baseline ? { baseline } : {}) }, writes: [], result: 'noted' }]);
    await settle(db, { ...ending(run), outcome: 'review', results: [NOTED] });
  }
  const OLD = { marketo: 'Ada', dynamics: 'Ada' };

  test('stands in the review as soon as the run has ended that found it, once, and again after it was closed and met anew', async () => {
    const pair = await livePair(db);
    const open = () =>
      db.selectFrom('review').select('kind').where('pair_id', '=', pair.pairId).where('closed_at', 'is', null).execute();
    await collide(pair, OLD);
    await collide(pair, OLD);
    expect(await open()).toEqual([{ kind: 'collision' }]);
    await resolve((await only()).number, 'close');
    expect(await open()).toEqual([]);
    await collide(pair, OLD);
    expect(await open()).toEqual([{ kind: 'collision' }]);
  });

  test('is listed with what both sides hold', async () => {
    const pair = await livePair(db);
    await collide(pair, OLD);
    expect(await only()).toMatchObject({
      kind: 'collision',
      marketoId: pair.marketoId,
      microsoftId: pair.rowId,
      fields: [{ field: 'firstName', marketo: 'M', dynamics: 'D' }],
    });
    await resolve((await only()).number, 'close');
    expect(await reviews().list()).toEqual([]);
  });

  test.each([
    ['marketo', OLD, { marketo: 'Ada', dynamics: 'D' }],
    ['dynamics', OLD, { marketo: 'M', dynamics: 'Ada' }],
  ] as const)('given to %s leaves only that side changed', async (winner, before, after) => {
    const pair = await livePair(db);
    await collide(pair, before);
    const { number } = await only();
    expect(await resolve(number, winner)).toEqual({ closed: [number], queued: [pair.key] });
    expect((await pairRow(db, pair.pairId))?.baseline['firstName']).toEqual(after);
  });

  test.each([
    ['marketo', { marketo: null, dynamics: 'D' }],
    ['dynamics', { marketo: 'M', dynamics: null }],
  ] as const)('of two that were just linked, given to %s, does as well', async (winner, after) => {
    const pair = await livePair(db, { baseline: {} });
    await collide(pair);
    await resolve((await only()).number, winner);
    expect((await pairRow(db, pair.pairId))?.baseline['firstName']).toEqual(after);
  });

  test('is closed by itself when a later decision settled it', async () => {
    const pair = await livePair(db);
    await collide(pair, OLD);
    expect(await reviews().list()).toHaveLength(1);
    const run = await reading(db, pair);
    const agree = { field: 'firstName', group: 'firstName', rule: 'agree', marketo: 'M', dynamics: 'M', writes: [] } as const;
    await planDecisions(db, run, [{ decision: agree, writes: [], result: 'noted' }]);
    await settle(db, { ...ending(run), results: [NOTED] });
    expect(await reviews().list()).toEqual([]);
  });

  test('is heard of when a side goes back to what was agreed on, and closed by itself when both have', async () => {
    const pair = await livePair(db);
    await collide(pair, OLD);
    expect(await feed(db, [personChange(pair.marketoId, edit('firstName', 'M', 'Ada'))])).toMatchObject({ queued: 1, echoes: 0 });
    // A run that compared nothing (the filter says No, say) leaves the question open; one that compared and found nothing does not.
    await settle(db, ending(await reading(db, pair)));
    expect(await reviews().list()).toHaveLength(1);
    await settle(db, { ...ending(await reading(db, pair)), compared: true });
    expect(await reviews().list()).toEqual([]);
    expect(await feed(db, [personChange(pair.marketoId, edit('firstName', 'M', 'Ada'))])).toMatchObject({ queued: 0, echoes: 1 });
  });
});
