import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, type Envelope, Marketo, skipCode } from './client';

let marketo: Marketo;
beforeEach(async () => {
  marketo = await Marketo.start();
});
afterEach(() => marketo.close());

const BASE = '/rest/v1/activities/external';
const REJECTED = {
  apiName: 'syncRejected',
  name: 'Sync Rejected',
  triggerName: 'Sync Is Rejected',
  filterName: 'Sync Was Rejected',
  description: 'The other side refused a value.',
  primaryAttribute: { apiName: 'reference', name: 'Reference', dataType: 'string' },
};
const type = (path: string, body?: unknown): Promise<Envelope> => marketo.post(`${BASE}/type/${REJECTED.apiName}${path}`, body);
const described = (draft: boolean): Promise<Envelope> =>
  marketo.get(`${BASE}/type/${REJECTED.apiName}/describe.json`, draft ? { draft: 'true' } : {});

/** An approved type with two secondary attributes; its id. */
async function approvedType(): Promise<number> {
  await marketo.post(`${BASE}/type.json`, REJECTED);
  await type('/attributes/create.json', {
    attributes: [
      { apiName: 'code', name: 'Code', dataType: 'string' },
      { apiName: 'tries', name: 'Tries', dataType: 'integer' },
    ],
  });
  return (await type('/approve.json')).result?.[0]?.['id'] as number;
}

describe('types', () => {
  test('begin as a draft, get attributes, and are approved', async () => {
    const created = await marketo.post(`${BASE}/type.json`, REJECTED);
    expect(created.result).toEqual([
      {
        ...REJECTED,
        id: 100001,
        status: 'draft',
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
        primaryAttribute: { ...REJECTED.primaryAttribute, isPrimary: true },
        attributes: [],
      },
    ]);
    const attribute = { apiName: 'code', name: 'Code', dataType: 'string', description: 'Theirs.' };
    expect((await type('/attributes/create.json', { attributes: [attribute] })).result).toMatchObject([
      { status: 'draft', attributes: [attribute] },
    ]);
    expect(codeOf(await described(false))).toBe('1013');
    const approved = await marketo.call(
      'POST',
      `${BASE}/type/syncRejected/approve.json`,
      { 'content-type': 'application/json' },
      '',
    );
    expect(approved.result).toMatchObject([{ status: 'approved' }]);
    expect((await described(false)).result).toMatchObject([{ status: 'approved', attributes: [attribute] }]);
    const listed = (await marketo.get('/rest/v1/activities/types.json')).result?.find(({ id }) => id === 100001);
    expect(listed).toMatchObject({
      apiName: 'syncRejected',
      name: 'Sync Rejected',
      primaryAttribute: { apiName: 'reference' },
      attributes: [{ apiName: 'code', dataType: 'string' }],
    });
  });

  test('a change is a draft beside the approved version, until it is approved or discarded', async () => {
    await approvedType();
    expect((await type('.json', { name: 'Refused' })).result).toMatchObject([{ status: 'approved with draft', name: 'Refused' }]);
    expect((await described(false)).result).toMatchObject([{ name: 'Sync Rejected' }]);
    expect((await described(true)).result).toMatchObject([{ name: 'Refused' }]);
    expect((await type('/discardDraft.json')).result).toMatchObject([{ status: 'approved', name: 'Sync Rejected' }]);
    await type('/attributes/update.json', { attributes: [{ apiName: 'code', name: 'Error Code' }] });
    await type('/attributes/delete.json', { attributes: [{ apiName: 'tries' }] });
    expect((await type('/approve.json')).result).toMatchObject([
      { status: 'approved', attributes: [{ apiName: 'code', name: 'Error Code', dataType: 'string' }] },
    ]);
  });

  test('can be deleted', async () => {
    await approvedType();
    expect((await type('/delete.json')).result).toMatchObject([{ status: 'deleted' }]);
    expect((await marketo.get(`${BASE}/types.json`)).result).toEqual([]);
  });

  test.each([
    ['1002', 'no name', { ...REJECTED, name: undefined }],
    ['1002', 'no primary attribute', { ...REJECTED, primaryAttribute: undefined }],
    ['1003', 'a name with blanks', { ...REJECTED, apiName: 'sync rejected' }],
    ['1001', 'a type nobody knows', { ...REJECTED, primaryAttribute: { apiName: 'a', name: 'A', dataType: 'guid' } }],
  ])('are refused with %s: %s', async (code, _what, body) => {
    expect(codeOf(await marketo.post(`${BASE}/type.json`, body))).toBe(code);
  });

  test('are unique, ten at most, with twenty attributes at most', async () => {
    await approvedType();
    expect(codeOf(await marketo.post(`${BASE}/type.json`, REJECTED))).toBe('1017');
    expect(codeOf(await type('/attributes/create.json', { attributes: [{ apiName: 'code', name: 'Code' }] }))).toBe('1017');
    const attributes = Array.from({ length: 18 }, (_, i) => ({ apiName: `a${i}`, name: `A ${i}`, dataType: 'string' }));
    expect((await type('/attributes/create.json', { attributes })).success).toBe(true);
    expect(codeOf(await type('/attributes/create.json', { attributes: [{ apiName: 'more', name: 'More' }] }))).toBe('1028');
    for (let i = 2; i <= 10; i++) {
      expect((await marketo.post(`${BASE}/type.json`, { ...REJECTED, apiName: `type${i}` })).success).toBe(true);
    }
    expect(codeOf(await marketo.post(`${BASE}/type.json`, { ...REJECTED, apiName: 'type11' }))).toBe('1027');
  });

  test.each(['/approve.json', '/discardDraft.json'])('%s needs a draft', async (path) => {
    expect(codeOf(await type(path))).toBe('1013');
    await approvedType();
    expect(codeOf(await type(path))).toBe('1003');
  });
});

