/** The cases of a two-way sync that are not edits: deletes, merges, qualified leads, filters. Through the vendors' APIs, from outside. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operator } from '../support/operator';
import { requests } from '../support/requests';
import { startWorld, type World } from '../support/world';

let world: World;
let number = 0;

beforeAll(async () => {
  world = await startWorld({ env: { MDSYNC_DELETE_GRACE_SEC: '0' } });
}, 120_000);

afterAll(async () => world.stop(), 60_000);

/** A human on both sides, paired, and nothing asked of either side since. */
async function paired(
  table: 'contacts' | 'leads',
  more: Readonly<Record<string, string>> = {},
): Promise<{ rowId: string; personId: string; email: string }> {
  number += 1;
  const email = `human.${number}@cases.example.com`;
  const rowId = await world.sales.create(table, {
    firstname: 'Human',
    lastname: `Number ${number}`,
    emailaddress1: email,
    ...more,
  });
  await world.settle();
  const [person] = await world.marketer.findByEmail(email);
  await world.callsSince();
  return { rowId, personId: String(person?.['id']), email };
}

const decisions = (id: string, field: string): Promise<readonly string[]> => operator(world).decisions(id, field);

const personHas = async (id: string): Promise<Record<string, unknown> | undefined> =>
  world.marketer.person(id, ['firstName', 'title', 'microsoftId', 'microsoftType', 'microsoftIsDeleted']);

async function openReviews(): Promise<readonly { kind: string; detail: object }[]> {
  return world.db.selectFrom('review').select(['kind', 'detail']).where('closed_at', 'is', null).execute();
}

describe('a row deleted in Dynamics', () => {
  test('leaves its person, flagged; edits go nowhere; the next request makes a new row and takes the flag away', async () => {
    const { rowId, personId, email } = await paired('contacts');
    await world.sales.remove('contacts', rowId);
    await world.settle();
    expect(await personHas(personId)).toMatchObject({ microsoftIsDeleted: true, microsoftId: rowId });
    expect(await decisions(personId, 'microsoftIsDeleted')).toEqual(['oneWay: confirmed']);
    // The person; the row, which is proven to be gone; the person again, to be sure before it is written.
    expect(await requests(world)).toEqual({ reads: { people: 2, row: 1 }, writes: { people: 1 } });
    await world.marketer.update(personId, { title: 'After the delete' });
    await world.settle();
    expect(await world.sales.find('contacts', `emailaddress1 eq '${email}'`)).toEqual([]);
    expect(await requests(world)).toEqual({ reads: { people: 1, row: 1 }, writes: {} });

    const { body } = await world.webhook({ leadId: Number(personId), syncAs: 'contact' });
    expect(body['status']).toBe('created');
    expect(body['microsoftId']).not.toBe(rowId);
    await world.settle();
    expect(await world.sales.row('contacts', String(body['microsoftId']))).toMatchObject({ jobtitle: 'After the delete' });
    const person = await personHas(personId);
    expect(person).toMatchObject({ microsoftId: body['microsoftId'] });
    expect(person?.['microsoftIsDeleted'] ?? false).toBe(false);
    // The request reads the person and looks for twins on both tables; the pair's first run reads both sides and tells the person of its row.
    expect(await requests(world)).toEqual({
      reads: { people: 3, twins: 2, row: 1 },
      writes: { newRow: 1, people: 1, activities: 1 },
    });
  });

  test('at the moment its person is edited: the edit goes nowhere; restored, the row is in sync again and has the edit', async () => {
    const { rowId, personId, email } = await paired('contacts');
    await world.marketer.update(personId, { title: 'At the same moment' });
    await world.sales.remove('contacts', rowId);
    await world.settle();
    expect(await personHas(personId)).toMatchObject({ microsoftIsDeleted: true, title: 'At the same moment' });
    expect(await requests(world)).toEqual({ reads: { people: 2, row: 1 }, writes: { people: 1 } });
    await world.sales.create('contacts', { contactid: rowId, lastname: 'Restored', emailaddress1: email });
    await world.settle();
    expect(await personHas(personId)).toMatchObject({ microsoftIsDeleted: false, microsoftId: rowId });
    expect(await world.sales.row('contacts', rowId)).toMatchObject({ jobtitle: 'At the same moment', lastname: 'Restored' });
    expect(await world.marketer.findByEmail(email, ['id', 'lastName'])).toEqual([{ id: Number(personId), lastName: 'Restored' }]);
    expect(await decisions(personId, 'title')).toEqual(['marketoChanged: confirmed']);
  });
});

