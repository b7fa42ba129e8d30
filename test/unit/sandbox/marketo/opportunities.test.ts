import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, type Envelope, type Item, Marketo, skipCode } from './client';

let marketo: Marketo;
let ann: number;
beforeEach(async () => {
  marketo = await Marketo.start();
  [ann = 0] = await marketo.create({ email: 'ann@example.com' });
});
afterEach(() => marketo.close());

const OPPORTUNITIES = '/rest/v1/opportunities';
const ROLES = '/rest/v1/opportunities/roles';
const GUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

const sync = (path: string, input: readonly object[], options: object = {}): Promise<Envelope> =>
  marketo.post(`${path}.json`, { ...options, input });
const outcomes = ({ result }: Envelope): readonly unknown[] | undefined =>
  result?.map((item) => skipCode(item) ?? item['status']);
const guidOf = (item: Item | undefined): string => String(item?.['marketoGUID']);
const role = (externalOpportunityId: string, leadId: number, name: string): object => ({
  externalOpportunityId,
  leadId,
  role: name,
});
const rolesOf = async (leadId: number): Promise<readonly unknown[] | undefined> => {
  const { result } = await marketo.get(`${ROLES}.json`, { filterType: 'leadId', filterValues: leadId });
  return result?.map((item) => `${String(item['externalOpportunityId'])} ${String(item['role'])}`);
};

