import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { WantedActivityType, WantedField } from '../../../src/core/ports';
import type { Given, Got } from './server';
import { jsonOf, must, ok, refused, startWorld, type World } from './instance';

const FIELDS = '/rest/v1/leads/schema/fields.json';
const TYPES = '/rest/v1/activities/external';

interface Attribute {
  readonly apiName: string;
}
interface StoredType {
  readonly id: number;
  readonly apiName: string;
  approved?: readonly Attribute[];
  draft?: readonly Attribute[];
}

/** An instance that keeps what it is told, as far as set-up goes. */
let fields: string[];
let types: Map<string, StoredType>;
let refuse: (got: Got) => Given | undefined;
let world: World;

beforeEach(async () => {
  fields = ['email'];
  types = new Map();
  refuse = () => undefined;
  world = await startWorld((got) => refuse(got) ?? answer(got));
});
afterEach(() => world.close());

function answer(got: Got): Given {
  if (got.path === '/rest/v1/leads/describe.json')
    return ok({ result: fields.map((name, index) => ({ id: index, displayName: name, dataType: 'string', rest: { name } })) });
  if (got.path === FIELDS) {
    const { input } = jsonOf(got) as { input: { name: string }[] };
    fields.push(...input.map(({ name }) => name));
    return ok({ result: input.map(({ name }) => ({ name, status: 'created' })) });
  }
  const [, apiName = '', step] = /\/type\/(\w+)\/([\w/]+)\.json$/.exec(got.path) ?? [];
  if (got.path === `${TYPES}/types.json`)
    return ok({ result: [...types.values()].map((type) => render(type, type.approved ?? type.draft)) });
  if (got.path === `${TYPES}/type.json`) {
    const { apiName: name } = jsonOf(got) as Attribute;
    types.set(name, { id: 100_001 + types.size, apiName: name, draft: [] });
    return ok({ result: [{ apiName: name, status: 'draft' }] });
  }
  const type = types.get(apiName);
  if (type === undefined) return refused('1013', 'Activity type not found');
  if (step === 'describe') return ok({ result: [render(type, type.draft ?? type.approved)] });
  if (step === 'attributes/create') {
    const { attributes } = jsonOf(got) as { attributes: Attribute[] };
    type.draft = [...(type.draft ?? type.approved ?? []), ...attributes];
    return ok({ result: [render(type, type.draft)] });
  }
  if (type.draft === undefined) return refused('1003', 'There is no draft');
  types.set(apiName, { id: type.id, apiName, approved: type.draft });
  return ok({ result: [{ apiName, status: 'approved' }] });
}

function render({ id, apiName, approved, draft }: StoredType, attributes: readonly Attribute[] = []) {
  const status = approved === undefined ? 'draft' : draft === undefined ? 'approved' : 'approved with draft';
  return { id, apiName, status, attributes };
}

const wantedField = (name: string, dataType = 'string'): WantedField => ({
  name,
  label: `The ${name}`,
  dataType,
  description: `About ${name}`,
});
const attribute = (apiName: string) => ({ apiName, name: `The ${apiName}`, dataType: 'string' });
const wantedType = (apiName: string, ...attributes: string[]): WantedActivityType => ({
  apiName,
  name: `The ${apiName}`,
  triggerName: `Is ${apiName}`,
  filterName: `Was ${apiName}`,
  description: `About ${apiName}`,
  primary: { apiName: 'operation', name: 'Operation' },
  attributes: attributes.map(attribute),
});
const WANTED = [wantedField('email', 'email'), wantedField('microsoftId'), wantedField('notes', 'text')];
const REJECTED = wantedType('rejected', 'code', 'message');
const posts = (): string[] =>
  world
    .asked()
    .filter((got) => got.method === 'POST')
    .map((got) => got.path.replace(TYPES, ''));

