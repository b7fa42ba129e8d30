import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { API, Dataverse, GUID, type Json, OTHER_GUID } from './client';

let dataverse: Dataverse;
beforeAll(async () => {
  dataverse = await Dataverse.start();
});
afterAll(async () => dataverse.close());

const REPRESENTATION = { prefer: 'return=representation' };
const NOT_THERE = '99999999-1111-4222-8333-444455556666';

async function contact(values: Json = {}): Promise<string> {
  return dataverse.create('contacts', { lastname: 'Fresh', ...values });
}

const etagOf = async (id: string): Promise<string> =>
  String((await dataverse.get(`contacts(${id})?$select=contactid`))['@odata.etag']);

describe('creating', () => {
  test('answers 204 with the address of the row', async () => {
    const { status, headers, text } = await dataverse.call('POST', 'contacts', { lastname: 'Green' });
    expect(status).toBe(204);
    expect(text).toBe('');
    expect(headers.get('odata-entityid')).toMatch(new RegExp(`^${dataverse.url}${API}/contacts\\([0-9a-f-]{36}\\)$`));
    expect(headers.get('location')).toBe(headers.get('odata-entityid'));
  });

  test('answers 201 with the chosen columns when asked for the row', async () => {
    const answer = await dataverse.call('POST', 'contacts?$select=lastname', { lastname: 'Green' }, REPRESENTATION);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('preference-applied')).toBe('return=representation');
    expect(answer.headers.get('odata-entityid')).toBeNull();
    expect(answer.json).toEqual({
      '@odata.context': `${dataverse.url}${API}/$metadata#contacts(lastname)/$entity`,
      '@odata.etag': answer.headers.get('etag'),
      lastname: 'Green',
      contactid: expect.any(String),
    });
  });

  test("takes the client's own id, once", async () => {
    expect(await contact({ contactid: GUID })).toBe(GUID);
    expect(await dataverse.refusal('POST', 'contacts', { contactid: GUID, lastname: 'Twin' })).toEqual({
      status: 412,
      code: '0x80040237',
      message: 'A record with matching key values already exists.',
    });
    expect((await dataverse.get(`contacts(${GUID})`))['lastname']).toBe('Fresh');
  });

  test('stamps who and when, owner and version, and what a new row has by itself', async () => {
    const id = await contact();
    const me = (await dataverse.get('WhoAmI'))['UserId'];
    const row = await dataverse.get(`contacts(${id})`);
    expect(row).toMatchObject({
      _createdby_value: me,
      _modifiedby_value: me,
      _ownerid_value: me,
      _owninguser_value: me,
      _owningteam_value: null,
      statecode: 0,
      statuscode: 1,
      donotbulkemail: false,
      followemail: true,
      preferredcontactmethodcode: 1,
      new_synctomkto: null,
      versionnumber: Number(/\d+/.exec(String(row['@odata.etag']))?.[0]),
    });
    expect(row['createdon']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(row['createdon']).toBe(row['modifiedon']);
  });

  test('takes null for nothing said: clients send whole rows', async () => {
    const id = await contact({ statecode: null, 'ownerid@odata.bind': null, followemail: null, firstname: null });
    expect(await dataverse.get(`contacts(${id})`)).toMatchObject({ statecode: 0, followemail: true, firstname: null });
  });

  test('shows a migrated date of creation as the date, and keeps the real one beside it', async () => {
    const id = await contact({ overriddencreatedon: '2019-05-04T10:00:00Z' });
    const row = await dataverse.get(`contacts(${id})?$select=createdon,overriddencreatedon,modifiedon`);
    expect(row).toMatchObject({ createdon: '2019-05-04T10:00:00Z', overriddencreatedon: row['modifiedon'] });
  });

  test('leads are rated warm, money gets the currency of the organisation', async () => {
    const id = await dataverse.create('leads', { lastname: 'Rich', revenue: 12.345 });
    expect(await dataverse.get(`leads(${id})?$select=leadqualitycode,revenue,revenue_base,exchangerate`)).toMatchObject({
      leadqualitycode: 2,
      revenue: 12.35,
      revenue_base: 12.35,
      exchangerate: 1,
      _transactioncurrencyid_value: expect.any(String),
    });
  });
});

