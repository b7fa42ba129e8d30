import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, Marketo, skipCode } from './client';

let marketo: Marketo;
beforeEach(async () => {
  marketo = await Marketo.start();
});
afterEach(() => marketo.close());

const COMPANIES = '/rest/v1/companies';
const PERSONS = '/rest/v1/salespersons';

describe.each([
  ['companies', COMPANIES, 'externalCompanyId', { company: 'Acme', industry: 'Foods' }, 'company'],
  ['sales persons', PERSONS, 'externalSalesPersonId', { email: 'sam@example.com', lastName: 'Sales' }, 'email'],
])('%s', (_what, path, key, values, searchable) => {
  test('are created and updated by their key, with seq in the result', async () => {
    const sync = (input: object[], options: object = {}): ReturnType<Marketo['post']> =>
      marketo.post(`${path}.json`, { ...options, input });
    expect((await sync([{ [key]: 'a', ...values }, { [key]: 'b' }])).result).toEqual([
      { seq: 0, id: 1, status: 'created' },
      { seq: 1, id: 2, status: 'created' },
    ]);
    const { result } = await sync([{ [key]: 'b', ...values }, { [key]: 'b' }, { ...values }, { [key]: 'c', nope: 1 }]);
    expect(result?.map((item) => [item['seq'], item['status'], skipCode(item)])).toEqual([
      [0, 'updated', undefined],
      [1, 'skipped', '1036'],
      [2, 'skipped', '1003'],
      [3, 'skipped', '1006'],
    ]);
    expect((await sync([{ [key]: 'a' }], { action: 'createOnly' })).result?.map(skipCode)).toEqual(['1017']);
    expect((await sync([{ [key]: 'x' }], { action: 'updateOnly' })).result?.map(skipCode)).toEqual(['1013']);
    expect((await sync([{ id: 2, [key]: 'b2' }], { dedupeBy: 'idField' })).result).toEqual([
      { seq: 0, id: 2, status: 'updated' },
    ]);
    expect((await sync([{ id: 2, [key]: 'a' }], { dedupeBy: 'idField' })).result?.map(skipCode)).toEqual(['1017']);
    expect(codeOf(await sync([{ id: 2 }], { dedupeBy: 'idField', action: 'createOnly' }))).toBe('1003');
    const found = await marketo.get(`${path}.json`, { filterType: key, filterValues: 'a,b2,b', fields: `${key},${searchable}` });
    expect(found.result?.map((item) => [item[key], item[searchable]])).toEqual([
      ['a', (values as Record<string, unknown>)[searchable]],
      ['b2', (values as Record<string, unknown>)[searchable]],
    ]);
  });

  test('are described, and searched by some fields only', async () => {
    const { result } = await marketo.get(`${path}/describe.json`);
    expect(result).toMatchObject([
      { idField: 'id', dedupeFields: [key], searchableFields: expect.arrayContaining([[key], ['id'], [searchable]]) },
    ]);
    expect(codeOf(await marketo.get(`${path}.json`, { filterType: 'industry', filterValues: 'x' }))).toBe('1011');
    expect(codeOf(await marketo.get(`${path}.json`, { filterType: 'id', filterValues: '1', fields: 'nope' }))).toBe('1006');
  });

  test('are deleted, unless people are linked to them', async () => {
    await marketo.post(`${path}.json`, { input: [{ [key]: 'a' }, { [key]: 'b' }] });
    await marketo.create({ email: 'a@example.com', [key]: 'a' });
    const { result } = await marketo.post(`${path}/delete.json`, { input: [{ [key]: 'a' }, { [key]: 'b' }, { [key]: 'c' }] });
    expect(result?.map((item) => item['status'] ?? skipCode(item))).toEqual(['skipped', 'deleted', 'skipped']);
    expect(result?.map(skipCode)).toEqual(['1022', undefined, '1013']);
    expect(
      (await marketo.post(`${path}/delete.json`, { deleteBy: 'idField', input: [{ id: 1 }] })).result?.map(skipCode),
    ).toEqual(['1022']);
  });

  test.each(['dynamics', 'salesforce'])(
    'cannot be written while a native sync with %s is on (1018), only read',
    async (nativeCrm) => {
      await marketo.post(`${path}.json`, { input: [{ [key]: 'a' }] });
      await marketo.control('POST', 'switches', { nativeCrm });
      expect(codeOf(await marketo.post(`${path}.json`, { input: [{ [key]: 'b' }] }))).toBe('1018');
      expect(codeOf(await marketo.post(`${path}/delete.json`, { input: [{ [key]: 'a' }] }))).toBe('1018');
      expect((await marketo.get(`${path}.json`, { filterType: key, filterValues: 'a' })).result).toHaveLength(1);
      await marketo.control('POST', 'switches', { nativeCrm: 'none' });
      expect((await marketo.post(`${path}.json`, { input: [{ [key]: 'b' }] })).success).toBe(true);
    },
  );
});

describe('people of a company', () => {
  test('have the fields of their company, and cannot change them (1021)', async () => {
    await marketo.post(`${COMPANIES}.json`, { input: [{ externalCompanyId: 'acme', company: 'Acme', industry: 'Foods' }] });
    const [id = 0] = await marketo.create({ email: 'a@example.com', company: 'Own', website: 'https://own.example.com' });
    const byId = { action: 'updateOnly', lookupField: 'id' };
    expect(await marketo.sync([{ id, company: 'Own Ltd' }], byId)).toEqual([{ id, status: 'updated' }]);
    expect(await marketo.sync([{ id, externalCompanyId: 'acme' }], byId)).toEqual([{ id, status: 'updated' }]);
    expect(await marketo.lead(id, 'company', 'industry', 'website', 'externalCompanyId', 'contactCompany')).toEqual({
      id,
      company: 'Acme',
      industry: 'Foods',
      website: null,
      externalCompanyId: 'acme',
      contactCompany: 1,
    });
    const [refused] = await marketo.sync([{ id, industry: 'Media', city: 'Leeds' }], byId);
    expect(refused).toEqual({ status: 'skipped', reasons: [{ code: '1021', message: 'Company update not allowed' }] });
    expect((await marketo.lead(id, 'city'))?.['city']).toBeNull();
    await marketo.post(`${COMPANIES}.json`, { input: [{ externalCompanyId: 'acme', industry: 'Media' }] });
    expect((await marketo.lead(id, 'industry'))?.['industry']).toBe('Media');
  });

  test('leave it only by joining another', async () => {
    await marketo.post(`${COMPANIES}.json`, { input: [{ externalCompanyId: 'a' }, { externalCompanyId: 'b' }] });
    const [id = 0] = await marketo.create({ email: 'a@example.com', externalCompanyId: 'a' });
    const move = async (externalCompanyId: string | null): Promise<unknown> => {
      const [result] = await marketo.sync([{ id, externalCompanyId }], { action: 'updateOnly', lookupField: 'id' });
      return skipCode(result) ?? (await marketo.lead(id, 'externalCompanyId'))?.['externalCompanyId'];
    };
    expect([await move(null), await move('b'), await move('nowhere')]).toEqual(['a', 'b', '1013']);
  });

  test('have a sales person by its key', async () => {
    await marketo.post(`${PERSONS}.json`, { input: [{ externalSalesPersonId: 's1', email: 's@example.com' }] });
    const [linked, refused] = await marketo.sync([
      { email: 'a@example.com', externalSalesPersonId: 's1' },
      { email: 'b@example.com', externalSalesPersonId: 's2' },
    ]);
    expect([linked?.['status'], skipCode(refused)]).toEqual(['created', '1013']);
  });
});
