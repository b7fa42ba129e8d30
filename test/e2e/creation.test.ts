/** Creating people in Dynamics because a campaign asks, while others are at work on the same people. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
  await world.control('dataverse', 'faults', { match: { path: '$batch', caller: 'sync-app' }, action: { delayMs: 800 } });
  const answer = ask(id);
  const isWriting = async (): Promise<boolean> =>
    (await world.db.selectFrom('pair').select('id').where('writing_until', 'is not', null).execute()).length > 0;
  while (!(await isWriting())) await new Promise((resolve) => setTimeout(resolve, 5));
  await meanwhile();
  return (await answer).body;
}

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
