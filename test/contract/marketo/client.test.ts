/** The Marketo client against Marketo, the sandbox or a real one: two readings of the same documentation have to agree. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { ACTIVITY, ACTIVITY_TYPES } from '../../../src/activities/activityTypes';
import { loadMapping } from '../../../src/config/mapping';
import { wantedFields } from '../../../src/core/mapping';
import type { Change, Cursor } from '../../../src/core/ports';
import { eventually } from '../../support/eventually';
import { LAST_NAME } from '../target';
import { type MarketoTarget, openMarketo } from './target';

let target: MarketoTarget;
let marketo: MarketoTarget['marketo'];

beforeAll(async () => {
  target = await openMarketo('client');
  if (target.isLive) jest.setTimeout(20 * 60_000);
  ({ marketo } = target);
}, 120_000);

afterAll(() => target.close(), 120_000);

function must<T>(result: { readonly ok: T } | { readonly failure: unknown } | undefined): T {
  if (result === undefined || 'failure' in result) throw new Error(JSON.stringify(result));
  return result.ok;
}

test('what set-up makes is there: made now where that may be done, and the second time nothing', async () => {
  const wanted = wantedFields(loadMapping(undefined));
  if (target.maySetUp) must(await marketo.setUp(wanted, ACTIVITY_TYPES));
  const { entities, activityTypes = {} } = must(await marketo.schema());
  if (entities.person?.['microsoftId'] === undefined)
    throw new Error(
      'The instance is not prepared: run `mdsync setup`, or let these tests do it with MDSYNC_CONTRACT_SETUP=1 (fields stay for ever)',
    );
  expect(entities.person?.['microsoftId']).toMatchObject({ updatable: true, vendorType: 'string' });
  expect(Object.keys(activityTypes)).toEqual(expect.arrayContaining(Object.values(ACTIVITY)));
  expect(must(await marketo.setUp(wanted, ACTIVITY_TYPES))).toEqual({ createdFields: [], preparedTypes: [] });
});

test('people are read, found and changed, in the order of the question', async () => {
  const email = target.email();
  const id = await target.marketer.create({ firstName: 'Ann', lastName: LAST_NAME, email });
  const [read, absent] = await marketo.read(
    [
      { entity: 'person', id },
      { entity: 'person', id: '999999999' },
    ],
    { person: ['firstName', 'phone'] },
  );
  expect(must(read)).toEqual({ entity: 'person', id, values: { firstName: 'Ann', phone: null } });
  expect(absent).toEqual({ ok: undefined });
  const values = ['nobody-has-this@example.com', email.toUpperCase()];
  const [nobody, found] = await marketo.find({ entity: 'person', by: 'email', values, fields: ['lastName'] });
  expect(must(nobody)).toEqual([]);
  expect(must(found).map((person) => person.id)).toEqual([id]);

  const [gone, written] = await marketo.write([
    { entity: 'person', id: '999999999', values: { phone: '1' } },
    { entity: 'person', id, values: { phone: '555 0100', firstName: null } },
  ]);
  expect(gone).toMatchObject({ failure: { kind: 'gone', code: '1004', scope: 'record' } });
  expect(written).toEqual({ ok: { entity: 'person', id } });
  const person = await target.marketer.person(id, ['phone', 'firstName']);
  expect([person?.['phone'], person?.['firstName'] ?? null]).toEqual(['555 0100', null]);
});

test('300 people are read in one call', async () => {
  const id = await target.person();
  const refs = Array.from({ length: 299 }, (_, index) => ({ entity: 'person' as const, id: String(900_000_000 + index) }));
  const results = await marketo.read([...refs, { entity: 'person', id }], { person: ['email'] });
  expect(results.map((result) => must(result)?.id).filter((one) => one !== undefined)).toEqual([id]);
});

test('a person that is created twice under the same key is one person: the second time it is there already', async () => {
  const email = target.email();
  const create = { entity: 'person', key: randomUUID(), values: { lastName: LAST_NAME, email } } as const;
  const id = Number(must((await marketo.create([create]))[0]).id);
  const [again, other] = await marketo.create([
    { ...create, values: { lastName: 'Overwritten', email } },
    { ...create, key: randomUUID() },
  ]);
  expect(again).toMatchObject({ failure: { kind: 'conflict', scope: 'record', code: '1005' } });
  expect(other).toMatchObject({ ok: { entity: 'person' } });
  const people = await target.marketer.findByEmail(email, ['id', 'lastName', 'microsoftId']);
  expect(people.filter((person) => person['microsoftId'] === create.key)).toMatchObject([{ id, lastName: LAST_NAME }]);
});

test('a value of the wrong type is refused for its record alone, and so is a field that does not exist', async () => {
  const id = await target.person();
  const other = await target.person();
  const [bad, good] = await marketo.write([
    { entity: 'person', id, values: { leadScore: 'many' } },
    { entity: 'person', id: other, values: { firstName: 'Still' } },
  ]);
  expect(bad).toMatchObject({ failure: { kind: 'rejected', scope: 'record' } });
  expect(good).toMatchObject({ ok: { id: other } });
  const [unknown, fine] = await marketo.write([
    { entity: 'person', id, values: { noSuchFieldAtAll: 'x' } },
    { entity: 'person', id: other, values: { firstName: 'And again' } },
  ]);
  expect(unknown).toMatchObject({ failure: { kind: 'rejected', code: '1006', field: 'noSuchFieldAtAll' } });
  expect(fine).toMatchObject({ ok: { id: other } });
});

const FIELDS = { person: ['firstName', 'phone', 'leadScore'] } as const;

async function drain(feed: string, cursor: Cursor | undefined): Promise<{ changes: Change[]; cursor: Cursor }> {
  const changes: Change[] = [];
  for (let at = cursor; ; ) {
    const page = must(await marketo.changes({ feed, overlap: false, fields: FIELDS, ...(at ? { cursor: at } : {}) }));
    changes.push(...page.changes);
    at = page.cursor;
    if (!page.more) return { changes, cursor: at };
  }
}

/** Follows a feed until `wanted` of our own people are in it, however late their entries are. */
async function follow(
  feed: string,
  cursor: Cursor | undefined,
  ids: readonly string[],
  wanted: (changes: readonly Change[]) => boolean,
) {
  let at = cursor;
  const changes: Change[] = [];
  await eventually(
    async () => {
      const page = await drain(feed, at);
      at = page.cursor;
      changes.push(...page.changes.filter((change) => ids.includes(change.id)));
      return changes;
    },
    wanted,
    target.feedPatienceMs,
  );
  return { changes, cursor: at };
}

