import { afterEach, describe, expect, it } from '@jest/globals';
import type { SideSchema } from '../../../src/core/types';
import { type Environment, ORGANIZATION, startWorld, USER, type World } from './environment';

let world: World;
afterEach(() => world.close());

async function schemaOf(environment: Environment): Promise<SideSchema> {
  world = await startWorld(() => ({ status: 500 }), environment);
  const result = await world.dataverse.schema();
  if ('failure' in result) throw new Error(result.failure.message);
  return result.ok;
}

describe('schema', () => {
  it('tells the instance, the user and every column with its limits, in two requests', async () => {
    const schema = await schemaOf({});
    expect(world.server.requests).toHaveLength(2);
    expect(schema).toMatchObject({ instance: ORGANIZATION, userId: USER, problems: [] });
    const { contact = {}, lead = {} } = schema.entities;
    expect(contact.emailaddress1).toEqual({
      name: 'emailaddress1',
      label: 'Email',
      vendorType: 'String',
      maxLength: 100,
      required: 'none',
      readable: true,
      creatable: true,
      updatable: true,
    });
    expect(contact.lastname).toMatchObject({ maxLength: 50, required: 'application' });
    expect(contact.annualincome).toMatchObject({ vendorType: 'Money', precision: 2, minValue: 0, maxValue: 100_000_000 });
    expect(contact.birthdate).toMatchObject({ dateOnly: true });
    expect(contact.leadsourcecode?.options).toEqual([
      { value: 1, label: 'Advertisement', labels: { 1030: 'Advertisement (da)', 1033: 'Advertisement' } },
      { value: 8, label: 'Web', labels: { 1030: 'Web (da)', 1033: 'Web' } },
    ]);
    expect(contact.new_interests).toMatchObject({
      vendorType: 'MultiSelectPicklist',
      options: [{ value: 100000000, label: 'Golf' }],
    });
    expect(contact.fullname).toMatchObject({ readable: true, creatable: false, updatable: false });
    expect(lead).toHaveProperty('companyname');
    expect(contact).not.toHaveProperty('companyname');
  });

  it('takes a column that holds a time for a date-time, even when screens show the date alone', async () => {
    expect((await schemaOf({})).entities.contact?.modifiedon).toMatchObject({ dateOnly: false });
  });

  it('leaves out virtual columns and helpers of other columns', async () => {
    const { contact = {} } = (await schemaOf({})).entities;
    expect(Object.keys(contact)).not.toEqual(expect.arrayContaining(['entityimage']));
    for (const name of ['entityimage', 'leadsourcecodename', 'emailname']) expect(contact).not.toHaveProperty(name);
  });

  it('describes the row itself as read-only columns', async () => {
    const { lead = {} } = (await schemaOf({})).entities;
    for (const name of ['$id', '$table', '$deleted'])
      expect(lead[name]).toMatchObject({ readable: true, creatable: false, updatable: false });
  });

  it('does not offer lookups for writing', async () => {
    const { contact = {} } = (await schemaOf({})).entities;
    expect(contact.parentcustomerid).toMatchObject({
      vendorType: 'Customer',
      readable: true,
      creatable: false,
      updatable: false,
    });
  });

  it.each([
    [
      { CanRead: 4, CanCreate: 0, CanUpdate: 4 },
      { readable: true, creatable: false, updatable: true },
    ],
    [
      { CanRead: 0, CanCreate: 4, CanUpdate: 0 },
      { readable: false, creatable: true, updatable: false },
    ],
  ])('follows column security %j', async (secured, expected) => {
    const { contact = {} } = (await schemaOf({ secured })).entities;
    expect(contact.emailaddress1).toMatchObject(expected);
    expect(contact.lastname).toMatchObject({ readable: true, creatable: true, updatable: true });
  });

  it.each<[string, Environment, RegExp]>([
    ['change tracking is off', { changeTracking: false }, /Change tracking is off for the table contact/],
    ['read does not reach every row', { readDepth: 'Local' }, /may not read every contact.*organization level/],
    ['leads may not be created', { without: ['prvCreatelead'] }, /may not create a lead/],
    ['contacts may not be changed', { without: ['prvWritecontact'] }, /may not change a contact/],
  ])('says what to mend when %s', async (_what, environment, sentence) => {
    const { problems } = await schemaOf(environment);
    expect(problems.map(({ finding, fix }) => `${finding} ${fix}`).join('\n')).toMatch(sentence);
  });

  it('takes away what a missing privilege forbids, on that table alone', async () => {
    const { entities } = await schemaOf({ without: ['prvCreatelead', 'prvWritelead'] });
    expect(entities.lead?.lastname).toMatchObject({ readable: true, creatable: false, updatable: false });
    expect(entities.contact?.lastname).toMatchObject({ readable: true, creatable: true, updatable: true });
  });

  it('fails with the fix when there is no application user', async () => {
    world = await startWorld(
      () => ({ status: 500 }),
      {},
      () => ({ status: 403, body: { error: { code: '0x80072560', message: 'The user is not a member of the organization.' } } }),
    );
    const result = await world.dataverse.schema();
    expect(result).toMatchObject({
      failure: { kind: 'config', scope: 'side', message: expect.stringContaining('application user') },
    });
  });
});
