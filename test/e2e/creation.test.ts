/** Creating people in Dynamics because a campaign asks, while others are at work on the same people. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operator } from '../support/operator';
import { requests } from '../support/requests';
import { startWorld, type World } from '../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld({ people: 4, contacts: 2 });
  await world.settle();
}, 120_000);
afterAll(async () => world.stop(), 60_000);

let last = 0;
function newPerson(over: Record<string, string> = {}): Promise<string> {
  last += 1;
  return world.marketer.create({ firstName: 'Asked', lastName: `For ${last}`, email: `asked.for.${last}@example.com`, ...over });
}

const ask = (id: string, over: object = {}) => world.webhook({ leadId: Number(id), syncAs: 'contact', ...over });
const contactsOf = (email: string) => world.sales.find('contacts', `emailaddress1 eq '${email}'`);

/** Holds the row's creation back for a moment, so that something else happens meanwhile; answers what the campaign is told. */
async function askMeanwhile(id: string, meanwhile: () => Promise<unknown>): Promise<Record<string, unknown>> {
  await world.control('dataverse', 'faults', {
    match: { method: 'POST', path: '/contacts', caller: 'sync-app' },
    action: { delayMs: 800 },
  });
  const answer = ask(id);
  const isWriting = async (): Promise<boolean> =>
    (await world.db.selectFrom('pair').select('id').where('writing_until', 'is not', null).execute()).length > 0;
  while (!(await isWriting())) await new Promise((resolve) => setTimeout(resolve, 5));
  await meanwhile();
  return (await answer).body;
}

describe('the webhook', () => {
  test('creates the row while the caller waits, and the second call finds it done', async () => {
    const id = await world.marketer.create({ firstName: 'Cam', lastName: 'Paign', email: 'cam.paign@example.com' });
    await world.callsSince();
    const first = await world.webhook({ leadId: Number(id), syncAs: 'contact' });
    expect(first).toMatchObject({ status: 200, body: { status: 'created' } });
    const rowId = String(first.body['microsoftId']);
    expect(await world.sales.row('contacts', rowId)).toMatchObject({ firstname: 'Cam', lastname: 'Paign' });
    await world.settle();
    expect(await operator(world).decisions(id, 'microsoftId')).toEqual(['seed:nonBlank: confirmed']);
    // The request reads the person and looks for twins on both tables; the pair's first run reads both sides and tells the person of its row.
    expect(await requests(world)).toEqual({
      reads: { people: 3, twins: 2, row: 1 },
      writes: { newRow: 1, people: 1, activities: 1 },
    });
    const second = await world.webhook({ leadId: Number(id), syncAs: 'contact' });
    expect(second).toEqual({ status: 200, body: { status: 'alreadySynced', microsoftId: rowId } });
    expect(await world.callsSince()).toEqual({ marketo: {}, dataverse: {} });
    expect(await world.marketer.person(id, ['microsoftId', 'microsoftType'])).toMatchObject({
      microsoftId: rowId,
      microsoftType: 'Contact',
    });
    const [activity, ...more] = await world.marketer.activities('syncPersonToMicrosoft', id);
    expect(activity?.primaryAttributeValue).toBe('created');
    expect(more).toEqual([]);
  });

  test('gives a new lead the topic that Dynamics demands, and tells the person', async () => {
    const id = await world.marketer.create({ firstName: 'Topi', lastName: 'Cless', email: 'topi.cless@example.com' });
    const { body } = await world.webhook({ leadId: Number(id), syncAs: 'lead' });
    expect(body).toMatchObject({ status: 'created' });
    expect(await world.sales.row('leads', String(body['microsoftId']))).toMatchObject({ subject: 'Synced from Marketo' });
    await world.settle();
    expect(await world.marketer.person(id, ['microsoftTopic', 'subject'])).toMatchObject({
      microsoftTopic: 'Synced from Marketo',
      subject: 'Synced from Marketo',
    });
    const told = JSON.stringify(await operator(world).explain(id, 'microsoftTopic'));
    expect(told).toContain('The person had no value, so the new Dynamics record gets the default value from the mapping.');
    expect(told).toContain('\\"Synced from Marketo\\" was written to Dynamics.');
  });

  test('links the row that is there instead of making a second one', async () => {
    const id = await world.marketer.create({ firstName: 'Al', lastName: 'Ready', email: 'al.ready@example.com' });
    const rowId = await world.sales.create('leads', {
      firstname: 'Al',
      lastname: 'Ready',
      emailaddress1: 'AL.READY@example.com',
    });
    await world.callsSince();
    const { body } = await world.webhook({ leadId: Number(id) });
    expect(body).toEqual({ status: 'linked', microsoftId: rowId });
    await world.settle();
    expect(await requests(world)).toEqual({ reads: { people: 3, twins: 2, row: 1 }, writes: { people: 1, activities: 1 } });
    expect(await world.sales.find('leads', "emailaddress1 eq 'al.ready@example.com'")).toHaveLength(1);
    const told = (await operator(world).explain(id)).events;
    expect(told).toContainEqual(expect.objectContaining({ kind: 'paired', origin: 'linkedByEmail' }));
    expect(await world.marketer.findByEmail('al.ready@example.com')).toHaveLength(1);
  });

  test('refuses a person without a last name, says so, and makes the row once there is one', async () => {
    const id = await world.marketer.create({ firstName: 'Nameless', email: 'nameless@example.com' });
    await world.callsSince();
    const { body } = await world.webhook({ leadId: Number(id) });
    expect(body).toMatchObject({ status: 'rejected', reason: expect.stringContaining('Last Name is required in Dynamics') });
    expect(await world.sales.find('leads', "emailaddress1 eq 'nameless@example.com'")).toEqual([]);
    await world.settle();
    expect(await requests(world)).toEqual({ reads: { people: 1, twins: 2 }, writes: { activities: 1 } });
    await world.marketer.update(id, { lastName: 'Named' });
    expect((await world.webhook({ leadId: Number(id) })).body['status']).toBe('created');
    await world.settle();
    const activities = await world.marketer.activities('syncPersonToMicrosoft', id);
    expect(activities.map((activity) => activity.primaryAttributeValue)).toEqual(['rejected', 'created']);
  });

  test('ten requests at once make one row', async () => {
    const id = await world.marketer.create({ firstName: 'Ten', lastName: 'Times', email: 'ten.times@example.com' });
    await world.callsSince();
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.webhook({ leadId: Number(id) })));
    const ids = new Set(answers.map(({ body }) => body['microsoftId']));
    expect(ids.size).toBe(1);
    expect(answers.filter(({ body }) => body['status'] === 'created')).toHaveLength(1);
    expect(answers.filter(({ body }) => body['status'] === 'alreadySynced')).toHaveLength(9);
    expect((await operator(world).explain(id)).events).toContainEqual(
      expect.objectContaining({ kind: 'paired', origin: 'rowCreated' }),
    );
    await world.settle();
    expect(await world.sales.find('leads', "emailaddress1 eq 'ten.times@example.com'")).toHaveLength(1);
    expect((await requests(world)).writes).toMatchObject({ newRow: 1, people: 1 });
  });
});

