import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, type Envelope, type Item, Marketo } from './client';

let marketo: Marketo;
beforeEach(async () => {
  marketo = await Marketo.start();
});
afterEach(() => marketo.close());

const CHANGES = '/rest/v1/activities/leadchanges.json';
const ACTIVITIES = '/rest/v1/activities.json';
const DELETED = '/rest/v1/activities/deletedleads.json';
const STAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

const update = async (id: number | undefined, values: object): Promise<void> => {
  const [result] = await marketo.sync([{ id, ...values }], { action: 'updateOnly', lookupField: 'id' });
  expect(result?.['status']).toBe('updated');
};
const changes = (nextPageToken: string, fields = 'email,firstName,city,leadScore', more: object = {}): Promise<Envelope> =>
  marketo.get(CHANGES, { nextPageToken, fields, ...more });
/** Follows a feed to its end. */
const readAll = async (
  path: string,
  token: string,
  query: object = {},
): Promise<{ items: Item[]; pages: number; token: string }> => {
  const items: Item[] = [];
  let pages = 0;
  let next = token;
  for (;;) {
    const answer = await marketo.get(path, { ...query, nextPageToken: next });
    items.push(...(answer.result ?? []));
    pages += 1;
    next = answer.nextPageToken ?? '';
    if (answer.moreResult !== true) return { items, pages, token: next };
  }
};

describe('lead changes', () => {
  test('hold a new person and each changed value, as text, with the field id of Describe', async () => {
    const token = await marketo.tokenNow();
    const [id] = await marketo.create({ email: 'ann@example.com', firstName: 'Ann', leadSource: 'Web' });
    await update(id, { firstName: 'Anne', city: 'Leeds', email: 'ann@example.com' });
    await update(id, { city: null });
    const { result, ...rest } = await changes(token);
    expect(rest).toEqual({ requestId: expect.any(String), success: true, nextPageToken: expect.any(String), moreResult: false });
    const describe = await marketo.get('/rest/v1/leads/describe.json');
    const fieldId = (name: string): unknown => describe.result?.find(({ rest }) => (rest as Item)['name'] === name)?.['id'];
    const changed = (activity: number, name: string, oldValue: unknown, newValue: unknown): object => ({
      id: activity,
      marketoGUID: String(activity),
      leadId: id,
      activityDate: STAMP,
      activityTypeId: 13,
      fields: [{ id: fieldId(name), name, newValue, oldValue }],
      attributes: [
        { name: 'Reason', value: 'Web service API' },
        { name: 'Source', value: 'Web service API' },
        { name: 'Lead ID', value: id },
      ],
    });
    expect(result).toEqual([
      expect.objectContaining({
        id: 1,
        leadId: id,
        activityTypeId: 12,
        activityDate: STAMP,
        primaryAttributeValueId: id,
        primaryAttributeValue: 'Ann',
        attributes: expect.arrayContaining([
          { name: 'Source Type', value: 'Web service API' },
          { name: 'Lead Source', value: 'Web' },
          { name: 'API Method Name', value: 'syncLead' },
          { name: 'Modifying User', value: 'sync@marketo.example.com' },
        ]),
      }),
      changed(2, 'firstName', 'Ann', 'Anne'),
      changed(3, 'city', null, 'Leeds'),
      changed(4, 'city', 'Leeds', null),
    ]);
  });

  test('leave out fields that were not asked for, equal values, and scores', async () => {
    const [id] = await marketo.create({ email: 'ann@example.com', city: 'Leeds', leadScore: 5 });
    const token = await marketo.tokenNow();
    await update(id, { city: 'Leeds', leadScore: 9, title: 'CIO', doNotCall: false });
    expect((await changes(token)).result).toEqual([]);
    expect((await changes(token, 'title')).result).toHaveLength(1);
  });

  test('can be restricted to people, 30 at most', async () => {
    const token = await marketo.tokenNow();
    const [a, b] = await marketo.create({ email: 'a@example.com' }, { email: 'b@example.com' });
    expect((await changes(token, 'email', { leadIds: b })).result?.map(({ leadId }) => leadId)).toEqual([b]);
    expect((await changes(token, 'email', { leadIds: `${a},${b}` })).result).toHaveLength(2);
    const many = Array.from({ length: 31 }, (_, i) => i + 1).join(',');
    expect(codeOf(await changes(token, 'email', { leadIds: many }))).toBe('1003');
  });

  test.each([
    ['1002', { fields: 'email' }],
    ['1002', { nextPageToken: 'TOKEN' }],
    ['1006', { nextPageToken: 'TOKEN', fields: 'nope' }],
    ['1003', { nextPageToken: 'made-up', fields: 'email' }],
  ])('answer %s to %j', async (code, query: Record<string, string>) => {
    const token = await marketo.tokenNow();
    const filled = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, value === 'TOKEN' ? token : value]));
    expect(codeOf(await marketo.get(CHANGES, filled))).toBe(code);
  });
});

