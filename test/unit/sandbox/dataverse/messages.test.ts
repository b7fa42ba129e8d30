import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Dataverse, type Json } from './client';

let dataverse: Dataverse;
beforeAll(async () => {
  dataverse = await Dataverse.start();
});
afterAll(async () => dataverse.close());

describe('QualifyLead', () => {
  const LEAD = {
    lastname: 'Prospect',
    firstname: 'Pia',
    companyname: 'Prospect Foods',
    emailaddress1: 'pia@example.com',
    subject: 'First talk',
    leadsourcecode: 8,
    telephone1: '555',
  };
  const qualify = (id: string, body: Json) => dataverse.call('POST', `leads(${id})/Microsoft.Dynamics.CRM.QualifyLead`, body);
  const everything = { CreateAccount: true, CreateContact: true, CreateOpportunity: true, Status: 3 };

  test('makes what is asked for, each pointing to the lead and to the others, and closes the lead', async () => {
    const id = await dataverse.create('leads', LEAD);
    const { status, json } = await qualify(id, everything);
    expect(status).toBe(200);
    const made = Object.assign({}, ...(json['value'] as Json[])) as Json;
    expect(json['value']).toEqual([
      { '@odata.type': '#Microsoft.Dynamics.CRM.account', accountid: made['accountid'] },
      { '@odata.type': '#Microsoft.Dynamics.CRM.contact', contactid: made['contactid'] },
      { '@odata.type': '#Microsoft.Dynamics.CRM.opportunity', opportunityid: made['opportunityid'] },
    ]);
    expect(await dataverse.get(`leads(${id})`)).toMatchObject({
      statecode: 1,
      statuscode: 3,
      _parentaccountid_value: made['accountid'],
      _parentcontactid_value: made['contactid'],
      _qualifyingopportunityid_value: made['opportunityid'],
    });
    const [contact] = await dataverse.rows(`contacts?$filter=_originatingleadid_value eq ${id}`);
    expect(contact).toMatchObject({
      contactid: made['contactid'],
      fullname: 'Pia Prospect',
      emailaddress1: 'pia@example.com',
      telephone1: '555',
      statecode: 0,
      _parentcustomerid_value: made['accountid'],
    });
    // Lead sources of contacts have options of their own.
    expect(contact?.['leadsourcecode']).toBe(1);
    expect(await dataverse.get(`accounts(${String(made['accountid'])})`)).toMatchObject({
      name: 'Prospect Foods',
      _originatingleadid_value: id,
    });
    expect(await dataverse.get(`opportunities(${String(made['opportunityid'])})`)).toMatchObject({
      name: 'First talk',
      _customerid_value: made['accountid'],
    });
  });

  test('makes a contact alone', async () => {
    const id = await dataverse.create('leads', LEAD);
    const { json } = await qualify(id, { CreateAccount: false, CreateContact: true, CreateOpportunity: false, Status: 3 });
    expect(json['value']).toHaveLength(1);
    expect(await dataverse.rows(`contacts?$filter=_originatingleadid_value eq ${id}`)).toMatchObject([
      { _parentcustomerid_value: null },
    ]);
  });

  test('cannot be done twice, nor without the right to make accounts, and leaves nothing behind then', async () => {
    const id = await dataverse.create('leads', LEAD);
    await dataverse.control('POST', 'privileges', { table: 'account', privilege: 'Create', depth: 'None' });
    expect((await qualify(id, everything)).json['error']).toMatchObject({ code: '0x80081018' });
    await dataverse.control('POST', 'privileges', { table: 'account', privilege: 'Create', depth: 'Global' });
    await dataverse.control('POST', 'privileges', { table: 'opportunity', privilege: 'Create', depth: 'None' });
    expect((await qualify(id, everything)).json['error']).toMatchObject({ code: '0x80040220' });
    expect(await dataverse.rows(`contacts?$filter=_originatingleadid_value eq ${id}`)).toEqual([]);
    await dataverse.control('POST', 'privileges', { table: 'opportunity', privilege: 'Create', depth: 'Global' });
    expect((await qualify(id, everything)).status).toBe(200);
    expect((await qualify(id, everything)).json['error']).toEqual({ code: '0x80040519', message: 'The lead is already closed.' });
  });
});