describe('set-up', () => {
  test('makes what is missing, and the second time nothing', async () => {
    const first = must(await world.marketo.setUp(WANTED, [REJECTED]));
    expect(first).toEqual({ createdFields: ['microsoftId', 'notes'], preparedTypes: ['rejected'] });
    expect(posts()).toEqual([FIELDS, '/type.json', '/type/rejected/attributes/create.json', '/type/rejected/approve.json']);
    expect(must(await world.marketo.setUp(WANTED, [REJECTED]))).toEqual({ createdFields: [], preparedTypes: [] });
    expect(posts()).toHaveLength(4);
  });

  test('makes fields and types as Marketo wants them told', async () => {
    must(await world.marketo.setUp(WANTED, [REJECTED]));
    const [made, type, attributes, approve] = world.asked().filter((got) => got.method === 'POST');
    expect(jsonOf(made)).toEqual({
      input: [
        { name: 'microsoftId', displayName: 'The microsoftId', dataType: 'string', description: 'About microsoftId' },
        // text areas cannot be made over the API
        { name: 'notes', displayName: 'The notes', dataType: 'string', description: 'About notes' },
      ],
    });
    expect(jsonOf(type)).toEqual({
      apiName: 'rejected',
      name: 'The rejected',
      triggerName: 'Is rejected',
      filterName: 'Was rejected',
      description: 'About rejected',
      primaryAttribute: { apiName: 'operation', name: 'Operation', dataType: 'string' },
    });
    expect(jsonOf(attributes)).toEqual({ attributes: [attribute('code'), attribute('message')] });
    expect(approve?.body).toBe('');
  });

  test('asks for nothing to be made when nothing is wanted', async () => {
    expect(must(await world.marketo.setUp([], []))).toEqual({ createdFields: [], preparedTypes: [] });
    expect(posts()).toEqual([]);
  });

  test('lets activities be added at once', async () => {
    const item = { personId: '1', type: 'rejected', at: '2026-03-01T12:00:00Z', primary: 'x', attributes: {} };
    expect(await world.marketo.add([item])).toMatchObject([{ failure: { code: 'noActivityType' } }]);
    must(await world.marketo.setUp([], [REJECTED]));
    refuse = (got) => (got.path === `${TYPES}.json` ? ok({ result: [{ status: 'added' }] }) : undefined);
    expect(await world.marketo.add([item])).toEqual([{ ok: 'added' }]);
  });

  test('goes on with a type where an earlier set-up stopped', async () => {
    types.set('rejected', { id: 1, apiName: 'rejected', draft: [{ apiName: 'code' }] });
    expect(must(await world.marketo.setUp([], [REJECTED])).preparedTypes).toEqual(['rejected']);
    expect(posts()).toEqual(['/type/rejected/attributes/create.json', '/type/rejected/approve.json']);
    expect(types.get('rejected')?.approved).toEqual([{ apiName: 'code' }, attribute('message')]);
  });

  test('gives an approved type the attributes it lacks', async () => {
    types.set('rejected', { id: 1, apiName: 'rejected', approved: [{ apiName: 'code' }, { apiName: 'theirs' }] });
    expect(must(await world.marketo.setUp([], [REJECTED])).preparedTypes).toEqual(['rejected']);
    expect(types.get('rejected')?.approved?.map(({ apiName }) => apiName)).toEqual(['code', 'theirs', 'message']);
  });

  test('names the field that was refused, and stops there', async () => {
    refuse = (got) =>
      got.path === FIELDS
        ? ok({
            result: [
              { name: 'microsoftId', status: 'created' },
              { status: 'skipped', reasons: [{ code: '1028', message: 'Max field limit reached' }] },
            ],
          })
        : undefined;
    expect(await world.marketo.setUp(WANTED, [REJECTED])).toMatchObject({
      failure: {
        kind: 'rejected',
        code: '1028',
        field: 'notes',
        message: expect.stringMatching(/person field notes: Max field limit reached/),
      },
    });
    expect(posts()).toEqual([FIELDS]);
  });

  test('says of a field that is there but not described that it is hidden', async () => {
    const reasons = [{ code: '1017', message: 'Object already exists' }];
    refuse = (got) => (got.path === FIELDS ? ok({ result: [{ status: 'skipped', reasons }] }) : undefined);
    expect(await world.marketo.setUp([wantedField('microsoftId')], [])).toMatchObject({
      failure: { code: '1017', message: expect.stringMatching(/microsoftId.*hidden.*Field Management/) },
    });
  });

  test('minds no field that somebody else has made meanwhile', async () => {
    refuse = (got) => {
      if (got.path !== FIELDS) return undefined;
      fields.push('microsoftId');
      return ok({ result: [{ status: 'skipped', reasons: [{ code: '1017', message: 'Object already exists' }] }] });
    };
    expect(must(await world.marketo.setUp([wantedField('microsoftId')], []))).toEqual({ createdFields: [], preparedTypes: [] });
  });

  test.each([
    ['fields', FIELDS, 'Read-Write Schema Custom Field'],
    ['activity types', `${TYPES}/type.json`, 'Read-Write Activity Metadata'],
    ['a look at the activity types', `${TYPES}/types.json`, 'Read-Write Activity Metadata'],
  ])('names the permission that %s need', async (_what, path, permission) => {
    refuse = (got) => (got.path === path ? refused('603', 'Access denied') : undefined);
    expect(await world.marketo.setUp(WANTED, [REJECTED])).toMatchObject({
      failure: { kind: 'config', code: '603', message: expect.stringContaining(permission) },
    });
  });

  test('says that there is no room for another activity type', async () => {
    refuse = (got) => (got.path === `${TYPES}/type.json` ? refused('1027', 'Max Activity Type Limit Reached') : undefined);
    expect(await world.marketo.setUp([], [REJECTED])).toMatchObject({
      failure: { code: '1027', message: expect.stringMatching(/activity type rejected.*allows ten/) },
    });
  });
});
