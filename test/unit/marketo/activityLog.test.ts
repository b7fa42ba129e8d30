import { afterEach, describe, expect, test } from '@jest/globals';
import type { ActivityItem } from '../../../src/core/ports';
import type { Given, Got } from './server';
import { jsonOf, must, ok, refused, sorted, startWorld, type World } from './instance';

let world: World;
afterEach(() => world.close());

const MINT = '/rest/v1/activities/pagingtoken.json';
const TYPES = '/rest/v1/activities/external/types.json';
const ADD = '/rest/v1/activities/external.json';
const FEED = '/rest/v1/activities.json';

const type = (id: number, apiName: string, status = 'approved') => ({
  id,
  apiName,
  status,
  attributes: [
    { apiName: 'rejectionId', name: 'Rejection Id', dataType: 'string' },
    { apiName: 'message', name: 'Message', dataType: 'text' },
  ],
});
const DEFAULT_TYPES = [
  type(100_001, 'microsoftSyncRejected'),
  type(100_002, 'syncPersonToMicrosoft', 'approved with draft'),
  type(100_003, 'unready', 'draft'),
];

async function start(answer: (got: Got) => Given, types: () => object[] = () => DEFAULT_TYPES): Promise<void> {
  world = await startWorld((got) => {
    if (got.path === TYPES) return ok({ result: types() });
    if (got.path === MINT) return ok({ nextPageToken: `since ${String(got.query.sinceDatetime)}` });
    return answer(got);
  });
}

const item = (personId: string, more: Partial<ActivityItem> = {}): ActivityItem => ({
  personId,
  type: 'microsoftSyncRejected',
  at: '2026-03-01T11:59:58.765Z',
  primary: 'phone',
  attributes: { rejectionId: `r-${personId}`, message: 'too long' },
  ...more,
});
const inputOf = (got: Got): { leadId: number }[] => (JSON.parse(got.body) as { input: { leadId: number }[] }).input;
const addAll = (got: Got): Given =>
  ok({ result: inputOf(got).map((_one, index) => ({ id: index, marketoGUID: String(index), status: 'added' })) });

describe('add', () => {
  test('sends activities by the ids of their types', async () => {
    await start(addAll);
    const items = [item('1'), item('2', { type: 'syncPersonToMicrosoft' })];
    expect(await world.marketo.add(items)).toEqual([{ ok: 'added' }, { ok: 'added' }]);
    expect(jsonOf(world.asked(ADD)[0])).toEqual({
      input: [1, 2].map((leadId) => ({
        leadId,
        activityDate: '2026-03-01T11:59:58Z',
        activityTypeId: 100_000 + leadId,
        primaryAttributeValue: 'phone',
        attributes: [
          { apiName: 'rejectionId', value: `r-${leadId}` },
          { apiName: 'message', value: 'too long' },
        ],
      })),
    });
  });

  test('minds no id of an activity, which may be longer than a number can be', async () => {
    await start(() => ({ status: 200, body: '{"success":true,"result":[{"id":9223372036854775807,"status":"added"}]}' }));
    expect(await world.marketo.add([item('1')])).toEqual([{ ok: 'added' }]);
  });

  test('tells skipped ones by their place, under whichever name the reasons come', async () => {
    await start(() =>
      ok({
        result: [
          { status: 'skipped', errors: [{ code: '1004', message: 'Lead not found' }] },
          { marketoGUID: 'g', status: 'added' },
          { status: 'skipped', reasons: [{ code: '1049', message: 'Failed to Create Activity' }] },
        ],
      }),
    );
    expect(await world.marketo.add([item('1'), item('2'), item('3')])).toEqual([
      { failure: expect.objectContaining({ kind: 'gone', scope: 'record', code: '1004' }) },
      { ok: 'added' },
      { failure: expect.objectContaining({ kind: 'rejected', scope: 'record', code: '1049' }) },
    ]);
  });

  test('believes no answer about another number of activities', async () => {
    await start(() => ok({ result: [{ status: 'added' }] }));
    for (const result of await world.marketo.add([item('1'), item('2')]))
      expect(result).toMatchObject({ failure: { outcomeUnknown: true } });
    // sent once only: a repetition would be a second activity
    expect(world.asked(ADD)).toHaveLength(1);
  });

  test('sends 300 a call', async () => {
    await start(addAll);
    const results = await world.marketo.add(Array.from({ length: 301 }, (_value, index) => item(String(index + 1))));
    expect(results.map(must)).toHaveLength(301);
    expect(sorted(world.asked(ADD).map((got) => inputOf(got).length))).toEqual([1, 300]);
  });

  test('cuts what is too long for its attribute', async () => {
    await start(addAll);
    const long = 'x'.repeat(20_000);
    await world.marketo.add([item('1', { primary: long, attributes: { rejectionId: long, message: long } })]);
    const [{ primaryAttributeValue, attributes }] = (
      jsonOf(world.asked(ADD)[0]) as { input: [{ primaryAttributeValue: string; attributes: { value: string }[] }] }
    ).input;
    expect([primaryAttributeValue.length, ...attributes.map(({ value }) => value.length)]).toEqual([255, 255, 10_000]);
  });

  test('needs an approved type, and sends the others all the same', async () => {
    await start(addAll);
    const results = await world.marketo.add([item('1', { type: 'unready' }), item('2'), item('3', { type: 'nobodys' })]);
    const noType = {
      failure: expect.objectContaining({
        kind: 'config',
        code: 'noActivityType',
        message: expect.stringContaining('mdsync setup'),
      }),
    };
    expect(results).toEqual([noType, { ok: 'added' }, noType]);
    expect(inputOf(world.asked(ADD)[0] as Got).map(({ leadId }) => leadId)).toEqual([2]);
  });

  test('reads the types once, and again for an unknown one after a minute', async () => {
    let types = [type(1, 'microsoftSyncRejected')];
    await start(addAll, () => types);
    await world.marketo.add([item('1')]);
    await world.marketo.add([item('1')]);
    expect(world.asked(TYPES)).toHaveLength(1);
    types = [...types, type(2, 'syncPersonToMicrosoft')];
    const late = item('1', { type: 'syncPersonToMicrosoft' });
    expect(await world.marketo.add([late])).toMatchObject([{ failure: { code: 'noActivityType' } }]);
    world.clock.advance(61_000);
    expect(await world.marketo.add([late])).toEqual([{ ok: 'added' }]);
    expect(world.asked(TYPES)).toHaveLength(2);
  });

  test('sends nothing while the types cannot be read', async () => {
    world = await startWorld(() => refused('611', 'System error'));
    expect(await world.marketo.add([item('1')])).toMatchObject([{ failure: { kind: 'retry', code: '611' } }]);
    expect(world.asked(ADD)).toEqual([]);
  });
});

