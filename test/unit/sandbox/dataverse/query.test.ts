import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { API, Dataverse, type Json } from './client';

let dataverse: Dataverse;
let accountId: string;
const names = (rows: readonly Json[]) => rows.map((row) => row['lastname']);
const find = async (query: string) => names(await dataverse.rows(`contacts?$select=lastname&$orderby=lastname&${query}`));

beforeAll(async () => {
  dataverse = await Dataverse.start();
  accountId = await dataverse.create('accounts', { name: 'Alpine', accountnumber: 'A-77' });
  const bind = { 'parentcustomerid_account@odata.bind': `/accounts(${accountId})` };
  for (const row of [
    {
      lastname: 'Adams',
      firstname: 'Ann',
      emailaddress1: 'Ann@Example.com',
      birthdate: '1980-05-04',
      numberofchildren: 2,
      ...bind,
    },
    { lastname: 'Brown', firstname: 'Bob', emailaddress1: 'bob@example.com', annualincome: 5000.5, donotemail: true },
    { lastname: "O'Hara", firstname: 'Cy', emailaddress1: "o'hara@example.com", lastonholdtime: '2024-03-01T08:00:00Z', ...bind },
    { lastname: 'Doe', jobtitle: '50% off & more', statecode: 1 },
  ]) {
    await dataverse.create('contacts', row);
  }
});
afterAll(async () => dataverse.close());

describe('$filter', () => {
  test.each([
    ["lastname eq 'adams'", ['Adams']],
    ["lastname ne 'Adams'", ['Brown', 'Doe', "O'Hara"]],
    ["lastname eq 'O''Hara'", ["O'Hara"]],
    ["emailaddress1 eq 'ANN@example.COM'", ['Adams']],
    ['firstname eq null', ['Doe']],
    ['firstname ne null', ['Adams', 'Brown', "O'Hara"]],
    ["firstname ne 'Ann'", ['Brown', 'Doe', "O'Hara"]],
    ['numberofchildren gt 1', ['Adams']],
    ['numberofchildren le 1', []],
    ['annualincome ge 5000.5', ['Brown']],
    ['annualincome lt 5000.5', []],
    ['donotemail eq true', ['Brown']],
    ['statecode eq 1', ['Doe']],
    ['birthdate eq 1980-05-04', ['Adams']],
    ['birthdate lt 1980-05-04', []],
    ['lastonholdtime ge 2024-03-01T09:00:00+01:00', ["O'Hara"]],
    ['lastonholdtime gt 2024-03-01', ["O'Hara"]],
    ["contains(jobtitle,'% OFF &')", ['Doe']],
    ["startswith(lastname,'o''')", ["O'Hara"]],
    ["endswith(emailaddress1,'@example.com') and not (lastname eq 'Brown')", ['Adams', "O'Hara"]],
    ["lastname eq 'Adams' or lastname eq 'Brown' and statecode eq 1", ['Adams']],
    ["(lastname eq 'Adams' or lastname eq 'Brown') and statecode eq 0", ['Adams', 'Brown']],
    ["not contains(lastname,'o')", ['Adams']],
    ["contains(lastname,'dam') eq true", ['Adams']],
    ["'Adams' eq lastname", ['Adams']],
    ['1 lt numberofchildren', ['Adams']],
    ["parentcustomerid_account/name eq 'Alpine'", ['Adams', "O'Hara"]],
    ["parentcustomerid_account/accountnumber ne 'A-77'", ['Brown', 'Doe']],
    ["Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=['Adams','Doe'])", ['Adams', 'Doe']],
    ["Microsoft.Dynamics.CRM.NotIn(PropertyName='statecode',PropertyValues=['1'])", ['Adams', 'Brown', "O'Hara"]],
    ["Microsoft.Dynamics.CRM.Between(PropertyName='birthdate',PropertyValues=['1980-01-01','1980-12-31'])", ['Adams']],
    ["Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')", ['Adams', 'Brown', 'Doe', "O'Hara"]],
  ])('%s', async (filter, expected) => {
    expect(await find(`$filter=${encodeURIComponent(filter)}`)).toEqual(expected);
  });

  test('finds by key, lookup and owner', async () => {
    const [adams] = await dataverse.rows("contacts?$filter=lastname eq 'Adams'");
    expect(await find(`$filter=contactid eq ${String(adams?.['contactid'])}`)).toEqual(['Adams']);
    expect(await find(`$filter=_parentcustomerid_value eq ${accountId}`)).toEqual(['Adams', "O'Hara"]);
    expect(await find(`$filter=_ownerid_value eq ${String(adams?.['_ownerid_value'])} and statecode eq 1`)).toEqual(['Doe']);
  });

  test('takes parameters by name', async () => {
    expect(await find(`$filter=lastname eq @n and statecode eq @s&@n='Adams'&@s=0`)).toEqual(['Adams']);
  });

  test.each([
    [
      'an unknown column',
      "nickname2 eq 'x'",
      "Could not find a property named 'nickname2' on type 'Microsoft.Dynamics.CRM.contact'.",
    ],
    [
      'the bare name of a lookup',
      'parentcustomerid eq 0a0b0c0d-1111-4222-8333-444455556666',
      "Could not find a property named 'parentcustomerid'",
    ],
    [
      'text for a number',
      "numberofchildren eq 'two'",
      "Found operand types 'Edm.Int32' and 'Edm.String' for operator kind 'Equal'.",
    ],
    ['a number for text', 'lastname eq 5', "Found operand types 'Edm.String' and 'Edm.Int32'"],
    ['an unknown function', "soundex(lastname,'x')", "An unknown function with name 'soundex' was found."],
    ['half a comparison', 'lastname eq', 'Expression expected at position 11'],
    ['too much', "lastname eq 'a' 'b'", 'Syntax error at position 16'],
    ['a character that means nothing', 'lastname ; 5', "character ';' is not valid at position 9"],
  ])('refuses %s', async (_what, filter, message) => {
    const refusal = await dataverse.refusal('GET', `contacts?$filter=${encodeURIComponent(filter)}`);
    expect(refusal).toEqual({ status: 400, code: '0x80060888', message: expect.stringContaining(message) });
  });
});

