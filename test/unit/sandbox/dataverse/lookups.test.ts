import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { API, Dataverse, GUID, type Json } from './client';

let dataverse: Dataverse;
beforeAll(async () => {
  dataverse = await Dataverse.start();
});
afterAll(async () => dataverse.close());

const NOT_THERE = '99999999-1111-4222-8333-444455556666';

async function contact(values: Json = {}): Promise<string> {
  return dataverse.create('contacts', { lastname: 'Fresh', ...values });
}

describe('lookups', () => {
  test('are bound by navigation property, as a path or a whole URL, and cleared by null', async () => {
    const account = await dataverse.create('accounts', { name: 'Parent', accountnumber: 'P-1' });
    const id = await contact();
    const bind = 'parentcustomerid_account@odata.bind';
    const parent = async () => (await dataverse.get(`contacts(${id})`))['_parentcustomerid_value'];
    for (const url of [
      `/accounts(${account})`,
      `accounts(${account})`,
      `${dataverse.url}${API}/accounts(${account})`,
      "/accounts(accountnumber='P-1')",
    ]) {
      expect((await dataverse.call('PATCH', `contacts(${id})`, { [bind]: url })).status).toBe(204);
      expect(await parent()).toBe(account);
      expect((await dataverse.call('PATCH', `contacts(${id})`, { [bind]: null })).status).toBe(204);
      expect(await parent()).toBeNull();
    }
  });

  test('are set, read and cleared by $ref as well', async () => {
    const account = await dataverse.create('accounts', { name: 'Referenced' });
    const id = await contact();
    const path = `contacts(${id})/parentcustomerid_account`;
    expect((await dataverse.call('GET', path)).status).toBe(204);
    const url = `${dataverse.url}${API}/accounts(${account})`;
    expect((await dataverse.call('PUT', `${path}/$ref`, { '@odata.id': url })).status).toBe(204);
    expect((await dataverse.get(`${path}/$ref`))['@odata.id']).toBe(url);
    expect((await dataverse.get(`${path}?$select=name`))['name']).toBe('Referenced');
    expect(await dataverse.rows(`accounts(${account})/contact_customer_accounts?$select=lastname`)).toMatchObject([
      { contactid: id },
    ]);
    expect((await dataverse.call('DELETE', `${path}/$ref`)).status).toBe(204);
    expect((await dataverse.call('GET', path)).status).toBe(204);
  });

  test.each([
    [
      'a row that is not there',
      { 'parentcustomerid_account@odata.bind': `/accounts(${NOT_THERE})` },
      404,
      '0x80040217',
      `Entity 'account' With Id = ${NOT_THERE} Does Not Exist`,
    ],
    [
      'the bare name of a lookup with two targets',
      { 'parentcustomerid@odata.bind': `/accounts(${GUID})` },
      400,
      '0x80048d19',
      "An undeclared property 'parentcustomerid' which only has property annotations",
    ],
    [
      'a table that is not there',
      { 'parentcustomerid_account@odata.bind': '/things(1)' },
      404,
      '0x80060888',
      "Resource not found for the segment 'things'.",
    ],
    [
      'a row of the wrong table',
      { 'parentcustomerid_account@odata.bind': `/contacts(${GUID})` },
      400,
      '0x80048d19',
      'parentcustomerid_account',
    ],
    [
      'its value written directly',
      { _parentcustomerid_value: GUID },
      400,
      '0x80048d19',
      'do not support direct update of Entity Reference',
    ],
  ])('refuse %s', async (_what, body, status, code, message) => {
    expect(await dataverse.refusal('POST', 'contacts', body)).toEqual({
      status,
      code,
      message: expect.stringContaining(message),
    });
  });
});

describe('owners', () => {
  const userNamed = async (name: string) =>
    String((await dataverse.rows(`systemusers?$filter=lastname eq '${name}'`))[0]?.['systemuserid']);

  test('are users or teams', async () => {
    const olivia = await userNamed('Owner');
    const [team] = await dataverse.rows("teams?$filter=name eq 'Inside Sales'");
    const id = await contact({ 'ownerid@odata.bind': `/systemusers(${olivia})` });
    expect(await dataverse.get(`contacts(${id})`)).toMatchObject({ _ownerid_value: olivia, _owninguser_value: olivia });
    await dataverse.call('PATCH', `contacts(${id})`, { 'ownerid@odata.bind': `/teams(${String(team?.['teamid'])})` });
    expect(await dataverse.get(`contacts(${id})`)).toMatchObject({ _ownerid_value: team?.['teamid'], _owninguser_value: null });
  });

  test('are not disabled users, nor nobody', async () => {
    const dora = await userNamed('Disabled');
    const body = { lastname: 'X', 'ownerid@odata.bind': `/systemusers(${dora})` };
    expect(await dataverse.refusal('POST', 'contacts', body)).toMatchObject({ status: 403, code: '0x80040231' });
    const cleared = { 'ownerid@odata.bind': null };
    expect(await dataverse.refusal('PATCH', `contacts(${await contact()})`, cleared)).toMatchObject({
      status: 400,
      code: '0x80040200',
    });
  });
});

describe('states', () => {
  test('go with a status: alone, each brings the one that belongs to it', async () => {
    const id = await dataverse.create('leads', { lastname: 'Lost' });
    const state = async () => {
      const row = await dataverse.get(`leads(${id})?$select=statecode,statuscode`);
      return [row['statecode'], row['statuscode']];
    };
    expect(await state()).toEqual([0, 1]);
    await dataverse.call('PATCH', `leads(${id})`, { statuscode: 2 });
    expect(await state()).toEqual([0, 2]);
    await dataverse.call('PATCH', `leads(${id})`, { statecode: 2 });
    expect(await state()).toEqual([2, 7]);
    await dataverse.call('PATCH', `leads(${id})`, { statecode: 2, statuscode: 4 });
    expect(await state()).toEqual([2, 4]);
    await dataverse.call('PATCH', `leads(${id})`, { lastname: 'Still lost' });
    expect(await state()).toEqual([2, 4]);
    expect(await dataverse.refusal('PATCH', `leads(${id})`, { statecode: 0, statuscode: 4 })).toMatchObject({
      status: 400,
      code: '0x80048408',
    });
    expect(await dataverse.refusal('PATCH', `leads(${id})`, { statuscode: 1 })).toMatchObject({
      status: 400,
      code: '0x80048408',
    });
  });

  test('closed rows may be changed, unless the switch says that they may not', async () => {
    const lead = await dataverse.create('leads', { lastname: 'Closed', statecode: 2 });
    const person = await contact({ statecode: 1 });
    const change = (path: string) => dataverse.refusal('PATCH', path, { firstname: 'A' });
    expect(await change(`leads(${lead})`)).toMatchObject({ status: 204 });
    await dataverse.control('POST', 'switches', { closedRowsReadOnly: true });
    expect(await change(`leads(${lead})`)).toMatchObject({ status: 400, code: '0x80040233' });
    expect(await change(`contacts(${person})`)).toMatchObject({ status: 400, code: '0x8004022e' });
    expect(await dataverse.refusal('PATCH', `leads(${lead})`, { statecode: 0 })).toMatchObject({ status: 204 });
    expect(await change(`leads(${lead})`)).toMatchObject({ status: 204 });
    await dataverse.control('POST', 'switches', { closedRowsReadOnly: false });
  });
});