describe('tokens', () => {
  test('a page always has one, and it leads exactly to what comes later', async () => {
    const token = await marketo.tokenNow();
    await marketo.create(...Array.from({ length: 7 }, (_, i) => ({ email: `p${i}@example.com` })));
    const first = await readAll(CHANGES, token, { fields: 'email', batchSize: 3 });
    expect([first.items.length, first.pages]).toEqual([7, 3]);
    expect(await readAll(CHANGES, first.token, { fields: 'email' })).toEqual({ items: [], pages: 1, token: first.token });
    await marketo.create({ email: 'late@example.com' });
    expect((await readAll(CHANGES, first.token, { fields: 'email' })).items.map(({ leadId }) => leadId)).toEqual([8]);
  });

  test('a date in any zone makes one; what is no date does not', async () => {
    await marketo.create({ email: 'a@example.com' });
    for (const date of ['2014-10-06T13:22:17-08:00', '2014-10-06T13:22:17Z', '2014-10-06', '2014-10-06T13:22:17+0000']) {
      expect((await changes(await marketo.tokenSince(date), 'email')).result).toHaveLength(1);
    }
    expect((await changes(await marketo.tokenSince('2099-01-01T00:00:00Z'), 'email')).result).toEqual([]);
    const answer = await marketo.get('/rest/v1/activities/pagingtoken.json', { sinceDatetime: 'yesterday' });
    expect(codeOf(answer)).toBe('1001');
    expect(
      Object.keys(await marketo.get('/rest/v1/activities/pagingtoken.json', { sinceDatetime: '2020-01-01' })).sort(),
    ).toEqual(['nextPageToken', 'requestId', 'success']);
  });

  test('they need URL encoding', async () => {
    const token = await marketo.tokenNow();
    expect(encodeURIComponent(token)).not.toBe(token);
  });

  test('the same token works for every feed', async () => {
    const token = await marketo.tokenNow();
    const [id] = await marketo.create({ email: 'a@example.com', firstName: 'Ann', lastName: 'Adams' });
    await marketo.post('/rest/v1/leads/delete.json', { input: [{ id }] });
    expect((await changes(token)).result).toHaveLength(1);
    expect((await marketo.get(ACTIVITIES, { nextPageToken: token, activityTypeIds: '12,37' })).result).toHaveLength(2);
    expect((await marketo.get(DELETED, { nextPageToken: token })).result).toEqual([
      {
        id: 2,
        marketoGUID: '2',
        leadId: id,
        activityDate: STAMP,
        activityTypeId: 37,
        primaryAttributeValueId: id,
        primaryAttributeValue: 'Ann Adams',
        attributes: [],
      },
    ]);
  });
});