describe('opportunities', () => {
  const chairs = { externalOpportunityId: 'chairs', name: 'Chairs', amount: '1604.47', stage: 'Offer', isWon: false };

  test('are created and updated by their key or GUID, with seq in the result', async () => {
    const { result } = await sync(OPPORTUNITIES, [chairs, { externalOpportunityId: 'dogs', name: 'Dogs' }]);
    expect(result).toEqual([
      { seq: 0, marketoGUID: expect.stringMatching(GUID), status: 'created' },
      { seq: 1, marketoGUID: expect.stringMatching(GUID), status: 'created' },
    ]);
    const marketoGUID = guidOf(result?.[0]);
    expect(guidOf(result?.[1])).not.toBe(marketoGUID);
    const byGuid = { action: 'updateOnly', dedupeBy: 'idField' };
    expect((await sync(OPPORTUNITIES, [{ marketoGUID, stage: 'Won' }], byGuid)).result).toEqual([
      { seq: 0, marketoGUID, status: 'updated' },
    ]);
    expect(outcomes(await sync(OPPORTUNITIES, [{ externalOpportunityId: 'chairs', amount: null }]))).toEqual(['updated']);
    const fields = 'marketoGuid,externalOpportunityId,name,amount,stage,isWon';
    const found = await marketo.get(`${OPPORTUNITIES}.json`, { filterType: 'marketoGUID', filterValues: marketoGUID, fields });
    expect(found.result).toEqual([{ seq: 0, marketoGUID, ...chairs, amount: null, stage: 'Won' }]);
    const byKey = await marketo.get(`${OPPORTUNITIES}.json`, { filterType: 'dedupeFields', filterValues: 'chairs,none,dogs' });
    expect(byKey.result).toEqual([
      expect.objectContaining({ seq: 0, marketoGUID, externalOpportunityId: 'chairs', createdAt: expect.any(String) }),
      expect.objectContaining({ seq: 1, externalOpportunityId: 'dogs' }),
    ]);
  });

  test('are skipped for what is wrong with them', async () => {
    const dogs = { externalOpportunityId: 'dogs', name: 'Dogs' };
    const made = await sync(OPPORTUNITIES, [
      chairs,
      chairs,
      { name: 'Without a key' },
      { externalOpportunityId: 'nameless' },
      { ...dogs, nope: 1 },
      { ...dogs, createdAt: '2026-01-01T00:00:00Z' },
      { ...dogs, externalOpportunityId: 'many', amount: 'many' },
    ]);
    expect(outcomes(made)).toEqual(['created', '1036', '1003', '1003', '1006', '1036', '1001']);
    expect(outcomes(await sync(OPPORTUNITIES, [{ ...dogs, createdAt: '2026-01-01T00:00:00Z' }]))).toEqual(['1003']);
    expect(outcomes(await sync(OPPORTUNITIES, [chairs], { action: 'createOnly' }))).toEqual(['1017']);
    expect(outcomes(await sync(OPPORTUNITIES, [dogs], { action: 'updateOnly' }))).toEqual(['1013']);
    const byGuid = { action: 'updateOnly', dedupeBy: 'idField' };
    const marketoGUID = guidOf(made.result?.[0]);
    const renamed = [{ marketoGUID, externalOpportunityId: 'stools' }, { marketoGUID: 'nobody' }, {}];
    expect(outcomes(await sync(OPPORTUNITIES, renamed, byGuid))).toEqual(['1003', '1013', '1003']);
  });

  test('are refused as a whole: the batch, the mode, a sales person who is not there (718)', async () => {
    const many = Array.from({ length: 301 }, (_none, i) => ({ externalOpportunityId: String(i), name: 'N' }));
    expect(codeOf(await sync(OPPORTUNITIES, many))).toBe('1003');
    expect(codeOf(await sync(OPPORTUNITIES, []))).toBe('1002');
    expect(codeOf(await sync(OPPORTUNITIES, [{}], { action: 'createOnly', dedupeBy: 'idField' }))).toBe('1003');
    const sold = [chairs, { externalOpportunityId: 'sold', name: 'Sold', externalSalesPersonId: 'sam' }];
    expect(codeOf(await sync(OPPORTUNITIES, sold))).toBe('718');
    const none = await marketo.get(`${OPPORTUNITIES}.json`, { filterType: 'externalOpportunityId', filterValues: 'chairs' });
    expect(none.result).toEqual([]);
    await sync('/rest/v1/salespersons', [{ externalSalesPersonId: 'sam', email: 'sam@example.com' }]);
    expect(outcomes(await sync(OPPORTUNITIES, sold))).toEqual(['created', 'created']);
    expect(codeOf(await marketo.get(`${OPPORTUNITIES}.json`, { filterType: 'stage', filterValues: 'Won' }))).toBe('1011');
  });

  test('are read in pages', async () => {
    await sync(
      OPPORTUNITIES,
      ['a', 'b', 'c'].map((externalOpportunityId) => ({ externalOpportunityId, name: 'N' })),
    );
    const query = { filterType: 'externalOpportunityId', filterValues: 'a,b,c', batchSize: 2 };
    const first = await marketo.get(`${OPPORTUNITIES}.json`, query);
    const second = await marketo.get(`${OPPORTUNITIES}.json`, { ...query, nextPageToken: first.nextPageToken ?? '' });
    expect([first, second].map(({ result }) => result?.map((item) => item['externalOpportunityId']))).toEqual([
      ['a', 'b'],
      ['c'],
    ]);
    expect(second.nextPageToken).toBeUndefined();
  });

  test('are deleted by key or GUID, with their roles', async () => {
    const { result } = await sync(OPPORTUNITIES, [chairs, { externalOpportunityId: 'dogs', name: 'Dogs' }]);
    await sync(ROLES, [role('chairs', ann, 'Buyer'), role('dogs', ann, 'Buyer')]);
    const remove = (input: readonly object[], deleteBy?: string): Promise<Envelope> =>
      marketo.post(`${OPPORTUNITIES}/delete.json`, { ...(deleteBy && { deleteBy }), input });
    const gone = await remove([{ externalOpportunityId: 'chairs' }, { externalOpportunityId: 'never' }]);
    expect(gone.result?.[0]).toEqual({ seq: 0, marketoGUID: guidOf(result?.[0]), status: 'deleted' });
    expect(outcomes(gone)).toEqual(['deleted', '1013']);
    expect(await rolesOf(ann)).toEqual(['dogs Buyer']);
    expect(outcomes(await remove([{ marketoGUID: guidOf(result?.[1]) }], 'idField'))).toEqual(['deleted']);
    expect(await rolesOf(ann)).toEqual([]);
  });

  test('are described', async () => {
    expect((await marketo.get(`${OPPORTUNITIES}/describe.json`)).result).toMatchObject([
      {
        name: 'opportunity',
        idField: 'marketoGUID',
        dedupeFields: ['externalOpportunityId'],
        searchableFields: [['externalOpportunityId'], ['marketoGUID']],
        fields: expect.arrayContaining([
          expect.objectContaining({ name: 'externalOpportunityId', dataType: 'string', length: 50, updateable: false }),
        ]),
      },
    ]);
  });
});

