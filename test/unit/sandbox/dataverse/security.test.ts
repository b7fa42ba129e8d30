import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Dataverse, type Json } from './client';

let dataverse: Dataverse;
let sales: Dataverse;
let me: string;
beforeEach(async () => {
  dataverse = await Dataverse.start();
  sales = await dataverse.as('sales-app', 'sales-secret');
  me = String((await dataverse.get('WhoAmI'))['UserId']);
});
afterEach(async () => dataverse.close());

const secure = (column: string, read: boolean, update: boolean) =>
  dataverse.control('POST', 'column-security', { table: 'contact', column, read, update });

describe('secured columns', () => {
  test('are null to the sync user, with HTTP 200, and true to others', async () => {
    const id = await sales.create('contacts', { lastname: 'Adams', fax: '555' });
    expect((await dataverse.get(`contacts(${id})`))['fax']).toBe('555');
    await secure('fax', false, false);
    expect(await dataverse.get(`contacts(${id})?$select=fax,lastname`)).toMatchObject({ fax: null, lastname: 'Adams' });
    expect((await sales.get(`contacts(${id})`))['fax']).toBe('555');
    expect((await dataverse.rows('contacts?$select=fax', { prefer: 'odata.track-changes' }))[0]?.['fax']).toBeNull();
    expect((await dataverse.call('GET', `contacts(${id})/fax`)).status).toBe(204);
  });

  test('refuse to be written, by codes of their own, and nothing else of the write is done', async () => {
    const id = await sales.create('contacts', { lastname: 'Adams' });
    await secure('fax', true, false);
    expect(await dataverse.refusal('PATCH', `contacts(${id})`, { fax: '1', firstname: 'A' })).toEqual({
      status: 403,
      code: '0x8004f507',
      message: `Caller user with Id ${me} does not have update permissions to a Fax secured field on entity Contact table. The requested operation could not be completed.`,
    });
    expect(await dataverse.refusal('POST', 'contacts', { fax: '1' })).toMatchObject({ status: 403, code: '0x8004f502' });
    expect(await dataverse.get(`contacts(${id})`)).toMatchObject({ firstname: null, fax: null });
    expect(await sales.refusal('PATCH', `contacts(${id})`, { fax: '1' })).toMatchObject({ status: 204 });
    expect((await dataverse.get(`contacts(${id})`))['fax']).toBe('1');
  });

  test('cannot be searched by who may not read them', async () => {
    await secure('fax', false, false);
    expect(await dataverse.refusal('GET', "contacts?$filter=fax eq '1'")).toMatchObject({ status: 403, code: '0x8004f504' });
    expect(await dataverse.refusal('GET', 'contacts?$orderby=fax')).toMatchObject({ status: 403, code: '0x8004f504' });
    expect(await sales.rows("contacts?$filter=fax eq '1'")).toEqual([]);
  });

  test('are told by the metadata and by the privileges of the user', async () => {
    const attribute = () =>
      dataverse.get("EntityDefinitions(LogicalName='contact')/Attributes(LogicalName='fax')?$select=IsSecured");
    const privileges = async (user: string) =>
      (await dataverse.get(`systemusers(${user})/Microsoft.Dynamics.CRM.RetrievePrincipalAttributePrivileges()`))[
        'AttributePrivileges'
      ];
    expect([await attribute(), await privileges(me)]).toMatchObject([{ IsSecured: false }, []]);
    await secure('fax', true, false);
    const { MetadataId: id, ...rest } = await attribute();
    expect(rest).toMatchObject({ IsSecured: true });
    expect(await privileges(me)).toEqual([{ AttributeId: id, CanRead: 4, CanCreate: 0, CanUpdate: 0 }]);
    const other = String((await sales.get('WhoAmI'))['UserId']);
    expect(await privileges(other)).toEqual([{ AttributeId: id, CanRead: 4, CanCreate: 4, CanUpdate: 4 }]);
    await dataverse.control('DELETE', 'column-security');
    expect([await attribute(), await privileges(me)]).toMatchObject([{ IsSecured: false }, []]);
  });

  test('have to exist', async () => {
    await expect(secure('nothing', true, true)).rejects.toThrow('the table contact has no column nothing');
  });
});

