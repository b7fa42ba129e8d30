import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, type Envelope, Marketo, skipCode } from './client';

let marketo: Marketo;
let ann: number;
beforeEach(async () => {
  marketo = await Marketo.start();
  [ann = 0] = await marketo.create({ email: 'ann@example.com' });
});
afterEach(() => marketo.close());

const CARS = '/rest/v1/customobjects/car';
const CAR = {
  name: 'car',
  displayName: 'Car',
  fields: [
    { name: 'vin', displayName: 'VIN', length: 17 },
    { name: 'owner', displayName: 'Owner', dataType: 'integer' },
    { name: 'year', displayName: 'Year', dataType: 'integer' },
  ],
  dedupeFields: ['vin'],
  link: { field: 'owner', to: 'Lead', by: 'id' },
};
const HOUSE = {
  name: 'house',
  displayName: 'House',
  fields: [
    { name: 'number', displayName: 'Number', dataType: 'integer' },
    { name: 'street', displayName: 'Street' },
    { name: 'company', displayName: 'Company' },
  ],
  dedupeFields: ['number', 'street'],
  link: { field: 'company', to: 'Company', by: 'externalCompanyId' },
};

const sync = (path: string, input: readonly object[], options: object = {}): Promise<Envelope> =>
  marketo.post(`${path}.json`, { ...options, input });
const outcomes = ({ result }: Envelope): readonly unknown[] | undefined =>
  result?.map((item) => skipCode(item) ?? item['status']);

describe('types of custom objects', () => {
  test('are set up by a control call, listed and described with their link', async () => {
    await marketo.control('POST', 'custom-objects', CAR);
    const { result } = await marketo.get(`${CARS}/describe.json`);
    expect(result).toMatchObject([
      {
        name: 'car',
        idField: 'marketoGUID',
        dedupeFields: ['vin'],
        searchableFields: [['vin'], ['marketoGUID'], ['owner']],
        relationships: [{ field: 'owner', type: 'parent', relatedTo: { name: 'Lead', field: 'id' } }],
        fields: expect.arrayContaining([
          { name: 'vin', displayName: 'VIN', dataType: 'string', length: 17, updateable: false, crmManaged: false },
          { name: 'year', displayName: 'Year', dataType: 'integer', updateable: true, crmManaged: false },
        ]),
      },
    ]);
    expect((await marketo.get('/rest/v1/customobjects.json')).result).toEqual(result);
    expect((await marketo.get('/rest/v1/customobjects.json', { names: 'boat' })).result).toEqual([]);
  });

  test('that are not there have no objects (1013)', async () => {
    expect(codeOf(await marketo.get(`${CARS}/describe.json`))).toBe('1013');
    expect(codeOf(await sync(CARS, [{ vin: 'a' }]))).toBe('1013');
  });

  test.each([
    ['a field twice', { fields: [...CAR.fields, { name: 'vin', displayName: 'Again' }] }],
    ['a key that is no field', { dedupeFields: ['plate'] }],
    ['a link that is no field', { link: { field: 'driver' } }],
    ['a link by what people are not found by', { link: { field: 'owner', by: 'city' } }],
    ['a name that is taken', { name: 'taken' }],
  ])('are refused with %s', async (_what, change) => {
    await marketo.control('POST', 'custom-objects', { ...CAR, name: 'taken' });
    await expect(marketo.control('POST', 'custom-objects', { ...CAR, ...change })).rejects.toThrow();
  });
});

describe('custom objects', () => {
  beforeEach(async () => {
    await marketo.control('POST', 'custom-objects', CAR);
    await marketo.control('POST', 'custom-objects', HOUSE);
  });

  test('are created, updated, read and deleted, whatever native CRM sync is on', async () => {
    await marketo.control('POST', 'switches', { nativeCrm: 'dynamics' });
    const made = await sync(CARS, [{ vin: 'a', owner: ann, year: 2003 }, { vin: 'b' }, { year: 1 }, { vin: 'c', wheels: 4 }]);
    expect(outcomes(made)).toEqual(['created', 'created', '1003', '1006']);
    const marketoGUID = made.result?.[0]?.['marketoGUID'];
    const byGuid = { action: 'updateOnly', dedupeBy: 'idField' };
    expect(outcomes(await sync(CARS, [{ marketoGUID, year: 2004 }], byGuid))).toEqual(['updated']);
    const owned = await marketo.get(`${CARS}.json`, { filterType: 'owner', filterValues: ann, fields: 'vin,owner,year' });
    expect(owned.result).toEqual([{ seq: 0, marketoGUID, vin: 'a', owner: ann, year: 2004 }]);
    const byId = await marketo.get(`${CARS}.json`, { filterType: 'idField', filterValues: String(marketoGUID) });
    expect(byId.result?.map((item) => item['vin'])).toEqual(['a']);
    const gone = await marketo.post(`${CARS}/delete.json`, { input: [{ vin: 'a' }, { vin: 'z' }] });
    expect(gone.result?.[0]).toEqual({ seq: 0, marketoGUID, status: 'deleted' });
    expect(outcomes(gone)).toEqual(['deleted', '1013']);
  });

  test('belong to people and companies who are there', async () => {
    expect(outcomes(await sync(CARS, [{ vin: 'a', owner: 999_999 }]))).toEqual(['1004']);
    await sync('/rest/v1/companies', [{ externalCompanyId: 'acme' }]);
    const houses = [
      { number: 1, street: 'Elm', company: 'acme' },
      { number: 2, street: 'Elm', company: 'none' },
    ];
    expect(outcomes(await sync('/rest/v1/customobjects/house', houses))).toEqual(['created', '1013']);
  });

  test('are found by a key of several fields in JSON', async () => {
    const path = '/rest/v1/customobjects/house';
    await sync(path, [
      { number: 1, street: 'Elm' },
      { number: 2, street: 'Elm' },
    ]);
    const input = [
      { number: '2', street: 'Elm' },
      { number: 1, street: 'Oak' },
    ];
    const found = await marketo.post(`${path}.json?_method=GET`, { filterType: 'dedupeFields', fields: ['number'], input });
    expect(found.result?.map((item) => item['number'])).toEqual([2]);
  });
});