describe('$select', () => {
  test('shows the key always, and the currency with money', async () => {
    const [row] = await dataverse.rows("contacts?$select=annualincome&$filter=lastname eq 'Brown'");
    expect(Object.keys(row ?? {}).sort()).toEqual(['@odata.etag', '_transactioncurrencyid_value', 'annualincome', 'contactid']);
  });

  test.each(['Name', 'parentcustomerid', 'owneridname', 'statecodename'])('%s is no property, rows or none', async (name) => {
    const refusal = await dataverse.refusal('GET', `accounts?$select=${name}&$filter=name eq 'nobody'`);
    expect(refusal).toEqual({
      status: 400,
      code: '0x80060888',
      message: `Could not find a property named '${name}' on type 'Microsoft.Dynamics.CRM.account'.`,
    });
  });

  test('an unknown entity set is no segment', async () => {
    expect(await dataverse.refusal('GET', 'Account')).toEqual({
      status: 404,
      code: '0x80060888',
      message: "Resource not found for the segment 'Account'.",
    });
  });
});

describe('$expand', () => {
  test('one level along a lookup and back', async () => {
    const [contact] = await dataverse.rows(
      "contacts?$select=lastname&$expand=parentcustomerid_account($select=name),owninguser($select=fullname)&$filter=lastname eq 'Adams'",
    );
    expect(contact).toMatchObject({
      parentcustomerid_account: { name: 'Alpine', accountid: accountId },
      owninguser: { fullname: '# Marketo Sync' },
    });
    const account = await dataverse.get(
      `accounts(${accountId})?$select=name&$expand=contact_customer_accounts($select=lastname;$filter=statecode eq 0;$orderby=lastname desc)`,
    );
    expect(names(account['contact_customer_accounts'] as Json[])).toEqual(["O'Hara", 'Adams']);
    expect(account['@odata.context']).toBe(
      `${dataverse.url}${API}/$metadata#accounts(name,contact_customer_accounts(lastname))/$entity`,
    );
  });

  test('an empty lookup is null, and so is one of another table', async () => {
    const [row] = await dataverse.rows(
      "contacts?$expand=parentcustomerid_account,parentcustomerid_contact&$filter=lastname eq 'Doe'",
    );
    expect(row).toMatchObject({ parentcustomerid_account: null, parentcustomerid_contact: null });
  });

  test('refuses what cannot be followed', async () => {
    expect((await dataverse.refusal('GET', 'contacts?$expand=nothing')).message).toContain(
      "Could not find a property named 'nothing'",
    );
    expect((await dataverse.refusal('GET', 'contacts?$expand=lastname')).message).toContain(
      'Only navigation properties can be expanded.',
    );
    expect((await dataverse.refusal('GET', 'contacts?$expand=parentcustomerid_account($select=nothing)')).status).toBe(400);
  });
});

