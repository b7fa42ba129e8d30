import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Database } from '../../../src/store/database';
import { planDecisions } from '../../../src/store/decisions';
import { createRequests } from '../../../src/store/requests';
import { settle } from '../../../src/store/settle';
import { writeSetting } from '../../../src/store/settings';
import { createStories } from '../../../src/store/story';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { fieldSchema } from '../../unit/core/support';
import { ending, livePair, newMarketoId, reading } from './support';

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
  await writeSetting(db, 'schema/marketo', {
    instance: 'marketo.test',
    entities: { person: { firstName: fieldSchema('firstName', { label: 'First Name' }) } },
    problems: [],
  });
});
afterAll(async () => fresh.drop());

const story = (id: string, field?: string) => createStories(db).story(id, field);

/** A pair whose first name was changed in Marketo and refused by Dynamics, while its last name went over. */
async function pairWithPast() {
  const pair = await livePair(db);
  const run = await reading(db, pair);
  const about = { group: 'g', marketo: 'New', dynamics: 'Old', baseline: { marketo: 'Old', dynamics: 'Old' } } as const;
  const write = (result: 'planned' | 'rejected' | 'confirmed') => ({ side: 'dynamics', value: 'New', result }) as const;
  const entry = (field: string) => ({
    decision: {
      ...about,
      field,
      rule: 'marketoChanged',
      winner: 'marketo',
      writes: [{ side: 'dynamics', value: 'New' }],
    } as const,
    writes: [write('planned')],
    result: 'planned' as const,
  });
  await planDecisions(db, run, [entry('firstName'), entry('lastName')]);
  await settle(db, {
    ...ending(run),
    outcome: 'rejected',
    results: [
      { field: 'firstName', result: 'rejected', writes: [write('rejected')] },
      { field: 'lastName', result: 'confirmed', writes: [write('confirmed')] },
    ],
    rejections: [
      {
        side: 'dynamics',
        table: 'lead',
        group: 'firstName',
        field: 'firstName',
        valueHash: 'h',
        code: '0x80040265',
        message: 'No such name.',
      },
    ],
  });
  return pair;
}

describe('the story of a pair', () => {
  test('tells ids, state, decisions with their results, and refusals, in order', async () => {
    const pair = await pairWithPast();
    const told = await story(pair.marketoId);
    expect(told?.pair).toMatchObject({ state: 'live', table: 'lead', filteredOut: false, agreedFields: 3 });
    expect(told?.pair?.ids).toEqual([
      { side: 'marketo', entity: 'person', id: pair.marketoId, current: true },
      { side: 'dynamics', entity: 'lead', id: pair.rowId, current: true },
    ]);
    expect(told?.events.map((event) => event.kind)).toEqual(['decided', 'decided', 'refused']);
    expect(told?.events[0]).toMatchObject({ field: 'firstName', label: 'First Name', result: 'rejected', marketo: 'New' });
    expect(told?.events[2]).toMatchObject({ label: 'First Name', code: '0x80040265', message: 'No such name.' });
    expect(told?.work).toEqual([
      expect.objectContaining({ key: pair.key, state: 'closed', outcome: 'rejected' }),
      expect.objectContaining({ key: `record/lead/${pair.rowId}`, state: 'closed' }),
    ]);
  });

  test('is the same by the GUID of the row, in any case', async () => {
    const pair = await pairWithPast();
    expect(await story(pair.rowId.toUpperCase())).toEqual(await story(pair.marketoId));
  });

  test.each(['firstName', 'first name'])('for the field %s leaves the others out', async (field) => {
    const pair = await pairWithPast();
    const told = await story(pair.marketoId, field);
    expect(told?.events.map((event) => event.kind)).toEqual(['decided', 'refused']);
  });
});

describe('what has no pair', () => {
  test('is told when it was asked for', async () => {
    const marketoId = newMarketoId();
    await createRequests(db).accept({ requestId: `r-${marketoId}`, marketoId, syncAs: 'contact', source: 'webhook' });
    const told = await story(marketoId);
    expect(told?.pair).toBeUndefined();
    expect(told?.work).toEqual([expect.objectContaining({ key: `create/${marketoId}`, state: 'open' })]);
    expect(told?.events).toEqual([expect.objectContaining({ kind: 'requested', syncAs: 'contact' })]);
  });

  test('is unknown when nothing is known of it', async () => {
    expect(await story('999999999')).toBeUndefined();
  });
});