describe('a person deleted in Marketo', () => {
  test('leaves the row; only its next change makes a new person', async () => {
    const { rowId, personId, email } = await paired('leads');
    await world.marketer.remove(personId);
    await world.rest();
    expect(await world.sales.row('leads', rowId)).toBeDefined();
    expect(await world.marketer.findByEmail(email)).toEqual([]);
    // How often it is looked for depends on how soon the merges of that time have been read.
    expect((await requests(world)).writes).toEqual({});
    await world.sales.update('leads', rowId, { jobtitle: 'Back again' });
    await world.rest();
    const people = await world.marketer.findByEmail(email, ['id', 'title', 'microsoftId']);
    expect(people).toEqual([expect.objectContaining({ title: 'Back again', microsoftId: rowId })]);
    expect(String(people[0]?.['id'])).not.toBe(personId);
    // Nobody has the GUID, nobody the e-mail; after the creation the pair is looked at once.
    expect(await requests(world)).toEqual({ reads: { people: 3 }, writes: { people: 1 } });
  });

  test('whose row changes before the delete is certain: the change makes a new person, too', async () => {
    const { rowId, personId, email } = await paired('leads');
    await world.marketer.remove(personId);
    // The first looks only note that the person is missing: a merge would look just so. How many there are in a cycle is a matter of time.
    expect(Object.keys((await world.cycle()).outcomes)).toEqual(['deferred']);
    await world.sales.update('leads', rowId, { jobtitle: 'Changed meanwhile' });
    await world.rest();
    expect(await world.marketer.findByEmail(email, ['title', 'microsoftId'])).toEqual([
      expect.objectContaining({ title: 'Changed meanwhile', microsoftId: rowId }),
    ]);
    expect((await requests(world)).writes).toEqual({ people: 1 });
  });

  test('together with its row: nobody is made again, and nothing is written', async () => {
    const { rowId, personId, email } = await paired('contacts');
    await world.marketer.remove(personId);
    await world.sales.remove('contacts', rowId);
    await world.rest();
    expect((await requests(world)).writes).toEqual({});
    expect(await world.marketer.findByEmail(email)).toEqual([]);
    expect(await world.sales.find('contacts', `emailaddress1 eq '${email}'`)).toEqual([]);
  });
});

describe('people merged in Marketo', () => {
  test('the survivor takes the contact rather than its own lead; the lead waits for an operator and makes no new person', async () => {
    const loser = await paired('contacts');
    const winner = await paired('leads');
    // Nobody has seen this edit when its person is merged away: the survivor has none of its own and takes it.
    await world.marketer.update(loser.personId, { title: 'Edited, then merged' });
    await world.marketer.merge(winner.personId, loser.personId);
    await world.settle();
    expect(await personHas(winner.personId)).toMatchObject({ microsoftId: loser.rowId, microsoftType: 'Contact' });
    expect(await world.sales.row('contacts', loser.rowId)).toMatchObject({ jobtitle: 'Edited, then merged' });
    expect(await decisions(winner.personId, 'microsoftId')).toEqual(['oneWay: confirmed']);
    expect(await decisions(winner.personId, 'title')).toEqual(['seed:nonBlank: confirmed']);
    expect(await requests(world)).toEqual({ reads: { people: 2, row: 1 }, writes: { people: 1, row: 1 } });
    expect(await openReviews()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'mergedPeople', detail: expect.objectContaining({ microsoftId: winner.rowId }) }),
      ]),
    );
    await world.sales.update('leads', winner.rowId, { jobtitle: 'Nobody hears this' });
    await world.sales.update('contacts', loser.rowId, { jobtitle: 'The survivor hears this' });
    await world.settle();
    expect((await personHas(winner.personId))?.['title']).toBe('The survivor hears this');
    expect(await requests(world)).toEqual({ reads: { people: 2 }, writes: { people: 1 } });
    // Dynamics is the authority for a contact, so the survivor has its address now, and nobody else came of the lead.
    expect(await world.marketer.findByEmail(loser.email)).toEqual([expect.objectContaining({ id: Number(winner.personId) })]);
    expect(await world.marketer.findByEmail(winner.email)).toEqual([]);
  });

  test('a survivor without a row takes the one the loser had', async () => {
    const loser = await paired('contacts');
    const winnerId = await world.marketer.create({ firstName: 'Sur', lastName: 'Vivor', email: 'sur.vivor@cases.example.com' });
    await world.marketer.merge(winnerId, loser.personId);
    await world.settle();
    expect(await personHas(winnerId)).toMatchObject({ microsoftId: loser.rowId });
    expect(await requests(world)).toEqual({ reads: { people: 2, row: 1 }, writes: { people: 1 } });
    await world.marketer.update(winnerId, { title: 'By the survivor' });
    await world.settle();
    expect(await world.sales.row('contacts', loser.rowId)).toMatchObject({ jobtitle: 'By the survivor' });
    expect(await decisions(winnerId, 'title')).toEqual(['marketoChanged: confirmed']);
    expect(await requests(world)).toEqual({ reads: { people: 1, row: 1 }, writes: { row: 1 } });
  });
});

