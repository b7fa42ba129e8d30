/** The Marketo client against the Marketo sandbox: two readings of the same documentation have to agree. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ACTIVITY, ACTIVITY_TYPES } from '../../../src/activities/activityTypes';
import { loadMapping } from '../../../src/config/mapping';
import { wantedFields } from '../../../src/core/mapping';
import type { Change, Cursor } from '../../../src/core/ports';
import { createMarketo } from '../../../src/marketo/client';
import { createHttpClient } from '../../../src/remote/http';
import { createMarketoSandbox } from '../../../src/sandbox/marketo';
import { createMarketer, type Marketer, sendJson } from '../../support/vendors';

let url: string;
let close: () => Promise<void>;
let marketo: ReturnType<typeof createMarketo>;
let marketer: Marketer;
const GUID = '0f0e0d0c-1111-4222-8333-444455556666';
const silent = { debug() {}, info() {}, warn() {}, error() {} };

beforeAll(async () => {
  const sandbox = await createMarketoSandbox({});
  url = await sandbox.listen(0);
  close = () => sandbox.close();
  marketo = createMarketo({
    baseUrl: url,
    clientId: 'sync-client',
    clientSecret: 'sync-secret',
    http: createHttpClient({ timeoutMs: 5_000, concurrency: 5 }),
    clock: { now: () => new Date() },
    log: silent,
  });
  marketer = createMarketer(url, new Date(Date.now() - 3_600_000).toISOString());
});

afterAll(async () => close());

function must<T>(result: { readonly ok: T } | { readonly failure: unknown } | undefined): T {
  if (result === undefined || 'failure' in result) throw new Error(JSON.stringify(result));
  return result.ok;
}

test('set-up makes what is missing, and the second time nothing', async () => {
  const wanted = wantedFields(loadMapping(undefined));
  const before = must(await marketo.schema());
  expect(before.entities.person?.['microsoftId']).toBeUndefined();
  const first = must(await marketo.setUp(wanted, ACTIVITY_TYPES));
  expect(first.createdFields).toContain('microsoftId');
  expect(first.createdFields).not.toContain('email');
  expect(first.preparedTypes).toEqual(Object.values(ACTIVITY));
  expect(must(await marketo.setUp(wanted, ACTIVITY_TYPES))).toEqual({ createdFields: [], preparedTypes: [] });
  const after = must(await marketo.schema());
  expect(after.entities.person?.['microsoftId']).toMatchObject({ updatable: true, vendorType: 'string' });
  expect(Object.keys(after.activityTypes ?? {}).sort()).toEqual(Object.values(ACTIVITY).sort());
});

test('people are read, found, changed and created, in the order of the question', async () => {
  const id = await marketer.create({ firstName: 'Ann', lastName: 'Other', email: 'Ann.Other@example.com' });
  const [read, absent] = await marketo.read(
    [
      { entity: 'person', id },
      { entity: 'person', id: '999999' },
    ],
    { person: ['firstName', 'phone'] },
  );
  expect(must(read)).toEqual({ entity: 'person', id, values: { firstName: 'Ann', phone: null } });
  expect(absent).toEqual({ ok: undefined });
  const [nobody, found] = await marketo.find({
    entity: 'person',
    by: 'email',
    values: ['nobody@example.com', 'ann.other@EXAMPLE.com'],
    fields: ['lastName'],
  });
  expect(must(nobody)).toEqual([]);
  expect(must(found).map((person) => person.id)).toEqual([id]);

  const [gone, written] = await marketo.write([
    { entity: 'person', id: '999999', values: { phone: '1' } },
    { entity: 'person', id, values: { phone: '555 0100', firstName: null } },
  ]);
  expect(gone).toMatchObject({ failure: { kind: 'gone', code: '1004', scope: 'record' } });
  expect(written).toEqual({ ok: { entity: 'person', id } });
  expect(await marketer.person(id, ['phone', 'firstName'])).toMatchObject({ phone: '555 0100' });

  const create = { entity: 'person', key: GUID, values: { lastName: 'Created', email: 'created@example.com' } } as const;
  const [first] = await marketo.create([create]);
  const [second] = await marketo.create([create]);
  expect(must(second).id).toBe(must(first).id);
  expect(await marketer.findByEmail('created@example.com')).toHaveLength(1);
});

test('a value of the wrong type is refused for its record alone', async () => {
  const id = await marketer.create({ lastName: 'Typed', email: 'typed@example.com' });
  const [bad, good] = await marketo.write([
    { entity: 'person', id, values: { numberOfEmployees: 'many' } },
    { entity: 'person', id, values: { lastName: 'Still' } },
  ]);
  expect(bad).toMatchObject({ failure: { kind: 'rejected', scope: 'record' } });
  expect(good).toMatchObject({ ok: { id } });
});

async function drain(feed: string, cursor: Cursor | undefined): Promise<{ changes: Change[]; cursor: Cursor }> {
  const changes: Change[] = [];
  let at = cursor;
  for (;;) {
    const page = must(
      await marketo.changes({
        feed,
        overlap: false,
        fields: { person: ['firstName', 'phone', 'leadScore'] },
        ...(at ? { cursor: at } : {}),
      }),
    );
    changes.push(...page.changes);
    at = page.cursor;
    if (!page.more) return { changes, cursor: at };
  }
}

test('the feeds name what changed since the cursor, once', async () => {
  const start = new Map<string, Cursor>();
  for (const feed of marketo.feeds) start.set(feed, (await drain(feed, undefined)).cursor);
  const id = await marketer.create({ firstName: 'Feed', lastName: 'Me', email: 'feed.me@example.com' });
  const loser = await marketer.create({ firstName: 'Feed', lastName: 'Too', email: 'feed.too@example.com' });
  await marketer.update(id, { phone: '1', leadScore: 7 });
  await marketer.merge(id, loser);
  const leadchanges = await drain('leadchanges', start.get('leadchanges'));
  const phone = leadchanges.changes.flatMap((change) => change.fields ?? []).filter((field) => field.field === 'phone');
  expect(phone).toEqual([{ field: 'phone', oldValue: null, newValue: '1' }]);
  const activities = await drain('activities', start.get('activities'));
  expect(activities.changes).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'changed', id }),
      expect.objectContaining({ kind: 'merged', id, mergedIds: [loser] }),
    ]),
  );
  const deleted = await drain('deletedleads', start.get('deletedleads'));
  expect(deleted.changes).toEqual([expect.objectContaining({ kind: 'deleted', id: loser })]);
  expect((await drain('leadchanges', leadchanges.cursor)).changes).toEqual([]);
  // The overlap names everything again, under the same guids.
  const again = must(await marketo.changes({ feed: 'deletedleads', overlap: true, fields: {}, cursor: deleted.cursor }));
  expect(again.changes.map((change) => change.guid)).toEqual(deleted.changes.map((change) => change.guid));
});

test('a token that Marketo does not know any more is minted again from the high water', async () => {
  const { cursor } = await drain('deletedleads', undefined);
  expect(
    must(await marketo.changes({ feed: 'deletedleads', overlap: false, fields: {}, cursor: { ...cursor, token: 'nonsense' } })),
  ).toMatchObject({
    more: false,
  });
});

test('an activity is added and found again by its reference', async () => {
  const id = await marketer.create({ lastName: 'Active', email: 'active@example.com' });
  const since = new Date().toISOString();
  const item = {
    personId: id,
    type: ACTIVITY.rejected,
    at: since,
    primary: 'phone',
    attributes: { code: '0x1', rejectionId: 'r-1' },
  };
  expect(await marketo.has(id, ACTIVITY.rejected, 'r-1', since)).toEqual({ ok: false });
  expect(await marketo.add([item, { ...item, personId: '999999' }])).toEqual([
    { ok: 'added' },
    { failure: expect.objectContaining({ kind: 'gone' }) },
  ]);
  expect(await marketo.has(id, ACTIVITY.rejected, 'r-1', since)).toEqual({ ok: true });
});

test('wrong credentials are a matter of configuration, and the secret stays out of the failure', async () => {
  const stranger = createMarketo({
    baseUrl: url,
    clientId: 'sync-client',
    clientSecret: 'not-the-secret',
    http: createHttpClient({ timeoutMs: 5_000, concurrency: 1 }),
    clock: { now: () => new Date() },
    log: silent,
  });
  const answer = await stranger.schema();
  expect(answer).toMatchObject({ failure: { kind: 'config', scope: 'side' } });
  expect(JSON.stringify(answer)).not.toContain('not-the-secret');
});

test('a page of HTML and a lost answer are failures, not successes', async () => {
  await sendJson(`${url}/_sandbox/faults`, 'POST', {
    match: { method: 'POST', path: '/rest/v1/leads.json' },
    times: 1,
    action: { status: 200, body: '<html>Down for maintenance</html>', headers: { 'content-type': 'text/html' } },
  });
  const item = { entity: 'person', id: '1', values: { phone: '1' } } as const;
  expect(await marketo.write([item])).toEqual([
    { failure: expect.objectContaining({ kind: 'retry', code: 'html', outcomeUnknown: true }) },
  ]);
  await sendJson(`${url}/_sandbox/faults`, 'POST', {
    match: { method: 'POST', path: '/rest/v1/leads.json' },
    times: 1,
    action: { drop: 'after' },
  });
  expect(await marketo.write([item])).toEqual([
    { failure: expect.objectContaining({ kind: 'retry', code: 'reset', outcomeUnknown: true }) },
  ]);
});