describe('Merge', () => {
  const row = (table: string, id: string, values: Json = {}): Json => ({
    '@odata.type': `Microsoft.Dynamics.CRM.${table}`,
    [`${table}id`]: id,
    ...values,
  });
  const merge = (table: string, master: string, subordinate: string, content: Json = {}) =>
    dataverse.refusal('POST', 'Merge', {
      Target: row(table, master),
      Subordinate: row(table, subordinate),
      UpdateContent: { '@odata.type': `Microsoft.Dynamics.CRM.${table}`, ...content },
      PerformParentingChecks: false,
    });

  test('the master takes the chosen values and what pointed to the other, which is closed and names it: a change, no deletion', async () => {
    const [master, subordinate] = [
      await dataverse.create('accounts', { name: 'Master' }),
      await dataverse.create('accounts', { name: 'Sub' }),
    ];
    const contact = await dataverse.create('contacts', {
      lastname: 'Child',
      'parentcustomerid_account@odata.bind': `/accounts(${subordinate})`,
    });
    const link = (await dataverse.get('accounts?$select=name', { prefer: 'odata.track-changes' }))['@odata.deltaLink'];
    expect(await merge('account', master, subordinate, { telephone1: '555' })).toMatchObject({ status: 204 });
    expect(await dataverse.get(`accounts(${master})`)).toMatchObject({ name: 'Master', telephone1: '555', statecode: 0 });
    expect(await dataverse.get(`accounts(${subordinate})`)).toMatchObject({
      statecode: 1,
      statuscode: 2,
      merged: true,
      _masterid_value: master,
    });
    expect((await dataverse.get(`contacts(${contact})`))['_parentcustomerid_value']).toBe(master);
    expect((await dataverse.rows(String(link))).map((one) => one['accountid'])).toEqual([master, subordinate]);
  });

  test('leads are disqualified', async () => {
    const [master, subordinate] = [
      await dataverse.create('leads', { lastname: 'A' }),
      await dataverse.create('leads', { lastname: 'B' }),
    ];
    await merge('lead', master, subordinate);
    expect(await dataverse.get(`leads(${subordinate})`)).toMatchObject({ statecode: 2, merged: true, _masterid_value: master });
  });

  test('refuses a row and itself, closed rows, and rows that are not there', async () => {
    const [a, b] = [
      await dataverse.create('contacts', { lastname: 'A' }),
      await dataverse.create('contacts', { lastname: 'B', statecode: 1 }),
    ];
    expect(await merge('contact', a, a)).toMatchObject({ status: 400, code: '0x80045305' });
    expect(await merge('contact', a, b)).toMatchObject({ status: 400, code: '0x80045304' });
    expect(await merge('contact', a, '0a0b0c0d-1111-4222-8333-4444555599ff')).toMatchObject({ status: 404, code: '0x80040217' });
    expect(await merge('team', a, b)).toMatchObject({ status: 400, code: '0x80040203' });
    expect(await dataverse.get(`contacts(${a})`)).toMatchObject({ statecode: 0, merged: false });
  });
});

describe('duplicate detection', () => {
  const DETECT = { 'MSCRM.SuppressDuplicateDetection': 'false' };
  const DUPLICATE = {
    status: 412,
    code: '0x80040333',
    message: 'A record was not created or updated because a duplicate of the current record already exists.',
  };

  test('is off unless asked for; then e-mails are found whatever their letter case', async () => {
    await dataverse.create('contacts', { lastname: 'First', emailaddress1: 'same@example.com' });
    const twin = { lastname: 'Twin', emailaddress1: 'SAME@example.com' };
    expect(await dataverse.refusal('POST', 'contacts', twin, DETECT)).toEqual(DUPLICATE);
    expect(await dataverse.refusal('POST', 'contacts', twin, { 'MSCRM.SuppressDuplicateDetection': 'true' })).toMatchObject({
      status: 204,
    });
    expect(
      await dataverse.refusal('POST', 'contacts', { lastname: 'Other', emailaddress1: 'other@example.com' }, DETECT),
    ).toMatchObject({ status: 204 });
  });

  test('fails an update of any column of an old duplicate, but not of a row that has no twin', async () => {
    const [id] = [
      await dataverse.create('leads', { lastname: 'A', emailaddress1: 'twin@example.com' }),
      await dataverse.create('leads', { lastname: 'B', emailaddress1: 'twin@example.com' }),
    ];
    expect(await dataverse.refusal('PATCH', `leads(${id})`, { telephone1: '1' }, DETECT)).toEqual(DUPLICATE);
    expect(await dataverse.refusal('PATCH', `leads(${id})`, { emailaddress1: 'single@example.com' }, DETECT)).toMatchObject({
      status: 204,
    });
    expect(await dataverse.refusal('PATCH', `leads(${id})`, { telephone1: '1' }, DETECT)).toMatchObject({ status: 204 });
  });

  test('overlooks closed rows and other tables', async () => {
    await dataverse.create('contacts', { lastname: 'Gone', emailaddress1: 'gone@example.com', statecode: 1 });
    expect(await dataverse.refusal('POST', 'contacts', { emailaddress1: 'gone@example.com' }, DETECT)).toMatchObject({
      status: 204,
    });
    expect(await dataverse.refusal('POST', 'leads', { emailaddress1: 'gone@example.com' }, DETECT)).toMatchObject({
      status: 204,
    });
  });
});