test('the feeds name what changed since the cursor: values, scores, a merge and the deletion it is', async () => {
  const start = new Map<string, Cursor>();
  for (const feed of marketo.feeds) start.set(feed, (await drain(feed, undefined)).cursor);
  const id = await target.person({ firstName: 'Feed' });
  const loser = await target.person({ firstName: 'Feed' });
  await target.marketer.update(id, { phone: '1', leadScore: 7 });
  await target.marketer.merge(id, loser);
  const own = [id, loser];

  const named = (changes: readonly Change[], name: string) =>
    changes.flatMap((change) => change.fields ?? []).filter(({ field }) => field === name);
  const values = await follow('leadchanges', start.get('leadchanges'), own, (changes) => named(changes, 'phone').length > 0);
  expect(named(values.changes, 'phone')).toEqual([{ field: 'phone', oldValue: null, newValue: '1' }]);
  expect(values.changes.filter(({ isNew }) => isNew).map((change) => change.id)).toContain(id);

  const others = await follow('activities', start.get('activities'), own, (changes) =>
    changes.some(({ kind }) => kind === 'merged'),
  );
  expect(others.changes).toContainEqual(expect.objectContaining({ kind: 'merged', id, mergedIds: [loser] }));
  expect(named(others.changes, 'leadScore')).toMatchObject([{ newValue: '7' }]);

  const deleted = await follow('deletedleads', start.get('deletedleads'), [loser], (changes) => changes.length > 0);
  expect(deleted.changes).toEqual([expect.objectContaining({ kind: 'deleted', id: loser })]);

  // The overlap names everything again, under the same guids.
  const again = must(
    await marketo.changes({ feed: 'deletedleads', overlap: true, fields: {}, ...(deleted.cursor && { cursor: deleted.cursor }) }),
  );
  expect(again.changes.map((change) => change.guid)).toEqual(
    expect.arrayContaining(deleted.changes.map((change) => change.guid)),
  );
});

test('a token that Marketo does not know any more is minted again from the high water', async () => {
  const { cursor } = await drain('deletedleads', undefined);
  const lost = { ...cursor, token: 'nonsense' };
  expect(await marketo.changes({ feed: 'deletedleads', overlap: false, fields: {}, cursor: lost })).toHaveProperty('ok');
});

test('an activity is added and found again by its reference', async () => {
  const id = await target.person();
  const since = new Date().toISOString();
  const reference = randomUUID();
  const attributes = { code: '0x1', rejectionId: reference };
  const item = { personId: id, type: ACTIVITY.rejected, at: since, primary: 'phone', attributes };
  expect(await marketo.has(id, ACTIVITY.rejected, reference, since)).toEqual({ ok: false });
  expect(await marketo.add([item, { ...item, personId: '999999999' }])).toEqual([
    { ok: 'added' },
    { failure: expect.objectContaining({ kind: 'gone' }) },
  ]);
  const has = () => marketo.has(id, ACTIVITY.rejected, reference, since);
  expect(await eventually(has, (answer) => 'ok' in answer && answer.ok, target.feedPatienceMs)).toEqual({ ok: true });
});

test('wrong credentials are a matter of configuration, and the secret stays out of the failure', async () => {
  const answer = await target.connect('not-the-secret').schema();
  expect(answer).toMatchObject({ failure: { kind: 'config', scope: 'side' } });
  expect(JSON.stringify(answer)).not.toContain('not-the-secret');
});