describe('$orderby, $top, $count', () => {
  test('sort by several columns, those without a value first', async () => {
    expect(names(await dataverse.rows('contacts?$select=lastname&$orderby=statecode desc,firstname'))).toEqual([
      'Doe',
      'Adams',
      'Brown',
      "O'Hara",
    ]);
    expect(names(await dataverse.rows('contacts?$select=lastname&$orderby=firstname desc&$top=2'))).toEqual(["O'Hara", 'Brown']);
  });

  test('count what the filter finds, whatever is shown', async () => {
    const page = await dataverse.get('contacts?$filter=statecode eq 0&$count=true&$top=1');
    expect(page['@odata.count']).toBe(3);
    expect(page['value']).toHaveLength(1);
    const { text, headers } = await dataverse.call('GET', 'contacts/$count');
    expect([text, headers.get('content-type')]).toEqual(['4', 'text/plain']);
    expect((await dataverse.call('GET', 'contacts/$count?$filter=statecode eq 1')).text).toBe('1');
  });

  test('there is no $skip, and nothing made up', async () => {
    expect((await dataverse.refusal('GET', 'contacts?$skip=5')).message).toBe('Skip Clause is not supported in CRM');
    expect((await dataverse.refusal('GET', 'contacts?$limit=5')).message).toBe('The query parameter $limit is not supported.');
    expect((await dataverse.refusal('GET', 'contacts?$top=few')).status).toBe(400);
  });
});

describe('annotations', () => {
  test('come on request: labels, and what lookups point to', async () => {
    const headers = { prefer: 'odata.include-annotations="*"' };
    const answer = await dataverse.call('GET', "contacts?$filter=lastname eq 'Adams'", undefined, headers);
    expect(answer.headers.get('preference-applied')).toBe('odata.include-annotations="*"');
    const [row] = answer.json['value'] as Json[];
    expect(row).toMatchObject({
      'statecode@OData.Community.Display.V1.FormattedValue': 'Active',
      'donotemail@OData.Community.Display.V1.FormattedValue': 'Allow',
      'birthdate@OData.Community.Display.V1.FormattedValue': '5/4/1980',
      'createdon@OData.Community.Display.V1.FormattedValue': expect.stringMatching(/^\d+\/\d+\/\d{4} \d+:\d\d [AP]M$/),
      '_ownerid_value@OData.Community.Display.V1.FormattedValue': '# Marketo Sync',
      '_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname': 'systemuser',
      '_ownerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty': 'ownerid',
      '_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname': 'account',
      '_parentcustomerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty': 'parentcustomerid_account',
    });
    expect(row).not.toHaveProperty('lastname@OData.Community.Display.V1.FormattedValue');
  });

  test('only those that were asked for, and none unasked', async () => {
    const read = async (prefer: Record<string, string>) =>
      (await dataverse.rows("contacts?$select=_ownerid_value&$filter=lastname eq 'Adams'", prefer))[0] ?? {};
    expect(
      Object.keys(await read({ prefer: 'odata.include-annotations="Microsoft.Dynamics.CRM.lookuplogicalname"' })),
    ).toHaveLength(4);
    expect(Object.keys(await read({ prefer: 'odata.include-annotations="*,-Microsoft.Dynamics.CRM.*"' }))).toHaveLength(4);
    expect(Object.keys(await read({}))).toHaveLength(3);
  });

  test('tell of every answer whether the metadata are still those that the caller knows', async () => {
    const name = '@Microsoft.Dynamics.CRM.globalmetadataversion';
    const all = { prefer: 'odata.include-annotations="*"' };
    const version = async (path: string, prefer: Record<string, string> = all) => (await dataverse.get(path, prefer))[name];
    const before = await version('contacts?$top=1');
    expect(before).toMatch(/^\d+$/);
    await dataverse.create('contacts', { lastname: 'No change of metadata' });
    expect([
      await version(`accounts(${accountId})`),
      await version('WhoAmI'),
      await version('contacts?$select=lastname', { prefer: `odata.track-changes,${all.prefer}` }),
      await version('contacts?$top=1', { prefer: `odata.include-annotations="${name.slice(1)}"` }),
      await version('contacts?$top=1', {}),
    ]).toEqual([before, before, before, before, undefined]);

    const columnSecurity = { table: 'contact', column: 'fax', read: true, update: true };
    await dataverse.control('POST', 'column-security', columnSecurity);
    const secured = await version('contacts?$top=1');
    await dataverse.control('DELETE', 'column-security');
    const open = await version('contacts?$top=1');
    await dataverse.control('POST', 'change-tracking', { table: 'contact', expireTokens: true });
    const changed = await version('contacts?$top=1');
    expect(new Set([before, secured, open, changed]).size).toBe(4);
  });
});

