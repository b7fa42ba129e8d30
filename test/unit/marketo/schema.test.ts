import { afterEach, describe, expect, test } from '@jest/globals';
import type { Given, Got } from './server';
import { must, ok, refused, startWorld, type World } from './instance';

let world: World;
afterEach(() => world.close());

const field = (name: string, dataType: string, more: object = {}, rest: object = {}) => ({
  id: 2,
  displayName: `The ${name}`,
  dataType,
  rest: { name, readOnly: false, ...rest },
  soap: { name, readOnly: false },
  ...more,
});
const FIELDS = [
  field('company', 'string', { length: 255 }),
  field('createdAt', 'datetime', {}, { readOnly: true }),
  field('dateOfBirth', 'date'),
  field('leadScore', 'score', { length: null }),
  { id: 9, displayName: 'SOAP only', dataType: 'string', soap: { name: 'Soap' } },
];
const TYPES = [
  { id: 100_001, apiName: 'microsoftSyncRejected', status: 'approved' },
  { id: 100_002, apiName: 'syncPersonToMicrosoft', status: 'approved with draft' },
  { id: 100_003, apiName: 'unready', status: 'draft' },
  { id: 100_004, apiName: 'deleted', status: 'deleted' },
];

async function start(types: Given = ok({ result: TYPES }), fields: Given = ok({ result: FIELDS })): Promise<void> {
  world = await startWorld((got: Got) => (got.path === '/rest/v1/leads/describe.json' ? fields : types));
}

describe('schema', () => {
  test('tells fields, activity types in use, and the instance by its host', async () => {
    await start();
    const readable = { required: 'none', readable: true } as const;
    const writable = { ...readable, creatable: true, updatable: true };
    expect(must(await world.marketo.schema())).toEqual({
      instance: new URL(world.server.url).host,
      entities: {
        person: {
          company: { name: 'company', label: 'The company', vendorType: 'string', maxLength: 255, ...writable },
          createdAt: {
            name: 'createdAt',
            label: 'The createdAt',
            vendorType: 'datetime',
            dateOnly: false,
            ...readable,
            creatable: false,
            updatable: false,
          },
          dateOfBirth: { name: 'dateOfBirth', label: 'The dateOfBirth', vendorType: 'date', dateOnly: true, ...writable },
          leadScore: { name: 'leadScore', label: 'The leadScore', vendorType: 'score', ...writable },
        },
      },
      activityTypes: { microsoftSyncRejected: 100_001, syncPersonToMicrosoft: 100_002 },
      problems: [],
    });
    expect(world.asked()).toHaveLength(2);
  });

  test('says which permission is missing for the activity types, and tells the fields all the same', async () => {
    await start(refused('603', 'Access denied'));
    const { entities, activityTypes, problems } = must(await world.marketo.schema());
    expect(Object.keys(entities.person ?? {})).toContain('company');
    expect(activityTypes).toBeUndefined();
    expect(problems).toMatchObject([{ fix: expect.stringContaining('Read-Write Activity Metadata') }]);
  });

  test('fails where the fields may not be read: without them everything would look left out', async () => {
    await start(undefined, refused('603', 'Access denied'));
    expect(await world.marketo.schema()).toMatchObject({
      failure: { kind: 'config', scope: 'side', code: '603', message: expect.stringContaining('Read-Write Person') },
    });
  });

  test.each([
    ['fields', undefined, refused('611', 'System error')],
    ['activity types', refused('611', 'System error'), undefined],
  ] as const)('fails when the %s are not answered for another reason', async (_what, types, fields) => {
    await start(types, fields);
    expect(await world.marketo.schema()).toMatchObject({ failure: { kind: 'retry', code: '611', message: 'System error' } });
  });

  test('brings a vanished field back into what is read', async () => {
    let gone = true;
    world = await startWorld((got) => {
      if (got.path === '/rest/v1/leads/describe.json') return ok({ result: FIELDS });
      if (got.path !== '/rest/v1/leads.json') return ok({ result: TYPES });
      return gone && String(got.query.fields).includes('company')
        ? refused('1006', "Field 'company' not found")
        : ok({ result: [{ id: 1, company: 'Acme' }] });
    });
    const read = async () =>
      must((await world.marketo.read([{ entity: 'person', id: '1' }], { person: ['company'] }))[0])?.values;
    expect(await read()).toEqual({});
    gone = false;
    expect(await read()).toEqual({});
    await world.marketo.schema();
    expect(await read()).toEqual({ company: 'Acme' });
  });
});