describe('a qualified lead', () => {
  test('gives its person to the contact, and authority flips to Dynamics', async () => {
    const { rowId, personId, email } = await paired('leads');
    const contactId = await world.sales.qualify(rowId);
    await world.rest();
    expect(await personHas(personId)).toMatchObject({ microsoftId: contactId, microsoftType: 'Contact' });
    expect(await world.marketer.findByEmail(email)).toHaveLength(1);
    expect(await decisions(personId, 'microsoftId')).toEqual(['oneWay: confirmed']);
    // The lead itself may be heard of first, or not: the person is told of its status then. Nothing is written to either row.
    expect(Object.keys((await requests(world)).writes)).toEqual(['people']);
    // On the lead Marketo would have won.
    await world.marketer.update(personId, { title: 'from Marketo' });
    await world.sales.update('contacts', contactId, { jobtitle: 'from Dynamics' });
    await world.settle();
    expect((await personHas(personId))?.['title']).toBe('from Dynamics');
    expect(await decisions(personId, 'title')).toEqual(['collision:dynamics: confirmed']);
    expect(await requests(world)).toEqual({ reads: { people: 2, row: 1 }, writes: { people: 1 } });

    // The lead is history: even its delete concerns nobody.
    await world.sales.remove('leads', rowId);
    await world.settle();
    expect((await personHas(personId))?.['microsoftIsDeleted']).toBe(false);
    // Dynamics takes the lead's id off the contact, which is looked at.
    expect(await requests(world)).toEqual({ reads: { people: 1 }, writes: {} });
  });

  test('with a refused value: what only leads may not hold goes to the contact', async () => {
    const { rowId, personId } = await paired('leads');
    const rule = { table: 'lead', column: 'jobtitle', pattern: '^Count', code: '0x80040265', message: 'We have no counts.' };
    await world.control('dataverse', 'rules', rule);
    await world.marketer.update(personId, { title: 'Count' });
    await world.settle();
    expect((await world.sales.row('leads', rowId))?.['jobtitle'] ?? null).toBeNull();
    expect(await decisions(personId, 'title')).toEqual(['marketoChanged: rejected']);
    const contactId = await world.sales.qualify(rowId);
    await world.rest();
    expect(await world.sales.row('contacts', contactId)).toMatchObject({ jobtitle: 'Count' });
    expect((await operator(world).retry({ id: Number(personId) })).records).toEqual([
      expect.objectContaining({ rejections: [] }),
    ]);
    await world.control('dataverse', 'rules', undefined, 'DELETE');
  });

  test('that was still written to leaves to its contact what is newer than the contact', async () => {
    const { rowId, personId } = await paired('leads', { address1_city: 'Ghent', telephone1: '+1 555 0100' });
    const contactId = await world.sales.qualify(rowId);
    // As if the lead had been heard of before its contact.
    await world.sales.update('contacts', contactId, { new_synctomkto: false, telephone1: '+1 555 0199' });
    for (const city of ['Bruges', 'Antwerp']) {
      await world.marketer.update(personId, { city, title: 'Newer', phone: '+1 555 0111' });
      await world.settle();
    }
    expect(await world.sales.row('leads', rowId)).toMatchObject({ address1_city: 'Antwerp', jobtitle: 'Newer' });
    await world.sales.update('contacts', contactId, { new_synctomkto: true });
    await world.rest();
    // What both have changed is a collision, and Dynamics wins for contacts.
    const ends = { address1_city: 'Antwerp', jobtitle: 'Newer', telephone1: '+1 555 0199' };
    expect(await world.sales.row('contacts', contactId)).toMatchObject(ends);
    expect(await world.marketer.person(personId, ['city', 'title', 'phone', 'microsoftId'])).toMatchObject({
      city: 'Antwerp',
      title: 'Newer',
      phone: '+1 555 0199',
      microsoftId: contactId,
    });
  });

  test('that was never paired leaves its person to the contact, whichever row arrives first', async () => {
    const email = 'early.bird@cases.example.com';
    const leadId = await world.sales.create('leads', { firstname: 'Early', lastname: 'Bird', emailaddress1: email });
    const contactId = await world.sales.qualify(leadId);
    await world.callsSince();
    await world.rest();
    // The rows take turns with the address, and either may come first.
    expect(Object.keys((await requests(world)).writes)).toEqual(['people']);
    const people = await world.marketer.findByEmail(email, ['id', 'microsoftId']);
    expect(people).toEqual([expect.objectContaining({ microsoftId: contactId })]);
  });
});

