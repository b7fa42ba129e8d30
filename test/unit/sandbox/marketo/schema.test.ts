import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, type Item, Marketo, skipCode } from './client';

let marketo: Marketo;
beforeEach(async () => {
  marketo = await Marketo.start();
});
afterEach(() => marketo.close());

const FIELDS = '/rest/v1/leads/schema/fields';
const NEW = { name: 'microsoftId', displayName: 'Microsoft Id', dataType: 'string', description: 'GUID of the row.' };
const describeLead = async (): Promise<Map<unknown, Item>> => {
  const { result = [] } = await marketo.get('/rest/v1/leads/describe.json');
  return new Map(result.map((field) => [(field['rest'] as Item)['name'], field]));
};

describe('describe', () => {
  test('gives id, type and length of the standard fields, and what is read only', async () => {
    const fields = await describeLead();
    expect(fields.get('company')).toEqual({
      id: 2,
      displayName: 'Company Name',
      dataType: 'string',
      length: 255,
      rest: { name: 'company', readOnly: false },
      soap: { name: 'Company', readOnly: false },
    });
    expect(fields.get('leadScore')).toEqual({
      id: expect.any(Number),
      displayName: 'Person Score',
      dataType: 'score',
      rest: { name: 'leadScore', readOnly: false },
      soap: { name: 'LeadScore', readOnly: false },
    });
    for (const name of ['id', 'createdAt', 'updatedAt', 'mktoName', 'inferredCompany', 'originalSourceType']) {
      expect(fields.get(name)).toMatchObject({ rest: { readOnly: true } });
    }
  });

  test('ids and names are unique, and nothing of a native CRM sync is there', async () => {
    const fields = [...(await describeLead()).entries()];
    expect(new Set(fields.map(([, { id }]) => id)).size).toBe(fields.length);
    expect(fields.filter(([name]) => /microsoft|sfdc/i.test(String(name)))).toEqual([]);
    expect(fields.length).toBeGreaterThan(80);
  });

  test('describe2 says what people can be looked up by', async () => {
    await marketo.post(`${FIELDS}.json`, { input: [NEW, { name: 'renewal', displayName: 'Renewal', dataType: 'date' }] });
    const answer = await marketo.get('/rest/v1/leads/describe2.json');
    const [{ name, searchableFields, fields }] = answer.result as [Item];
    expect(name).toBe('API Lead');
    expect(searchableFields).toEqual([['id'], ['email'], ['cookies'], ['leadPartitionId'], ['microsoftId']]);
    expect(fields).toContainEqual({
      name: 'email',
      displayName: 'Email Address',
      dataType: 'email',
      length: 255,
      updateable: true,
      crmManaged: false,
    });
    expect(fields).toContainEqual({
      name: 'createdAt',
      displayName: 'Created At',
      dataType: 'datetime',
      updateable: false,
      crmManaged: false,
    });
  });
});

describe('custom fields', () => {
  test('are created, described, and can then hold values', async () => {
    const [id = 0] = await marketo.create({ email: 'a@example.com' });
    const write = (): Promise<readonly Item[]> => marketo.sync([{ email: 'a@example.com', microsoftId: 'x' }]);
    expect(skipCode((await write())[0])).toBe('1006');
    expect((await marketo.post(`${FIELDS}.json`, { input: [NEW] })).result).toEqual([{ name: 'microsoftId', status: 'created' }]);
    expect((await write())[0]?.['status']).toBe('updated');
    expect(await marketo.lead(id, 'microsoftId')).toEqual({ id, microsoftId: 'x' });
    expect((await marketo.get(`${FIELDS}/microsoftId.json`)).result).toEqual([
      {
        ...NEW,
        length: 255,
        isHidden: false,
        isHtmlEncodingInEmail: true,
        isSensitive: false,
        isCustom: true,
        isApiCreated: true,
      },
    ]);
    expect((await describeLead()).get('microsoftId')).toMatchObject({ displayName: 'Microsoft Id', dataType: 'string' });
  });

  test('are refused one by one: taken names, unknown types, missing members', async () => {
    const { result } = await marketo.post(`${FIELDS}.json`, {
      input: [
        NEW,
        NEW,
        { ...NEW, name: 'email' },
        { ...NEW, name: 'a', dataType: 'guid' },
        { ...NEW, name: 'b c' },
        { name: 'd', dataType: 'string' },
      ],
    });
    expect(result?.map(skipCode)).toEqual([undefined, '1017', '1017', '1001', '1003', '1002']);
  });

  test('are a hundred at most', async () => {
    const input = Array.from({ length: 101 }, (_, i) => ({ ...NEW, name: `field${i}` }));
    const { result } = await marketo.post(`${FIELDS}.json`, { input });
    expect(result?.map(skipCode).filter((code) => code !== undefined)).toEqual(['1028']);
  });

  test('can be hidden and renamed; standard ones cannot be changed', async () => {
    await marketo.post(`${FIELDS}.json`, { input: [NEW] });
    const change = { input: [{ displayName: 'Row', isHidden: true }] };
    expect((await marketo.post(`${FIELDS}/microsoftId.json`, change)).result).toEqual([
      { name: 'microsoftId', status: 'updated' },
    ]);
    expect((await marketo.get(`${FIELDS}/microsoftId.json`)).result).toMatchObject([
      { displayName: 'Row', isHidden: true, dataType: 'string' },
    ]);
    expect(codeOf(await marketo.post(`${FIELDS}/email.json`, change))).toBe('1003');
    expect(codeOf(await marketo.post(`${FIELDS}/nope.json`, change))).toBe('1006');
  });

  test('are listed in pages with the standard ones', async () => {
    const names: unknown[] = [];
    let token: string | undefined;
    do {
      const answer = await marketo.get(`${FIELDS}.json`, { batchSize: 40, ...(token !== undefined && { nextPageToken: token }) });
      names.push(...(answer.result ?? []).map(({ name }) => name));
      token = answer.nextPageToken;
    } while (token !== undefined);
    expect(names).toEqual([...(await describeLead()).keys()]);
  });
});