describe('activities', () => {
  test('a score is Change Score (22), with the difference', async () => {
    const [id] = await marketo.create({ email: 'a@example.com', leadScore: 10 });
    const token = await marketo.tokenNow();
    await update(id, { leadScore: 25 });
    await update(id, { leadScore: 5 });
    const { result } = await marketo.get(ACTIVITIES, { nextPageToken: token, activityTypeIds: 22 });
    expect(result?.map(({ primaryAttributeValue }) => primaryAttributeValue)).toEqual(['Person Score', 'Person Score']);
    expect(result?.map(({ attributes }) => attributes)).toEqual([
      [
        { name: 'Change Value', value: '+15' },
        { name: 'Old Value', value: '10' },
        { name: 'New Value', value: '25' },
        { name: 'Reason', value: 'Web service API' },
      ],
      [
        { name: 'Change Value', value: '-20' },
        { name: 'Old Value', value: '25' },
        { name: 'New Value', value: '5' },
        { name: 'Reason', value: 'Web service API' },
      ],
    ]);
  });

  test('a merge is Merge Leads (32) at the winner and a deletion of the loser, whose history the winner has now', async () => {
    const token = await marketo.tokenNow();
    const [winner, loser] = await marketo.create({ email: 'a@example.com' }, { email: 'b@example.com', city: 'York' });
    await marketo.post(`/rest/v1/leads/${winner}/merge.json?leadId=${loser}`);
    const { result } = await marketo.get(ACTIVITIES, { nextPageToken: token, activityTypeIds: '12,32,37' });
    expect(result?.map(({ activityTypeId, leadId }) => [activityTypeId, leadId])).toEqual([
      [12, winner],
      [12, winner],
      [37, loser],
      [32, winner],
    ]);
    expect(result?.[3]?.['attributes']).toContainEqual({ name: 'Merge IDs', value: String(loser) });
    expect((await changes(token, 'city')).result?.map(({ activityTypeId }) => activityTypeId)).toEqual([12, 12]);
  });

  test.each([
    ['1002', {}],
    ['1003', { activityTypeIds: '1,2,3,6,7,8,9,10,11,12,13' }],
    ['1001', { activityTypeIds: 'twelve' }],
    ['1003', { activityTypeIds: '12,13', assetIds: '1' }],
  ])('answer %s to %j', async (code, query) => {
    expect(codeOf(await marketo.get(ACTIVITIES, { nextPageToken: await marketo.tokenNow(), ...query }))).toBe(code);
  });

  test('can be restricted to one field by its id', async () => {
    const [id] = await marketo.create({ email: 'a@example.com' });
    const token = await marketo.tokenNow();
    await update(id, { city: 'Leeds', title: 'CIO' });
    const { result } = await marketo.get(ACTIVITIES, { nextPageToken: token, activityTypeIds: 13, assetIds: 59 });
    expect(result).toHaveLength(1);
    expect(result?.[0]).toMatchObject({ primaryAttributeValueId: 59, primaryAttributeValue: 'City' });
  });

  test('types are listed, New Lead without a primary attribute', async () => {
    const { result } = await marketo.get('/rest/v1/activities/types.json');
    const byId = new Map(result?.map((type) => [type['id'], type]));
    expect(byId.get(12)).toMatchObject({ name: 'New Lead' });
    expect(byId.get(12)).not.toHaveProperty('primaryAttribute');
    expect(byId.get(13)).toMatchObject({
      name: 'Change Data Value',
      primaryAttribute: { name: 'Attribute Name', dataType: 'string' },
    });
  });
});