describe('has', () => {
  const entry = (reference: string, leadId = 1, activityTypeId = 100_001) => ({
    marketoGUID: 'g',
    leadId,
    activityDate: '2026-03-01T11:59:58Z',
    activityTypeId,
    attributes: [
      { name: 'Message', value: 'too long' },
      { name: 'Rejection Id', value: reference },
    ],
  });
  const has = (reference: string) => world.marketo.has('1', 'microsoftSyncRejected', reference, '2026-03-01T12:00:00Z');

  test('looks for the reference among the activities of that type on the person', async () => {
    await start(() => ok({ result: [entry('r-0'), entry('r-1')], moreResult: false, nextPageToken: 'X' }));
    expect(await has('r-1')).toEqual({ ok: true });
    expect(await has('r-2')).toEqual({ ok: false });
    // an activity carries the time of what it tells of, which is before the try it is looked for after
    expect(world.asked(MINT)[0]?.query).toEqual({ sinceDatetime: '2026-02-28T12:00:00Z' });
    expect(world.asked(FEED)[0]?.query).toEqual({
      nextPageToken: 'since 2026-02-28T12:00:00Z',
      activityTypeIds: '100001',
      leadIds: '1',
    });
  });

  test("counts nobody else's, and no other type's", async () => {
    await start(() => ok({ result: [entry('r-1', 2), entry('r-1', 1, 100_002)], nextPageToken: 'X' }));
    expect(await has('r-1')).toEqual({ ok: false });
  });

  test('reads on over empty pages', async () => {
    await start((got) =>
      got.query.nextPageToken === 'X'
        ? ok({ result: [entry('r-1')], nextPageToken: 'Y' })
        : ok({ result: [], moreResult: true, nextPageToken: 'X' }),
    );
    expect(await has('r-1')).toEqual({ ok: true });
  });

  test('never takes a failure, or a feed without an end, for a no', async () => {
    await start(() => refused('606', 'Max rate limit'));
    expect(await has('r-1')).toMatchObject({ failure: { kind: 'throttled' } });
    await world.close();
    await start(() => ok({ moreResult: true, nextPageToken: 'X' }));
    expect(await has('r-1')).toMatchObject({ failure: { kind: 'retry', code: 'unanswered' } });
  });

  test('needs an approved type', async () => {
    await start(addAll);
    expect(await world.marketo.has('1', 'unready', 'r', '2026-03-01T12:00:00Z')).toMatchObject({ failure: { kind: 'config' } });
  });
});
