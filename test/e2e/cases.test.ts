/** The cases of a two-way sync that are not edits: deletes, merges, qualified leads, filters. Through the vendors' APIs, from outside. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWorld, type World } from '../support/world';

let world: World;
let number = 0;

beforeAll(async () => {
  world = await startWorld({ env: { MDSYNC_DELETE_GRACE_SEC: '0' } });
}, 120_000);

afterAll(async () => world.stop(), 60_000);

/** A human on both sides, paired. */
async function paired(table: 'contacts' | 'leads'): Promise<{ rowId: string; personId: string; email: string }> {
  number += 1;
  const email = `human.${number}@cases.example.com`;
  const rowId = await world.sales.create(table, { firstname: 'Human', lastname: `Number ${number}`, emailaddress1: email });
  await world.settle();
  const [person] = await world.marketer.findByEmail(email);
  return { rowId, personId: String(person?.['id']), email };
}

const personHas = async (id: string): Promise<Record<string, unknown> | undefined> =>
  world.marketer.person(id, ['firstName', 'title', 'microsoftId', 'microsoftType', 'microsoftIsDeleted']);

/** Like `settle`, but waits for records that have put themselves off for a moment too. */
async function rest(): Promise<void> {
  await world.settle();
  const waiting = () => world.db.selectFrom('inbox').select('key').where('state', '=', 'open').execute();
  for (let tries = 0; tries < 40 && (await waiting()).length > 0; tries += 1) {
    await sleep(250);
    await world.settle();
  }
}

async function openReviews(): Promise<readonly { kind: string; detail: object }[]> {
  return world.db.selectFrom('review').select(['kind', 'detail']).where('closed_at', 'is', null).execute();
}

describe('a row deleted in Dynamics', () => {
  test('leaves its person, flagged; edits go nowhere; the next request makes a new row and takes the flag away', async () => {
    const { rowId, personId, email } = await paired('contacts');
    await world.sales.remove('contacts', rowId);
    await world.settle();
    expect(await personHas(personId)).toMatchObject({ microsoftIsDeleted: true, microsoftId: rowId });
    await world.marketer.update(personId, { title: 'After the delete' });
    await world.settle();
    expect(await world.sales.find('contacts', `emailaddress1 eq '${email}'`)).toEqual([]);

    const { body } = await world.webhook({ leadId: Number(personId), syncAs: 'contact' });
    expect(body['status']).toBe('created');
    expect(body['microsoftId']).not.toBe(rowId);
    await world.settle();
    expect(await world.sales.row('contacts', String(body['microsoftId']))).toMatchObject({ jobtitle: 'After the delete' });
    const person = await personHas(personId);
    expect(person).toMatchObject({ microsoftId: body['microsoftId'] });
    expect(person?.['microsoftIsDeleted'] ?? false).toBe(false);
  });
});

describe('a person deleted in Marketo', () => {
  test('leaves the row; only its next change makes a new person', async () => {
    const { rowId, personId, email } = await paired('leads');
    await world.marketer.remove(personId);
    await rest();
    expect(await world.sales.row('leads', rowId)).toBeDefined();
    expect(await world.marketer.findByEmail(email)).toEqual([]);
    await world.sales.update('leads', rowId, { jobtitle: 'Back again' });
    await rest();
    const people = await world.marketer.findByEmail(email, ['id', 'title', 'microsoftId']);
    expect(people).toEqual([expect.objectContaining({ title: 'Back again', microsoftId: rowId })]);
    expect(String(people[0]?.['id'])).not.toBe(personId);
  });
});

describe('people merged in Marketo', () => {
  test('the survivor takes the contact rather than its own lead; the lead waits for an operator and makes no new person', async () => {
    const loser = await paired('contacts');
    const winner = await paired('leads');
    await world.marketer.merge(winner.personId, loser.personId);
    await world.settle();
    await world.settle();
    expect(await personHas(winner.personId)).toMatchObject({ microsoftId: loser.rowId, microsoftType: 'Contact' });
    expect(await openReviews()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'mergedPeople', detail: expect.objectContaining({ microsoftId: winner.rowId }) }),
      ]),
    );
    await world.sales.update('leads', winner.rowId, { jobtitle: 'Nobody hears this' });
    await world.sales.update('contacts', loser.rowId, { jobtitle: 'The survivor hears this' });
    await world.settle();
    expect((await personHas(winner.personId))?.['title']).toBe('The survivor hears this');
    // Dynamics is the authority for a contact, so the survivor has its address now, and nobody else came of the lead.
    expect(await world.marketer.findByEmail(loser.email)).toEqual([expect.objectContaining({ id: Number(winner.personId) })]);
    expect(await world.marketer.findByEmail(winner.email)).toEqual([]);
  });

  test('a survivor without a row takes the one the loser had', async () => {
    const loser = await paired('contacts');
    const winnerId = await world.marketer.create({ firstName: 'Sur', lastName: 'Vivor', email: 'sur.vivor@cases.example.com' });
    await world.marketer.merge(winnerId, loser.personId);
    await world.settle();
    await world.settle();
    expect(await personHas(winnerId)).toMatchObject({ microsoftId: loser.rowId });
    await world.marketer.update(winnerId, { title: 'By the survivor' });
    await world.settle();
    expect(await world.sales.row('contacts', loser.rowId)).toMatchObject({ jobtitle: 'By the survivor' });
  });
});

