import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, type Item, Marketo, skipCode } from './client';

let marketo: Marketo;
let listId: number;
let ids: readonly number[];
beforeEach(async () => {
  marketo = await Marketo.start();
  listId = (await marketo.control('POST', 'lists', { name: 'Webinar' }))['id'] as number;
  ids = await marketo.create({ email: 'a@example.com' }, { email: 'b@example.com' }, { email: 'c@example.com' });
});
afterEach(() => marketo.close());

const path = (rest = ''): string => `/rest/v1/lists/${listId}/leads${rest}.json`;
const statuses = (result: readonly Item[] | undefined): unknown => result?.map((item) => skipCode(item) ?? item['status']);
const add = (...leads: (number | undefined)[]): ReturnType<Marketo['post']> =>
  marketo.post(path(), { input: leads.map((id) => ({ id })) });

describe('static lists', () => {
  test('take people on and off, each on its own', async () => {
    expect(statuses((await add(ids[0], ids[1], 999)).result)).toEqual(['added', 'added', '1004']);
    expect((await marketo.get(path())).result?.map(({ id }) => id)).toEqual([ids[0], ids[1]]);
    expect(statuses((await marketo.get(path('/ismember'), { id: ids.join(',') })).result)).toEqual([
      'memberof',
      'memberof',
      'notmemberof',
    ]);
    const removal = { input: [{ id: ids[0] }, { id: ids[2] }] };
    expect(statuses((await marketo.post(path(), removal, 'DELETE')).result)).toEqual(['removed', '1015']);
    expect((await marketo.get(`/rest/v1/list/${listId}/leads.json`)).result?.map(({ id }) => id)).toEqual([ids[1]]);
  });

  test('are found by id and name', async () => {
    const [list] = (await marketo.get('/rest/v1/lists.json', { name: 'Webinar' })).result ?? [];
    expect(list).toEqual({ id: listId, name: 'Webinar', createdAt: expect.any(String), updatedAt: expect.any(String) });
    expect((await marketo.get(`/rest/v1/lists/${listId}.json`)).result).toEqual([list]);
    expect((await marketo.get('/rest/v1/lists.json', { id: 4711 })).result).toEqual([]);
    expect(codeOf(await marketo.get('/rest/v1/lists/4711/leads.json'))).toBe('1013');
  });

  test('leave activities, once for each real change', async () => {
    const nextPageToken = await marketo.tokenNow();
    await add(ids[0]);
    await add(ids[0]);
    await marketo.post(path(), { input: [{ id: ids[0] }] }, 'DELETE');
    const { result } = await marketo.get('/rest/v1/activities.json', { nextPageToken, activityTypeIds: '24,25' });
    expect(
      result?.map((item) => [item['activityTypeId'], item['primaryAttributeValueId'], item['primaryAttributeValue']]),
    ).toEqual([
      [24, listId, 'Webinar'],
      [25, listId, 'Webinar'],
    ]);
  });

  test('forget who is deleted, and take the winner of a merge for the loser', async () => {
    await add(ids[0], ids[1]);
    await marketo.post('/rest/v1/leads/delete.json', { input: [{ id: ids[0] }] });
    await marketo.post(`/rest/v1/leads/${ids[2]}/merge.json?leadId=${ids[1]}`);
    expect((await marketo.get(path())).result?.map(({ id }) => id)).toEqual([ids[2]]);
  });

  test('restrict the feeds, unless they have 10,000 people', async () => {
    const nextPageToken = await marketo.tokenSince('2020-01-01');
    await add(ids[1]);
    const changes = (): ReturnType<Marketo['get']> =>
      marketo.get('/rest/v1/activities/leadchanges.json', { nextPageToken, fields: 'email', listId });
    expect((await changes()).result?.map(({ leadId }) => leadId)).toEqual([ids[1]]);
    await marketo.control('POST', 'seed', { people: 10_000 });
    await marketo.control('POST', 'limits', { callsPer20s: 1000 });
    for (let first = 4; first <= 9_999 + 3; first += 300) {
      await add(...Array.from({ length: 300 }, (_, i) => first + i).filter((id) => id <= 10_002));
    }
    expect(codeOf(await changes())).toBe('1003');
  });
});
