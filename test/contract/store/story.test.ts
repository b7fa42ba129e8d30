import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Database } from '../../../src/store/database';
import { planDecisions } from '../../../src/store/decisions';
import { enqueue } from '../../../src/store/inbox';
import { takeOverFromLead } from '../../../src/store/qualify';
import { createRequests } from '../../../src/store/requests';
import { settle } from '../../../src/store/settle';
import { writeSetting } from '../../../src/store/settings';
import { createStories } from '../../../src/store/story';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { fieldSchema } from '../../unit/core/support';
import { claimed, ending, feed, livePair, newMarketoId, newRowId, type Pair, personChange, reading, runOf } from './support';

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
        refusalHash: 'r',
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
    expect(told?.events.map((event) => event.kind)).toEqual(['paired', 'decided', 'decided', 'refused']);
    expect(told?.events[0]).toMatchObject({ origin: 'personCreated' });
    expect(told?.events[1]).toMatchObject({ field: 'firstName', label: 'First Name', result: 'rejected', marketo: 'New' });
    expect(told?.events[3]).toMatchObject({ label: 'First Name', code: '0x80040265', message: 'No such name.' });
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
    expect(told?.events.map((event) => event.kind)).toEqual(['paired', 'decided', 'refused']);
  });
});

describe('the story of a person after a merge in Marketo', () => {
  const mergedInto = async (winner: Pair, loser: Pair) =>
    feed(db, [{ ...personChange(winner.marketoId), kind: 'merged', mergedIds: [loser.marketoId] }]);
  const decidedIn = (told: Awaited<ReturnType<typeof story>>) =>
    told?.events.flatMap((event) => (event.kind === 'decided' || event.kind === 'refused' ? [event.decidedIn] : []));

  test.each(['loser', 'winner'] as const)(
    'tells what was decided in the pair of the %s, which lost its person',
    async (whose) => {
      const lost = await pairWithPast();
      const kept = await livePair(db, { table: 'contact' });
      const [winner, loser] = whose === 'loser' ? [kept, lost] : [lost, kept];
      expect(decidedIn(await story(winner.marketoId))).toEqual(whose === 'loser' ? [] : [undefined, undefined, undefined]);
      await mergedInto(winner, loser);
      const where = { until: 'merged', marketoId: lost.marketoId, table: 'lead', microsoftId: lost.rowId };
      const told = await story(winner.marketoId);
      expect(told?.pair?.ids).toContainEqual({ side: 'dynamics', entity: 'contact', id: kept.rowId, current: true });
      expect(decidedIn(told)).toEqual([where, where, where]);
      expect(await story(loser.marketoId)).toEqual(told);
      expect(decidedIn(await story(winner.marketoId, 'First Name'))).toEqual([where, where]);
      // The row without a person tells its own past, and nobody else's.
      expect(decidedIn(await story(lost.rowId))).toEqual([undefined, undefined, undefined]);
    },
  );

  test('tells whose person it was when the pair of the loser is the one that is kept', async () => {
    const loser = await pairWithPast();
    await mergedInto(await livePair(db), await pairWithPast());
    const winnerId = newMarketoId();
    await feed(db, [{ ...personChange(winnerId), kind: 'merged', mergedIds: [loser.marketoId] }]);
    const where = { until: 'merged', marketoId: loser.marketoId };
    expect(decidedIn(await story(winnerId))).toEqual([where, where, where]);
  });
});

test('the story of a contact tells what was decided while it was a lead', async () => {
  const lead = await pairWithPast();
  const contactId = newRowId();
  const key = `record/contact/${contactId}`;
  await enqueue(db, [{ key, kind: 'record', lane: 'live', entity: 'contact', id: contactId }]);
  const run = runOf(key, await claimed(db, key));
  const taken = { pairId: lead.pairId, marketoId: lead.marketoId };
  expect(await takeOverFromLead(db, { run, contactId, lead: taken, carried: [], lane: 'live' })).toBe('linked');
  const told = await story(contactId);
  const where = { until: 'qualified', table: 'lead', microsoftId: lead.rowId };
  expect(told?.events.map(({ kind }) => kind)).toEqual(['paired', 'decided', 'decided', 'refused']);
  expect(told?.events.slice(1)).toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ decidedIn: where })));
  // What is decided from now on is the contact's own.
  const now = await reading(db, lead);
  const about = { group: 'g', marketo: 'New', dynamics: 'New', field: 'lastName', rule: 'agree', writes: [] } as const;
  await planDecisions(db, now, [{ decision: about, writes: [], result: 'noted' }]);
  expect((await story(contactId))?.events.at(-1)).not.toHaveProperty('decidedIn');
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