describe('a qualified lead', () => {
  test('gives its person to the contact, and authority flips to Dynamics', async () => {
    const { rowId, personId, email } = await paired('leads');
    const contactId = await world.sales.qualify(rowId);
    await world.settle();
    // A write of the lead that was under way keeps the pair to itself for as long as it might still arrive.
    for (let second = 0; second < 15 && (await personHas(personId))?.['microsoftId'] !== contactId; second += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await world.settle();
    }
    expect(await personHas(personId)).toMatchObject({ microsoftId: contactId, microsoftType: 'Contact' });
    expect(await world.marketer.findByEmail(email)).toHaveLength(1);
    // On the lead Marketo would have won.
    await world.marketer.update(personId, { title: 'from Marketo' });
    await world.sales.update('contacts', contactId, { jobtitle: 'from Dynamics' });
    await world.settle();
    expect((await personHas(personId))?.['title']).toBe('from Dynamics');
  });

  test('that was never paired leaves its person to the contact, whichever row arrives first', async () => {
    const email = 'early.bird@cases.example.com';
    const leadId = await world.sales.create('leads', { firstname: 'Early', lastname: 'Bird', emailaddress1: email });
    const contactId = await world.sales.qualify(leadId);
    await world.settle();
    await new Promise((resolve) => setTimeout(resolve, 5_500));
    await world.settle();
    await world.settle();
    const people = await world.marketer.findByEmail(email, ['id', 'microsoftId']);
    expect(people).toEqual([expect.objectContaining({ microsoftId: contactId })]);
  });
});

describe('rows merged in Dynamics', () => {
  test('the deactivation does not travel; the person of the merged row is kept and listed for review', async () => {
    const master = await paired('contacts');
    const subordinate = await paired('contacts');
    await world.sales.merge('contact', master.rowId, subordinate.rowId);
    await world.settle();
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
  });
});

describe('the filter', () => {
  test('an explicit No keeps a row out, from Yes to No freezes it, from No to Yes reconciles at once', async () => {
    const email = 'kept.out@cases.example.com';
    const rowId = await world.sales.create('contacts', { lastname: 'Out', emailaddress1: email, new_synctomkto: false });
    await world.settle();
    expect(await world.marketer.findByEmail(email)).toEqual([]);
    await world.sales.update('contacts', rowId, { new_synctomkto: true });
    await world.settle();
    const [person] = await world.marketer.findByEmail(email);
    expect(person).toBeDefined();
    const personId = String(person?.['id']);

    await world.sales.update('contacts', rowId, { new_synctomkto: false });
    await world.settle();
    await world.sales.update('contacts', rowId, { jobtitle: 'Frozen in Dynamics' });
    await world.marketer.update(personId, { firstName: 'Frozen in Marketo' });
    await world.settle();
    expect((await personHas(personId))?.['title'] ?? null).toBeNull();
    expect((await world.sales.row('contacts', rowId))?.['firstname'] ?? null).toBeNull();

    await world.sales.update('contacts', rowId, { new_synctomkto: true });
    await world.settle();
    expect((await personHas(personId))?.['title']).toBe('Frozen in Dynamics');
    expect((await world.sales.row('contacts', rowId))?.['firstname']).toBe('Frozen in Marketo');
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
    expect((await personHas(stays.personId))?.['microsoftIsDeleted'] ?? false).toBe(false);
    expect(await world.marketer.findByEmail(stays.email)).toHaveLength(1);
    await world.sales.update('contacts', stays.rowId, { jobtitle: 'Still heard' });
    await world.settle();
    expect((await personHas(stays.personId))?.['title']).toBe('Still heard');
  });
});