test('a refused value that its author takes back stays taken back, though what it went back to was our own write', async () => {
  const { rowId, personId } = await paired('leads');
  await world.sales.update('leads', rowId, { jobtitle: 'Countess' });
  await world.settle();
  expect(await personHas(personId)).toMatchObject({ title: 'Countess' });
  const rule = { table: 'lead', column: 'jobtitle', pattern: '^Count$', code: '0x80040265', message: 'We have no counts.' };
  await world.control('dataverse', 'rules', rule);
  await world.marketer.update(personId, { title: 'Count' });
  await world.settle();
  await world.control('dataverse', 'rules', undefined, 'DELETE');
  await world.marketer.update(personId, { title: 'Countess' });
  await world.settle();
  expect(await personHas(personId)).toMatchObject({ title: 'Countess' });
  expect(await world.sales.row('leads', rowId)).toMatchObject({ jobtitle: 'Countess' });
  expect(await decisions(personId, 'title')).toEqual(['dynamicsChanged: confirmed', 'marketoChanged: rejected']);
});

describe('rows merged in Dynamics', () => {
  test('the deactivation does not travel; the person of the merged row is kept and listed for review', async () => {
    const master = await paired('contacts');
    const subordinate = await paired('contacts');
    await world.sales.merge('contact', master.rowId, subordinate.rowId);
    await world.settle();
    expect(await requests(world)).toEqual({ reads: { people: 1 }, writes: {} });
    expect(await personHas(subordinate.personId)).toMatchObject({ microsoftId: subordinate.rowId });
    expect((await personHas(subordinate.personId))?.['microsoftIsDeleted'] ?? false).toBe(false);
    expect(await openReviews()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'mergedRows', detail: expect.objectContaining({ microsoftId: subordinate.rowId }) }),
      ]),
    );
    // The control: the master goes on as before.
    await world.sales.update('contacts', master.rowId, { jobtitle: 'Master' });
    await world.settle();
    expect((await personHas(master.personId))?.['title']).toBe('Master');
    expect(await decisions(master.personId, 'title')).toEqual(['dynamicsChanged: confirmed']);
    expect(await requests(world)).toEqual({ reads: { people: 2 }, writes: { people: 1 } });

    // Until the operator has looked, neither an edit nor a campaign makes a second row of it.
    await world.marketer.update(subordinate.personId, { title: 'Nobody hears this' });
    await world.settle();
    const { body } = await world.webhook({ leadId: Number(subordinate.personId), syncAs: 'contact' });
    expect(body).toMatchObject({ status: 'review' });
    await world.settle();
    expect(await requests(world)).toEqual({ reads: {}, writes: { activities: 1 } });
    const twins = await world.sales.find('contacts', `emailaddress1 eq '${subordinate.email}'`);
    expect(twins.map((row) => row['contactid'])).toEqual([subordinate.rowId]);
    expect(twins[0]).not.toMatchObject({ jobtitle: 'Nobody hears this' });
  });

  test('before either was heard of: the master with the same e-mail address becomes a person at once', async () => {
    const row = { lastname: 'Entered twice', emailaddress1: 'entered.twice@cases.example.com' };
    const ids = [await world.sales.create('contacts', row), await world.sales.create('contacts', row)].toSorted((a, b) =>
      a < b ? -1 : 1,
    );
    // Of several rows with one address, the first by its id is looked at first.
    const [subordinateId = '', masterId = ''] = ids;
    await world.sales.merge('contact', masterId, subordinateId);
    await world.rest();
    const people = await world.marketer.findByEmail(row.emailaddress1, ['microsoftId']);
    expect(people.map((person) => person['microsoftId'])).toEqual([masterId]);
  });

  test('into a master that is kept out: it stays out, whatever the other one was', async () => {
    const subordinate = await paired('contacts');
    const email = 'master.kept.out@cases.example.com';
    const masterId = await world.sales.create('contacts', { lastname: 'Out', emailaddress1: email, new_synctomkto: false });
    await world.sales.merge('contact', masterId, subordinate.rowId);
    await world.sales.update('contacts', masterId, { jobtitle: 'Kept out' });
    await world.settle();
    expect(await world.marketer.findByEmail(email)).toEqual([]);
    expect(await personHas(subordinate.personId)).toMatchObject({ microsoftId: subordinate.rowId, title: null });
    expect(await requests(world)).toEqual({ reads: { people: 1 }, writes: {} });
    // The control: let in, it becomes a person of its own.
    await world.sales.update('contacts', masterId, { new_synctomkto: true });
    await world.settle();
    expect(await world.marketer.findByEmail(email, ['title', 'microsoftId'])).toEqual([
      expect.objectContaining({ title: 'Kept out', microsoftId: masterId }),
    ]);
    expect(await requests(world)).toEqual({ reads: { people: 3 }, writes: { people: 1 } });
  });
});