describe('what makes feeds hard to read', () => {
  test('an entry may be late: it appears at its date, where a token that was carried forward does not find it', async () => {
    const token = await marketo.tokenNow();
    await marketo.control('POST', 'activities/late', { times: 1, delaySeconds: 60 });
    await marketo.create({ email: 'late@example.com' });
    await marketo.control('POST', 'clock', { advanceSeconds: 10 });
    await marketo.create({ email: 'punctual@example.com' });
    const before = await changes(token, 'email');
    expect(before.result?.map(({ leadId }) => leadId)).toEqual([2]);
    await marketo.control('POST', 'clock', { advanceSeconds: 60 });
    expect((await changes(before.nextPageToken ?? '', 'email')).result).toEqual([]);
    expect((await changes(token, 'email')).result?.map(({ leadId }) => leadId)).toEqual([1, 2]);
  });

  test('a page may be short, or empty, although there are more', async () => {
    const token = await marketo.tokenNow();
    await marketo.create(...Array.from({ length: 5 }, (_, i) => ({ email: `p${i}@example.com` })));
    await marketo.control('POST', 'activities/short-pages', { times: 2, size: 0 });
    const empty = await changes(token, 'email');
    expect([empty.result, empty.moreResult]).toEqual([[], true]);
    const { items, pages } = await readAll(CHANGES, empty.nextPageToken ?? '', { fields: 'email' });
    expect([items.length, pages]).toEqual([5, 2]);
    await marketo.control('POST', 'activities/short-pages', { times: 2, size: 2 });
    const short = await readAll(CHANGES, token, { fields: 'email' });
    expect([short.items.length, short.pages]).toEqual([5, 3]);
  });

  test('entries may have no id, only a GUID', async () => {
    const token = await marketo.tokenNow();
    await marketo.create({ email: 'a@example.com' });
    expect((await changes(token)).result?.[0]).toHaveProperty('id');
    await marketo.control('POST', 'switches', { activityIds: 'missing' });
    expect((await changes(token)).result?.[0]).not.toHaveProperty('id');
    expect((await changes(token)).result?.[0]).toMatchObject({ marketoGUID: '1' });
  });

  test('old entries are gone: deletions after 14 days, changes after 90, new people never', async () => {
    const token = await marketo.tokenNow();
    const [id, gone] = await marketo.create({ email: 'a@example.com' }, { email: 'b@example.com' });
    await update(id, { city: 'Leeds' });
    await marketo.post('/rest/v1/leads/delete.json', { input: [{ id: gone }] });
    const types = async (): Promise<unknown> => {
      marketo.token = await marketo.newToken();
      const { result } = await marketo.get(ACTIVITIES, { nextPageToken: token, activityTypeIds: '12,13,37' });
      return result?.map(({ activityTypeId }) => activityTypeId);
    };
    const advance = (days: number): Promise<Item> => marketo.control('POST', 'clock', { advanceSeconds: days * 86_400 });
    await advance(13);
    expect(await types()).toEqual([12, 12, 13, 37]);
    await advance(2);
    expect(await types()).toEqual([12, 12, 13]);
    await advance(76);
    expect(await types()).toEqual([12, 12]);
  });

  test('how long depends on what an entry says: scores and lists 90 days, what is not named for 25 months', async () => {
    const token = await marketo.tokenNow();
    const [winner, loser] = await marketo.create({ email: 'a@example.com' }, { email: 'b@example.com' });
    await update(winner, { leadScore: 5 });
    const { id: list } = await marketo.control('POST', 'lists', { name: 'L' });
    await marketo.post(`/rest/v1/lists/${list as number}/leads.json`, { input: [{ id: winner }] });
    await marketo.post(`/rest/v1/lists/${list as number}/leads.json`, { input: [{ id: winner }] }, 'DELETE');
    await marketo.post(`/rest/v1/leads/${winner}/merge.json?leadId=${loser}`);
    const types = async (days: number): Promise<unknown> => {
      await marketo.control('POST', 'clock', { advanceSeconds: days * 86_400 });
      marketo.token = await marketo.newToken();
      const { result } = await marketo.get(ACTIVITIES, { nextPageToken: token, activityTypeIds: '22,24,25,32' });
      return result?.map(({ activityTypeId }) => activityTypeId);
    };
    expect(await types(89)).toEqual([22, 24, 25, 32]);
    expect(await types(2)).toEqual([25, 32]);
    expect(await types(660)).toEqual([25, 32]);
    expect(await types(20)).toEqual([]);
  });
});