describe('the owner', () => {
  test.each(['GUID', 'e-mail address'])('is the user that is named by %s, and the person tells of it', async (by) => {
    const [owner] = await world.sales.users();
    if (owner === undefined) throw new Error('Dynamics has no users');
    const assignTo = by === 'GUID' ? owner.id.toUpperCase() : owner.email.toUpperCase();
    const id = await newPerson();
    const { body } = await ask(id, { assignTo });
    expect(body).toMatchObject({ status: 'created' });
    const row = await world.sales.row('contacts', String(body['microsoftId']));
    expect(row?.['_ownerid_value']).toBe(owner.id);
    await world.settle();
    const [activity, ...more] = await world.marketer.activities('syncPersonToMicrosoft', id);
    expect(more).toEqual([]);
    expect(activity?.primaryAttributeValue).toBe('created');
    expect(activity?.attributes).toMatchObject({
      'Sync As': 'Contact',
      'Assign To': assignTo,
      'Microsoft Id': body['microsoftId'],
    });
  });

  test('nobody knows: nothing is created, and the person tells why', async () => {
    const id = await newPerson();
    const { body } = await ask(id, { assignTo: 'nobody@example.com' });
    expect(body).toMatchObject({ status: 'rejected', reason: expect.stringContaining('Assign To') });
    expect(await contactsOf(`asked.for.${last}@example.com`)).toEqual([]);
    await world.settle();
    const [activity] = await world.marketer.activities('syncPersonToMicrosoft', id);
    expect(activity?.primaryAttributeValue).toBe('rejected');
    expect(activity?.attributes).toMatchObject({ Reason: body['reason'] });
    // The control: without an owner the same person is created.
    expect((await ask(id)).body).toMatchObject({ status: 'created' });
  });
});

describe('a person that is asked for', () => {
  test('and edited meanwhile has one row, with what was edited', async () => {
    const id = await newPerson();
    const { status } = await askMeanwhile(id, () => world.marketer.update(id, { title: 'Edited meanwhile' }));
    expect(status).toBe('created');
    await world.settle();
    expect(await contactsOf(`asked.for.${last}@example.com`)).toMatchObject([{ jobtitle: 'Edited meanwhile' }]);
  });

  test('and merged into another one meanwhile: the survivor has the row, and there is no second one', async () => {
    const survivor = await newPerson();
    const id = await newPerson();
    const { status, microsoftId } = await askMeanwhile(id, () => world.marketer.merge(survivor, id));
    expect(status).toBe('created');
    await world.settle();
    expect(await world.marketer.person(id, [])).toBeUndefined();
    expect(await world.marketer.person(survivor, ['microsoftId'])).toMatchObject({ microsoftId });
    expect((await ask(survivor)).body).toMatchObject({ status: 'alreadySynced', microsoftId });
    const rows = [
      ...(await contactsOf(`asked.for.${last}@example.com`)),
      ...(await contactsOf(`asked.for.${last - 1}@example.com`)),
    ];
    expect(rows).toHaveLength(1);
  });

  test('and deleted meanwhile: one row, which stays; asked for afterwards: refused, and no row', async () => {
    const id = await newPerson();
    const { status } = await askMeanwhile(id, () => world.marketer.remove(id));
    expect(status).toBe('created');
    await world.settle();
    expect(await contactsOf(`asked.for.${last}@example.com`)).toHaveLength(1);
    expect(await world.marketer.findByEmail(`asked.for.${last}@example.com`)).toEqual([]);

    const gone = await newPerson();
    await world.marketer.remove(gone);
    expect((await ask(gone)).body).toMatchObject({ status: 'rejected', reason: expect.stringContaining(`no person ${gone}`) });
    expect(await contactsOf(`asked.for.${last}@example.com`)).toEqual([]);
  });
});