describe('privileges', () => {
  const take = (privilege: string, depth = 'None', table = 'contact') =>
    dataverse.control('POST', 'privileges', { table, privilege, depth });

  test('are all there to begin with, for the whole organisation', async () => {
    const { RolePrivileges: privileges } = await dataverse.get(
      `systemusers(${me})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()`,
    );
    expect(privileges).toContainEqual({
      Depth: 'Global',
      PrivilegeId: expect.any(String),
      BusinessUnitId: expect.any(String),
      PrivilegeName: 'prvReadContact',
    });
    const entity = await dataverse.get("EntityDefinitions(LogicalName='contact')?$select=Privileges");
    const read = (entity['Privileges'] as Json[]).find((one) => one['Name'] === 'prvReadContact');
    expect((privileges as Json[]).find((one) => one['PrivilegeName'] === 'prvReadContact')?.['PrivilegeId']).toBe(
      read?.['PrivilegeId'],
    );
  });

  test.each([
    ['Create', 'POST', 'contacts', { lastname: 'X' }],
    ['Read', 'GET', 'contacts', undefined],
    ['Write', 'PATCH', 'contacts(<id>)', { lastname: 'X' }],
    ['Delete', 'DELETE', 'contacts(<id>)', undefined],
    ['Assign', 'PATCH', 'contacts(<id>)', { 'ownerid@odata.bind': '/systemusers(<sales>)' }],
    ['Append', 'PATCH', 'contacts(<id>)', { 'parentcustomerid_account@odata.bind': '/accounts(<account>)' }],
  ])('%s, when taken away, is missed by its name', async (privilege, method, path, body) => {
    const ids: Record<string, string> = {
      '<id>': await dataverse.create('contacts', { lastname: 'Adams' }),
      '<sales>': String((await sales.get('WhoAmI'))['UserId']),
      '<account>': await dataverse.create('accounts', { name: 'Alpine' }),
    };
    const filled = (text: string) => text.replaceAll(/<\w+>/g, (name) => ids[name] ?? name);
    const ask = (who: Dataverse) => who.refusal(method, filled(path), body && (JSON.parse(filled(JSON.stringify(body))) as Json));
    await take(privilege);
    const refusal = await ask(dataverse);
    expect(refusal).toMatchObject({ status: 403, code: '0x80040220' });
    expect(refusal.message).toMatch(
      new RegExp(
        `^Principal user \\(Id=${me}, type=8, .*\\), is missing prv${privilege}Contact privilege \\(Id=[0-9a-f-]{36}\\) on OTC=2 for entity 'contact' \\(LocalizedName='Contact'\\)\\. context\\.Caller=${me}$`,
      ),
    );
    expect((await ask(sales)).status).toBeLessThan(300);
    const { RolePrivileges: left } = await dataverse.get(`systemusers(${me})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()`);
    expect(left).not.toContainEqual(expect.objectContaining({ PrivilegeName: `prv${privilege}Contact` }));
  });

  test('AppendTo is missed on the table that is pointed to', async () => {
    const account = await dataverse.create('accounts', { name: 'Alpine' });
    const body = { 'parentcustomerid_account@odata.bind': `/accounts(${account})` };
    await take('AppendTo', 'None', 'account');
    expect((await dataverse.refusal('POST', 'contacts', body)).message).toContain('is missing prvAppendToAccount privilege');
  });

  test('that reach only the own rows leave those of others out, or refuse them', async () => {
    const own = await dataverse.create('contacts', { lastname: 'Mine' });
    const other = await sales.create('contacts', { lastname: 'Theirs' });
    await take('Read', 'Basic');
    await take('Write', 'Basic');
    expect((await dataverse.rows('contacts?$select=lastname')).map((row) => row['lastname'])).toEqual(['Mine']);
    expect((await dataverse.call('GET', 'contacts/$count')).text).toBe('1');
    expect((await dataverse.call('GET', `contacts(${own})`)).status).toBe(200);
    expect(await dataverse.refusal('GET', `contacts(${other})`)).toEqual({
      status: 403,
      code: '0x80040220',
      message: `Principal with id ${me} does not have ReadAccess right(s) for record with id ${other} of entity contact.`,
    });
    expect((await dataverse.refusal('PATCH', `contacts(${other})`, { lastname: 'X' })).message).toContain('WriteAccess');
    expect(await sales.rows('contacts')).toHaveLength(2);
  });
});

test('profiles, roles and teams can be looked at', async () => {
  expect(await dataverse.rows('fieldsecurityprofiles?$select=name')).toMatchObject([
    { name: 'System Administrator', fieldsecurityprofileid: '572329c1-a042-4e22-be47-367c6374ea45' },
  ]);
  expect((await dataverse.rows('teams?$select=name&$orderby=name')).map((row) => row['name'])).toEqual([
    'Inside Sales',
    'sandbox',
  ]);
  expect((await dataverse.rows('roles?$select=name')).length).toBeGreaterThan(0);
  const users = await dataverse.rows('systemusers?$select=fullname,isdisabled,internalemailaddress');
  expect(users.filter((user) => user['isdisabled'] === true)).toMatchObject([{ fullname: 'Dora Disabled' }]);
  expect(users.filter((user) => user['isdisabled'] === false).length).toBeGreaterThan(3);
});