describe('changing', () => {
  test('a PATCH of nothing new still moves time stamp and version', async () => {
    const id = await contact();
    const before = await dataverse.get(`contacts(${id})`);
    await dataverse.control('POST', 'clock', { advanceSeconds: 2 });
    await dataverse.call('PATCH', `contacts(${id})`, { lastname: 'Fresh' });
    const after = await dataverse.get(`contacts(${id})`);
    expect(after['modifiedon']).not.toBe(before['modifiedon']);
    expect(after['createdon']).toBe(before['createdon']);
    expect(after['versionnumber']).toBeGreaterThan(before['versionnumber'] as number);
  });

  test('a PATCH without conditions updates what is there (204) and creates what is not', async () => {
    const updated = await dataverse.call('PATCH', `contacts(${await contact()})`, { firstname: 'A' });
    const created = await dataverse.call('PATCH', `contacts(${OTHER_GUID})`, { lastname: 'Upserted' });
    expect([updated.status, created.status]).toEqual([204, 204]);
    expect(created.headers.get('odata-entityid')).toBe(`${dataverse.url}${API}/contacts(${OTHER_GUID})`);
    expect((await dataverse.get(`contacts(${OTHER_GUID})`))['lastname']).toBe('Upserted');
  });

  test('with the representation, created is 201 and updated 200, and the etag is the new one', async () => {
    const id = 'aaaaaaaa-0000-4000-8000-000000000001';
    const created = await dataverse.call('PATCH', `contacts(${id})?$select=contactid`, { lastname: 'X' }, REPRESENTATION);
    const updated = await dataverse.call('PATCH', `contacts(${id})?$select=contactid`, { lastname: 'Y' }, REPRESENTATION);
    expect([created.status, updated.status]).toEqual([201, 200]);
    expect(updated.json['@odata.etag']).toBe(await etagOf(id));
    expect(updated.headers.get('etag')).toBe(await etagOf(id));
  });

  test('conditions: what they let through and what they stop', async () => {
    const id = await contact();
    const etag = await etagOf(id);
    const patch = (key: string, headers: Record<string, string>) =>
      dataverse.refusal('PATCH', `contacts(${key})`, { firstname: 'A' }, headers);
    expect(await patch(id, { 'if-match': etag })).toMatchObject({ status: 204 });
    expect(await patch(id, { 'if-match': etag })).toEqual({
      status: 412,
      code: '0x80060882',
      message: "The version of the existing record doesn't match the RowVersion property provided.",
    });
    expect(await patch(id, { 'if-match': '*' })).toMatchObject({ status: 204 });
    expect(await patch(id, { 'if-none-match': '*' })).toMatchObject({ status: 412, code: '0x80040237' });
    expect(await patch(id, { 'if-none-match': 'null' })).toMatchObject({ status: 204 });
    expect(await patch(id, { 'if-match': '*', 'if-none-match': '*' })).toMatchObject({ status: 400 });
    expect(await patch(NOT_THERE, { 'if-match': '*' })).toMatchObject({ status: 404, code: '0x80040217' });
    expect(await patch(NOT_THERE, { 'if-match': etag })).toMatchObject({ status: 404, code: '0x80040217' });
    expect((await dataverse.call('GET', `contacts(${NOT_THERE})`)).status).toBe(404);
    expect(await patch(NOT_THERE, { 'if-none-match': '*' })).toMatchObject({ status: 204 });
    await dataverse.call('DELETE', `contacts(${NOT_THERE})`);
  });

  test('a table without optimistic concurrency takes no etag', async () => {
    const [team] = await dataverse.rows('teams?$top=1');
    const refusal = await dataverse.refusal(
      'PATCH',
      `teams(${String(team?.['teamid'])})`,
      { description: 'x' },
      { 'if-match': 'W/"1"' },
    );
    expect(refusal).toMatchObject({ status: 400, code: '0x8006088d' });
  });

  test('null clears, and so does empty text', async () => {
    const id = await contact({ firstname: 'A', jobtitle: 'B', middlename: 'C' });
    await dataverse.call('PATCH', `contacts(${id})`, { firstname: null, jobtitle: '' });
    expect(await dataverse.get(`contacts(${id})?$select=firstname,jobtitle,middlename,fullname`)).toMatchObject({
      firstname: null,
      jobtitle: null,
      middlename: 'C',
      fullname: 'Fresh',
    });
  });

  test('columns that are not for updating are left as they are, without a word', async () => {
    const id = await contact();
    const before = await dataverse.get(`contacts(${id})`);
    const { status } = await dataverse.call('PATCH', `contacts(${id})`, {
      fullname: 'Somebody Else',
      createdon: '2001-01-01T00:00:00Z',
      overriddencreatedon: '2001-01-01T00:00:00Z',
      versionnumber: 1,
      contactid: GUID,
      firstname: 'Real',
    });
    expect(status).toBe(204);
    expect(await dataverse.get(`contacts(${id})`)).toMatchObject({
      fullname: 'Real Fresh',
      createdon: before['createdon'],
      overriddencreatedon: null,
      contactid: id,
    });
  });

  test('one column alone can be read, put and cleared', async () => {
    const id = await contact({ firstname: 'One' });
    expect((await dataverse.get(`contacts(${id})/firstname`))['value']).toBe('One');
    expect((await dataverse.call('GET', `contacts(${id})/firstname/$value`)).text).toBe('One');
    expect((await dataverse.call('PUT', `contacts(${id})/firstname`, { value: 'Two' })).status).toBe(204);
    expect((await dataverse.get(`contacts(${id})/firstname`))['value']).toBe('Two');
    expect((await dataverse.call('DELETE', `contacts(${id})/firstname`)).status).toBe(204);
    expect((await dataverse.call('GET', `contacts(${id})/firstname`)).status).toBe(204);
  });

  test('full name and address are put together from their parts', async () => {
    const id = await contact({
      firstname: 'Ann',
      address1_line1: '1 Main Street',
      address1_city: 'Springfield',
      address1_stateorprovince: 'IL',
      address1_postalcode: '62704',
      address1_country: 'United States',
    });
    expect(await dataverse.get(`contacts(${id})?$select=fullname,address1_composite,address2_composite`)).toMatchObject({
      fullname: 'Ann Fresh',
      address1_composite: '1 Main Street\r\nSpringfield, IL 62704\r\nUnited States',
      address2_composite: null,
    });
  });
});