describe('the filter', () => {
  test('an explicit No keeps a row out, from Yes to No freezes it, from No to Yes reconciles at once', async () => {
    const email = 'kept.out@cases.example.com';
    const rowId = await world.sales.create('contacts', { lastname: 'Out', emailaddress1: email, new_synctomkto: false });
    await world.callsSince();
    await world.settle();
    expect(await world.marketer.findByEmail(email)).toEqual([]);
    expect(await requests(world)).toEqual({ reads: {}, writes: {} });
    await world.sales.update('contacts', rowId, { new_synctomkto: true });
    await world.settle();
    expect(await requests(world)).toEqual({ reads: { people: 3 }, writes: { people: 1 } });
    const [person] = await world.marketer.findByEmail(email);
    expect(person).toBeDefined();
    const personId = String(person?.['id']);

    await world.sales.update('contacts', rowId, { new_synctomkto: false });
    await world.settle();
    expect(await requests(world)).toEqual({ reads: { people: 1 }, writes: {} });
    await world.sales.update('contacts', rowId, { jobtitle: 'Frozen in Dynamics' });
    await world.marketer.update(personId, { firstName: 'Frozen in Marketo' });
    await world.settle();
    expect(await requests(world)).toEqual({ reads: { people: 1, row: 1 }, writes: {} });
    expect([...(await decisions(personId, 'title')), ...(await decisions(personId, 'firstName'))]).toEqual([]);
    expect((await personHas(personId))?.['title'] ?? null).toBeNull();
    expect((await world.sales.row('contacts', rowId))?.['firstname'] ?? null).toBeNull();

    await world.sales.update('contacts', rowId, { new_synctomkto: true });
    await world.settle();
    expect((await personHas(personId))?.['title']).toBe('Frozen in Dynamics');
    expect((await world.sales.row('contacts', rowId))?.['firstname']).toBe('Frozen in Marketo');
    expect(await decisions(personId, 'title')).toEqual(['dynamicsChanged: confirmed']);
    expect(await decisions(personId, 'firstName')).toEqual(['marketoChanged: confirmed']);
    expect(await requests(world)).toEqual({ reads: { people: 2 }, writes: { people: 1, row: 1 } });
  });

  test('that says No and Yes again between two cycles has never been away', async () => {
    const { rowId, personId } = await paired('contacts');
    await world.sales.update('contacts', rowId, { new_synctomkto: false });
    await world.sales.update('contacts', rowId, { jobtitle: 'Edited while out' });
    await world.sales.update('contacts', rowId, { new_synctomkto: true });
    await world.settle();
    expect((await personHas(personId))?.['title']).toBe('Edited while out');
    expect(await requests(world)).toEqual({ reads: { people: 2 }, writes: { people: 1 } });
  });
});

describe('an expired delta token', () => {
  test('leads to a full read that finds what was deleted meanwhile, and doubles nothing', async () => {
    const stays = await paired('contacts');
    const goes = await paired('contacts');
    await world.control('dataverse', 'clock', { advanceSeconds: 8 * 86_400 });
    await world.sales.remove('contacts', goes.rowId);
    await world.settle();
    await world.settle();
    expect((await personHas(goes.personId))?.['microsoftIsDeleted']).toBe(true);
    expect(await decisions(goes.personId, 'microsoftIsDeleted')).toEqual(['oneWay: confirmed']);
    // Everything was read; but for people nothing was written. Those of the tests before are among them: theirs is another eight days past, too.
    expect(Object.keys((await requests(world)).writes)).toEqual(['people']);
    expect((await personHas(stays.personId))?.['microsoftIsDeleted'] ?? false).toBe(false);
    expect(await world.marketer.findByEmail(stays.email)).toHaveLength(1);
    await world.sales.update('contacts', stays.rowId, { jobtitle: 'Still heard' });
    await world.settle();
    expect((await personHas(stays.personId))?.['title']).toBe('Still heard');
  });
});