describe('opportunity roles', () => {
  beforeEach(async () => {
    await sync(
      OPPORTUNITIES,
      ['chairs', 'dogs'].map((externalOpportunityId) => ({ externalOpportunityId, name: 'Deal' })),
    );
  });

  test('are created and updated by a key of three fields', async () => {
    const made = await sync(ROLES, [
      { ...role('chairs', ann, 'Buyer'), isPrimary: true },
      role('chairs', ann, 'User'),
      role('chairs', ann, 'Buyer'),
      role('nothing', ann, 'Buyer'),
      role('chairs', 999_999, 'Buyer'),
      { externalOpportunityId: 'chairs', leadId: ann },
    ]);
    expect(outcomes(made)).toEqual(['created', 'created', '1036', '1013', '1004', '1003']);
    expect(outcomes(await sync(ROLES, [{ ...role('chairs', ann, 'Buyer'), isPrimary: false }]))).toEqual(['updated']);
    expect(outcomes(await sync(ROLES, [role('chairs', ann, 'Buyer')], { action: 'createOnly' }))).toEqual(['1017']);
    expect(await rolesOf(ann)).toEqual(['chairs Buyer', 'chairs User']);
  });

  test('are found by their whole key in JSON, or by a part of it', async () => {
    const [ben = 0] = await marketo.create({ email: 'ben@example.com' });
    await sync(ROLES, [role('chairs', ann, 'Buyer'), role('chairs', ben, 'Buyer'), role('dogs', ben, 'User')]);
    const asked = {
      filterType: 'dedupeFields',
      fields: ['marketoGuid', 'externalOpportunityId', 'leadId', 'role', 'isPrimary'],
      input: [role('chairs', ben, 'Buyer'), role('dogs', ben, 'User'), role('dogs', ann, 'User')],
    };
    const found = await marketo.post(`${ROLES}.json?_method=GET`, asked);
    const marketoGUID = expect.stringMatching(GUID);
    expect(found.result).toEqual([
      { seq: 0, marketoGUID, ...role('chairs', ben, 'Buyer'), isPrimary: null },
      { seq: 1, marketoGUID, ...role('dogs', ben, 'User'), isPrimary: null },
    ]);
    const page = await marketo.post(`${ROLES}.json?_method=GET`, { ...asked, batchSize: 1 });
    expect([page.result?.length, typeof page.nextPageToken]).toEqual([1, 'string']);
    const byDeal = await marketo.get(`${ROLES}.json`, { filterType: 'externalOpportunityId', filterValues: 'chairs' });
    expect(byDeal.result?.map((item) => item['leadId'])).toEqual([ann, ben]);
    expect(codeOf(await marketo.get(`${ROLES}.json`, { filterType: 'role', filterValues: 'Buyer' }))).toBe('1011');
    expect(codeOf(await marketo.get(`${ROLES}.json`, { filterType: 'dedupeFields', filterValues: 'chairs' }))).toBe('1002');
  });

  test('are in the feed as Add to Opportunity', async () => {
    const since = await marketo.tokenNow();
    await sync(ROLES, [{ ...role('chairs', ann, 'Buyer'), isPrimary: true }]);
    await sync(ROLES, [{ ...role('chairs', ann, 'Buyer'), isPrimary: false }]);
    const { result } = await marketo.get('/rest/v1/activities.json', { nextPageToken: since, activityTypeIds: 34 });
    expect(result).toEqual([
      expect.objectContaining({
        leadId: ann,
        primaryAttributeValue: 'Deal',
        attributes: [
          { name: 'Role', value: 'Buyer' },
          { name: 'Is Primary', value: true },
        ],
      }),
    ]);
  });

  test('go with their people, and to the winner of a merge', async () => {
    const [ben = 0, eve = 0] = await marketo.create({ email: 'ben@example.com' }, { email: 'eve@example.com' });
    await sync(ROLES, [
      role('chairs', ann, 'Buyer'),
      role('chairs', ben, 'Buyer'),
      role('dogs', ben, 'User'),
      role('dogs', eve, 'User'),
    ]);
    await marketo.post(`/rest/v1/leads/${ann}/merge.json?leadId=${ben}`);
    await marketo.post('/rest/v1/leads/delete.json', { input: [{ id: eve }] });
    expect([await rolesOf(ann), await rolesOf(ben), await rolesOf(eve)]).toEqual([['chairs Buyer', 'dogs User'], [], []]);
    const again = await sync(ROLES, [role('dogs', ann, 'User')], { action: 'createOnly' });
    expect(outcomes(again)).toEqual(['1017']);
  });

  test('are deleted by their key', async () => {
    await sync(ROLES, [role('chairs', ann, 'Buyer')]);
    const input = [role('chairs', ann, 'Buyer'), role('chairs', ann, 'User')];
    expect(outcomes(await marketo.post(`${ROLES}/delete.json`, { input }))).toEqual(['deleted', '1013']);
  });
});

describe('a native CRM sync', () => {
  test.each(['dynamics', 'salesforce'])('with %s leaves opportunities to be read, and closes roles (1018)', async (nativeCrm) => {
    await sync(OPPORTUNITIES, [{ externalOpportunityId: 'chairs', name: 'Chairs' }]);
    await marketo.control('POST', 'switches', { nativeCrm });
    const query = { filterType: 'externalOpportunityId', filterValues: 'chairs' };
    const input = [{ externalOpportunityId: 'chairs' }];
    const answers = [
      await sync(OPPORTUNITIES, input),
      await marketo.post(`${OPPORTUNITIES}/delete.json`, { input }),
      await sync(ROLES, [role('chairs', ann, 'Buyer')]),
      await marketo.post(`${ROLES}/delete.json`, { input: [role('chairs', ann, 'Buyer')] }),
      await marketo.get(`${ROLES}.json`, query),
      await marketo.get(`${ROLES}/describe.json`),
    ];
    expect(answers.map(codeOf)).toEqual(Array(6).fill('1018'));
    expect((await marketo.get(`${OPPORTUNITIES}.json`, query)).result).toHaveLength(1);
    expect((await marketo.get(`${OPPORTUNITIES}/describe.json`)).success).toBe(true);
  });
});