describe('reading one', () => {
  test('all columns, nulls included, lookups by their values', async () => {
    const row = await dataverse.get(`contacts(${await contact()})`);
    expect(row).toHaveProperty('emailaddress1', null);
    expect(row).toHaveProperty('_parentcustomerid_value', null);
    expect(row).not.toHaveProperty('parentcustomerid');
    expect(row).not.toHaveProperty('statecodename');
  });

  test('the one that is not there', async () => {
    expect(await dataverse.refusal('GET', `contacts(${NOT_THERE})`)).toEqual({
      status: 404,
      code: '0x80040217',
      message: `Entity 'Contact' With Id = ${NOT_THERE} Does Not Exist`,
    });
  });

  test('an etag that is still true: 304, unless more was asked for', async () => {
    const id = await contact();
    const headers = { 'if-none-match': await etagOf(id) };
    const read = async (path: string, more = {}) =>
      (await dataverse.call('GET', path, undefined, { ...headers, ...more })).status;
    expect(await read(`contacts(${id})?$select=lastname`)).toBe(304);
    expect(await read(`contacts(${id})?$expand=createdby($select=fullname)`)).toBe(200);
    expect(await read(`contacts(${id})`, { prefer: 'odata.include-annotations="*"' })).toBe(200);
    await dataverse.call('PATCH', `contacts(${id})`, { firstname: 'New' });
    expect(await read(`contacts(${id})?$select=lastname`)).toBe(200);
  });
});

describe('deleting', () => {
  test('204, then 404; an old etag stops it', async () => {
    const id = await contact();
    const old = await etagOf(id);
    await dataverse.call('PATCH', `contacts(${id})`, { firstname: 'A' });
    expect(await dataverse.refusal('DELETE', `contacts(${id})`, undefined, { 'if-match': old })).toMatchObject({ status: 412 });
    expect((await dataverse.call('DELETE', `contacts(${id})`)).status).toBe(204);
    expect((await dataverse.call('DELETE', `contacts(${id})`)).status).toBe(404);
  });

  test('lookups to the row are emptied and their rows get a new version, but no new date', async () => {
    const account = await dataverse.create('accounts', { name: 'Gone' });
    const id = await contact({ 'parentcustomerid_account@odata.bind': `/accounts(${account})` });
    const before = await dataverse.get(`contacts(${id})`);
    expect(before['_parentcustomerid_value']).toBe(account);
    await dataverse.control('POST', 'clock', { advanceSeconds: 2 });
    await dataverse.call('DELETE', `accounts(${account})`);
    const after = await dataverse.get(`contacts(${id})`);
    expect(after['_parentcustomerid_value']).toBeNull();
    expect(after['modifiedon']).toBe(before['modifiedon']);
    expect(after['versionnumber']).not.toBe(before['versionnumber']);
  });

  test('the rows of the organisation itself stay', async () => {
    const [unit] = await dataverse.rows('businessunits');
    const refusal = await dataverse.refusal('DELETE', `businessunits(${String(unit?.['businessunitid'])})`);
    expect(refusal).toMatchObject({ status: 405, code: '0x80040227' });
  });
});
