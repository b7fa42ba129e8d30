/** Rows that are closed, kept out, qualified or secured, and rows of another organisation: what moves then, and what does not. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runSetUp } from '../../src/temporal/setUp';
import { operator } from '../support/operator';
import { requests } from '../support/requests';
import { startWorld, type World } from '../support/world';

let world: World;
let number = 0;

beforeAll(async () => {
  world = await startWorld({ env: { MDSYNC_DELETE_GRACE_SEC: '0' } });
}, 120_000);

afterAll(async () => world.stop(), 60_000);

type RowTable = 'contacts' | 'leads';

async function row(table: RowTable, more: Record<string, string | boolean> = {}): Promise<{ rowId: string; email: string }> {
  number += 1;
  const email = `row.${number}@rows.example.com`;
  const values = { firstname: 'Row', lastname: `Number ${number}`, emailaddress1: email, ...more };
  return { rowId: await world.sales.create(table, values), email };
}

async function paired(table: RowTable, more: Record<string, string | boolean> = {}) {
  const made = await row(table, more);
  await world.settle();
  const [person] = await world.marketer.findByEmail(made.email);
  await world.callsSince();
  return { ...made, personId: String(person?.['id']) };
}

const person = (id: string) =>
  world.marketer.person(id, ['title', 'city', 'microsoftId', 'microsoftType', 'leadStatus', 'microsoftIsDeleted']);
const refusals = (id: string) => world.marketer.activities('microsoftSyncRejected', id);
const sentencesOf = async (id: string, field: string): Promise<readonly string[]> =>
  (await operator(world).explain(id, field)).events.flatMap(({ sentences }) => sentences);
const decisions = (id: string, field: string): Promise<readonly string[]> => operator(world).decisions(id, field);

describe('a lead that is qualified', () => {
  test('leaves its person alone when the contact is kept out, and gives it to the contact when that is let in', async () => {
    const lead = await paired('leads');
    const contactId = await world.sales.qualify(lead.rowId);
    await world.sales.update('contacts', contactId, { new_synctomkto: false });
    await world.settle();
    expect(await person(lead.personId)).toMatchObject({
      microsoftId: lead.rowId,
      microsoftType: 'Lead',
      leadStatus: 'Qualified',
    });
    expect(await world.marketer.findByEmail(lead.email)).toHaveLength(1);
    // Only the lead is looked at: its person is told of the status.
    expect(await requests(world)).toEqual({ reads: { people: 2 }, writes: { people: 1 } });

    await world.sales.update('contacts', contactId, { new_synctomkto: true });
    await world.settle();
    expect(await person(lead.personId)).toMatchObject({
      microsoftId: contactId,
      microsoftType: 'Contact',
      leadStatus: 'Active',
    });
    expect(await decisions(lead.personId, 'microsoftId')).toEqual(['oneWay: confirmed']);
    // By its GUID and its e-mail the contact is nobody, but its lead has a person: the pair is read, and told that it is a contact now.
    expect(await requests(world)).toEqual({ reads: { people: 4, row: 1 }, writes: { people: 1 } });
    expect(await world.marketer.findByEmail(lead.email)).toHaveLength(1);
  });

  test('that was kept out itself makes a new person of its contact; with both kept out there is none', async () => {
    const [alone, neither] = [await row('leads', { new_synctomkto: false }), await row('leads', { new_synctomkto: false })];
    const contactId = await world.sales.qualify(alone.rowId);
    const hidden = await world.sales.qualify(neither.rowId);
    await world.sales.update('contacts', hidden, { new_synctomkto: false });
    await world.callsSince();
    await world.settle();
    expect(await requests(world)).toEqual({ reads: { people: 3 }, writes: { people: 1 } });
    expect(await world.marketer.findByEmail(alone.email, ['id', 'microsoftId'])).toEqual([
      expect.objectContaining({ microsoftId: contactId }),
    ]);
    expect(await world.marketer.findByEmail(neither.email)).toEqual([]);
    // Let in after all, the lead is known for what it was: the contact has its person.
    await world.sales.update('leads', alone.rowId, { new_synctomkto: true });
    await world.settle();
    expect(await world.marketer.findByEmail(alone.email, ['id', 'microsoftId'])).toEqual([
      expect.objectContaining({ microsoftId: contactId }),
    ]);
    expect(await requests(world)).toEqual({ reads: { people: 2 }, writes: {} });
  });
});

describe('a closed row', () => {
  test('takes what Marketo edits while Dynamics lets it; where it does not, only that value is held, and the person says why', async () => {
    const lead = await paired('leads');
    const open = await paired('leads');
    await world.sales.update('leads', lead.rowId, { statecode: 2, statuscode: 4 });
    await world.marketer.update(lead.personId, { title: 'Closed, and written' });
    await world.settle();
    expect(await person(lead.personId)).toMatchObject({ leadStatus: 'Disqualified' });
    expect(await world.sales.row('leads', lead.rowId)).toMatchObject({ jobtitle: 'Closed, and written' });
    expect(await requests(world)).toEqual({ reads: { people: 2, row: 1 }, writes: { people: 1, row: 1 } });

    await world.control('dataverse', 'switches', { closedRowsReadOnly: true });
    await world.marketer.update(lead.personId, { title: 'Closed, and refused' });
    await world.marketer.update(open.personId, { title: 'Open' });
    await world.settle();
    expect(await world.sales.row('leads', lead.rowId)).toMatchObject({ jobtitle: 'Closed, and written' });
    expect(await refusals(lead.personId)).toHaveLength(1);
    expect(await sentencesOf(lead.personId, 'title')).toContainEqual(expect.stringContaining('closed or read-only'));
    // The control, in the same cycle.
    expect(await world.sales.row('leads', open.rowId)).toMatchObject({ jobtitle: 'Open' });
    expect(await refusals(open.personId)).toEqual([]);
    // Two rows may share their reads and writes.
    expect((await requests(world)).writes).toMatchObject({ activities: 1 });

    // Opened again, and tried again.
    await world.control('dataverse', 'switches', { closedRowsReadOnly: false });
    await operator(world).retry({ id: lead.personId });
    await world.settle();
    expect(await world.sales.row('leads', lead.rowId)).toMatchObject({ jobtitle: 'Closed, and refused' });
    expect(await decisions(lead.personId, 'title')).toEqual([
      'marketoChanged: confirmed',
      'marketoChanged: rejected',
      'marketoChanged: confirmed',
    ]);
    expect(await requests(world)).toEqual({ reads: { people: 1, row: 1 }, writes: { row: 1 } });
  });

  test('that is an inactive contact stays in sync, and its person says that it is inactive, until it is active again', async () => {
    const contact = await paired('contacts');
    await world.sales.update('contacts', contact.rowId, { statecode: 1, statuscode: 2, address1_city: 'Ghent' });
    await world.settle();
    expect(await person(contact.personId)).toMatchObject({ leadStatus: 'Inactive', city: 'Ghent', microsoftIsDeleted: false });
    expect(await requests(world)).toEqual({ reads: { people: 2 }, writes: { people: 1 } });
    await world.marketer.update(contact.personId, { title: 'Edited while inactive' });
    await world.settle();
    expect(await world.sales.row('contacts', contact.rowId)).toMatchObject({ jobtitle: 'Edited while inactive', statecode: 1 });
    expect(await requests(world)).toEqual({ reads: { people: 1, row: 1 }, writes: { row: 1 } });
    await world.sales.update('contacts', contact.rowId, { statecode: 0, statuscode: 1 });
    await world.settle();
    expect(await person(contact.personId)).toMatchObject({ leadStatus: 'Active' });
    expect(await decisions(contact.personId, 'leadStatus')).toEqual(['oneWay: confirmed', 'oneWay: confirmed']);
    expect(await requests(world)).toEqual({ reads: { people: 2 }, writes: { people: 1 } });
  });
});

describe('a column that administrators close while pairs exist', () => {
  test('is not taken for emptied: people keep its value, other fields go on, and a real clear travels once it is open again', async () => {
    const contact = await paired('contacts', { jobtitle: 'Known' });
    expect(await person(contact.personId)).toMatchObject({ title: 'Known' });
    await world.control('dataverse', 'column-security', { table: 'contact', column: 'jobtitle', read: false, update: false });
    await world.sales.update('contacts', contact.rowId, { address1_city: 'Bruges' });
    await world.settle();
    expect(await person(contact.personId)).toMatchObject({ title: 'Known', city: 'Bruges' });
    expect(await decisions(contact.personId, 'title')).toEqual([]);
    // Two batches: the column seemed to be emptied, so the permissions were read.
    expect(await requests(world)).toEqual({ reads: { people: 2 }, writes: { people: 1 }, batches: 2 });

    await world.control('dataverse', 'column-security', undefined, 'DELETE');
    await runSetUp(world.client);
    await world.sales.update('contacts', contact.rowId, { jobtitle: null });
    await world.settle();
    expect((await person(contact.personId))?.['title'] ?? null).toBeNull();
    expect(await decisions(contact.personId, 'title')).toEqual(['dynamicsChanged: confirmed']);
    // All contacts are compared again in that field; just this person is written.
    expect((await requests(world)).writes).toEqual({ people: 1 });
  });
});

describe('an organisation or instance that is not the one the store belongs to', () => {
  test.each(['dynamics', 'marketo'] as const)('stops every write: %s', async (side) => {
    const contact = await paired('contacts');
    const name = `instance/${side}`;
    const { value } = await world.db.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirstOrThrow();
    const remember = (instance: unknown) =>
      world.db
        .updateTable('setting')
        .set({ value: JSON.stringify(instance) })
        .where('name', '=', name)
        .execute();
    await remember('another one');
    await world.marketer.update(contact.personId, { title: 'After the refresh' });
    await world.sales.update('contacts', contact.rowId, { address1_city: 'After the refresh' });
    await world.callsSince();
    expect(await world.cycle()).toMatchObject({
      ended: 'config',
      why: [expect.stringContaining(`belongs to the ${side} instance another one`)],
    });
    expect((await requests(world)).writes).toEqual({});
    expect((await world.webhook({ leadId: Number(contact.personId) })).status).toBeLessThan(300);
    expect(await world.sales.row('contacts', contact.rowId)).not.toMatchObject({ jobtitle: 'After the refresh' });

    // The control: the same edits, in the instance they belong to.
    await remember(value);
    await world.settle();
    expect(await world.sales.row('contacts', contact.rowId)).toMatchObject({ jobtitle: 'After the refresh' });
    expect(await person(contact.personId)).toMatchObject({ city: 'After the refresh' });
  });
});

describe('a campaign that names an owner', () => {
  test('gives the new row to that user, and makes none for somebody unknown or disabled', async () => {
    const make = async (name: string) =>
      world.marketer.create({ firstName: 'As', lastName: name, email: `${name}@owners.example.com` });
    const [owned, refused, left] = [await make('signed'), await make('unknown'), await make('left')];
    const [sally] = (await world.sales.find('contacts', 'emailaddress1 ne null')).map((one) => String(one['_ownerid_value']));
    const { body } = await world.webhook({ leadId: Number(owned), syncAs: 'contact', assignTo: sally });
    expect(body).toMatchObject({ status: 'created' });
    expect((await world.sales.row('contacts', String(body['microsoftId'])))?.['_ownerid_value']).toBe(sally);

    await world.settle();
    await world.callsSince();
    for (const [personId, assignTo] of [
      [refused, 'nobody@example.com'],
      [left, 'dora.disabled@sandbox.example.com'],
    ] as const) {
      const answer = await world.webhook({ leadId: Number(personId), assignTo });
      expect(answer.body).toMatchObject({ status: 'rejected', reason: expect.stringContaining('not an enabled Dynamics user') });
    }
    expect(await world.sales.find('leads', "endswith(emailaddress1,'@owners.example.com')")).toEqual([]);
    await world.settle();
    // Of each: the person, the user, and the person's activity.
    expect(await requests(world)).toEqual({ reads: { people: 2, users: 2 }, writes: { activities: 2 } });
    // The control: without an owner the same person is created.
    expect((await world.webhook({ leadId: Number(left) })).body).toMatchObject({ status: 'created' });
    // An owner is for the creation only: the row keeps the one it has.
    expect((await world.webhook({ leadId: Number(owned), assignTo: 'nobody@example.com' })).body).toMatchObject({
      status: 'alreadySynced',
    });
    const keeper = (await world.sales.users()).find(({ email }) => email.startsWith('kim.keeper'));
    await world.sales.update('contacts', String(body['microsoftId']), { 'ownerid@odata.bind': `/systemusers(${keeper?.id})` });
    await world.settle();
    expect(await world.marketer.person(owned, ['microsoftOwner'])).toMatchObject({ microsoftOwner: 'Kim Keeper' });
  });
});
