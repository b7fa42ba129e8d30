import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Dataverse } from './client';

let dataverse: Dataverse;
beforeAll(async () => {
  dataverse = await Dataverse.start();
});
afterAll(async () => dataverse.close());

test('new rows come along with a new one: what it points to, and what points to it', async () => {
  const id = await dataverse.create('contacts', {
    lastname: 'Middle',
    parentcustomerid_account: { name: 'Above', primarycontactid: { lastname: 'Beside' } },
    contact_customer_contacts: [{ lastname: 'Below' }, { lastname: 'Below too' }],
  });
  const expand = 'parentcustomerid_account($select=name,_primarycontactid_value),contact_customer_contacts($select=lastname)';
  const row = await dataverse.get(`contacts(${id})?$select=lastname&$expand=${expand}`);
  expect(row).toMatchObject({
    lastname: 'Middle',
    parentcustomerid_account: { name: 'Above', _primarycontactid_value: expect.any(String) },
  });
  const below = row['contact_customer_contacts'] as { lastname: string }[];
  expect(below.map(({ lastname }) => lastname).sort()).toEqual(['Below', 'Below too']);
});

test('all of them or none', async () => {
  const body = { lastname: 'Whole', parentcustomerid_account: { name: 'Undone' } };
  const refused = { ...body, contact_customer_contacts: [{ lastname: 'x'.repeat(51) }] };
  expect(await dataverse.refusal('POST', 'contacts', refused)).toMatchObject({ status: 400, code: '0x80044331' });
  expect(await dataverse.rows("accounts?$filter=name eq 'Undone'")).toEqual([]);
  expect(await dataverse.rows("contacts?$filter=lastname eq 'Whole'")).toEqual([]);
  await dataverse.create('contacts', body);
  expect(await dataverse.rows("accounts?$filter=name eq 'Undone'")).toHaveLength(1);
});

test('not along with a change, and not for an owner', async () => {
  const id = await dataverse.create('contacts', { lastname: 'Changed' });
  const update = { parentcustomerid_account: { name: 'New' } };
  expect(await dataverse.refusal('PATCH', `contacts(${id})`, update)).toMatchObject({ status: 400, code: '0x80048d19' });
  const owned = { lastname: 'Owned', ownerid: { fullname: 'New' } };
  expect(await dataverse.refusal('POST', 'contacts', owned)).toMatchObject({ status: 400, code: '0x80048d19' });
});

test.each(['fetchXml=<fetch />', 'savedQuery=0', 'userQuery=0', '$apply=aggregate($count as n)'])(
  'a query by %s is refused rather than overlooked',
  async (query) => {
    expect(await dataverse.refusal('GET', `contacts?${query}`)).toMatchObject({ status: 400, code: '0x80060888' });
  },
);