describe('pages', () => {
  let many: Dataverse;
  beforeAll(async () => {
    many = await Dataverse.start();
    await many.control('POST', 'seed', { contacts: 23 });
  });
  afterAll(async () => many.close());

  async function readAll(first: string, size: number): Promise<Json[][]> {
    const pages: Json[][] = [];
    for (let link: string | undefined = first; link !== undefined; ) {
      const page: Json = await many.get(link, { prefer: `odata.maxpagesize=${size}` });
      pages.push(page['value'] as Json[]);
      link = page['@odata.nextLink'] as string | undefined;
    }
    return pages;
  }

  test.each([
    'contacts?$select=fullname',
    'contacts?$orderby=lastname desc,firstname',
    'contacts?$filter=donotphone eq false or donotphone eq true&$orderby=address1_city',
  ])('%s comes whole and without repetition', async (path) => {
    const pages = await readAll(path, 10);
    expect(pages.map((page) => page.length)).toEqual([10, 10, 3]);
    const whole = await many.rows(path);
    expect(pages.flat()).toEqual(whole);
    expect(new Set(whole.map((row) => row['contactid'])).size).toBe(23);
  });

  test('the last page ends exactly', async () => {
    expect((await readAll('contacts?$select=fullname', 23)).map((page) => page.length)).toEqual([23]);
  });

  test('rows that come and go between pages move nothing', async () => {
    const first = await many.get('contacts?$select=fullname', { prefer: 'odata.maxpagesize=10' });
    const seen = (first['value'] as Json[]).map((row) => String(row['contactid']));
    await many.call('DELETE', `contacts(${seen[3]})`);
    const rest = await many.rows(String(first['@odata.nextLink']));
    expect(new Set([...seen, ...rest.map((row) => row['contactid'])]).size).toBe(23);
    expect(rest).toHaveLength(13);
  });

  test('$top means nothing beside a page size', async () => {
    const page = await many.get('contacts?$top=5', { prefer: 'odata.maxpagesize=10' });
    expect(page['value']).toHaveLength(10);
    expect(page).toHaveProperty(['@odata.nextLink']);
    expect(await many.get('contacts?$top=5')).not.toHaveProperty(['@odata.nextLink']);
  });

  test('a page holds 5,000 rows at most, and a count says no more', async () => {
    await many.control('POST', 'seed', { leads: 5001 });
    const page = await many.get('leads?$select=leadid&$count=true', {
      prefer: 'odata.maxpagesize=9999,odata.include-annotations="*"',
    });
    expect(page['value']).toHaveLength(5000);
    expect(page).toMatchObject({
      '@odata.count': 5000,
      '@Microsoft.Dynamics.CRM.totalrecordcount': 5000,
      '@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded': true,
    });
    expect(await many.rows(String(page['@odata.nextLink']))).toHaveLength(1);
  });
});