describe('adding', () => {
  const item = (leadId: unknown, activityTypeId: unknown, changes: object = {}): object => ({
    leadId,
    activityTypeId,
    activityDate: '2026-09-26T06:56:35+07:00',
    primaryAttributeValue: 'r-1',
    attributes: [
      { apiName: 'code', value: '0x80040237' },
      { name: 'Tries', value: 3 },
    ],
    ...changes,
  });

  test('an activity is in the feed at its own date, with its attributes', async () => {
    const id = await approvedType();
    const [lead] = await marketo.create({ email: 'a@example.com' });
    const answer = await marketo.post(`${BASE}.json`, { input: [item(lead, id)] });
    const activity = answer.result?.[0]?.['id'];
    expect(answer.result).toEqual([{ id: activity, marketoGUID: String(activity), status: 'added' }]);
    const nextPageToken = await marketo.tokenSince('2026-09-25T23:00:00Z');
    expect(
      (await marketo.get('/rest/v1/activities.json', { nextPageToken, activityTypeIds: id, leadIds: lead ?? 0 })).result,
    ).toEqual([
      {
        id: activity,
        marketoGUID: String(activity),
        leadId: lead,
        activityDate: '2026-09-25T23:56:35Z',
        activityTypeId: id,
        primaryAttributeValue: 'r-1',
        attributes: [
          { name: 'Code', value: '0x80040237' },
          { name: 'Tries', value: 3 },
        ],
      },
    ]);
  });

  test('nothing recognises a repetition', async () => {
    const id = await approvedType();
    const [lead] = await marketo.create({ email: 'a@example.com' });
    for (let i = 0; i < 2; i++) await marketo.post(`${BASE}.json`, { input: [item(lead, id)] });
    const nextPageToken = await marketo.tokenSince('2026-01-01');
    expect((await marketo.get('/rest/v1/activities.json', { nextPageToken, activityTypeIds: id })).result).toHaveLength(2);
  });

  test('a bad item is skipped, and its reasons are called errors here', async () => {
    const id = await approvedType();
    const [lead] = await marketo.create({ email: 'a@example.com' });
    const { result } = await marketo.post(`${BASE}.json`, {
      input: [
        item(lead, id),
        item(999, id),
        item(lead, 100_077),
        item(lead, id, { activityDate: 'today' }),
        item(lead, id, { attributes: [{ apiName: 'nope', value: 1 }] }),
        item(lead, id, { attributes: [{ apiName: 'tries', value: 'x' }] }),
        item(lead, id, { primaryAttributeValue: null }),
        item(lead, id, { attributes: [{ apiName: 'code', value: 'x'.repeat(70_000) }] }),
      ],
    });
    expect(result?.map(skipCode)).toEqual([undefined, '1004', '1013', '1001', '1006', '1001', '1002', '1049']);
    expect(result?.[1]).toEqual({ status: 'skipped', errors: [{ code: '1004', message: 'Lead not found' }] });
  });

  test('a type must be approved first', async () => {
    await marketo.post(`${BASE}/type.json`, REJECTED);
    const [lead] = await marketo.create({ email: 'a@example.com' });
    const add = async (): Promise<unknown> =>
      (await marketo.post(`${BASE}.json`, { input: [item(lead, 100_001, { attributes: [] })] })).result?.map(skipCode);
    expect(await add()).toEqual(['1013']);
    await type('/approve.json');
    expect(await add()).toEqual([undefined]);
  });
});
