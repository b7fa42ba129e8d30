import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { API, Dataverse, GUID, type Json } from './client';

let dataverse: Dataverse;
beforeEach(async () => {
  dataverse = await Dataverse.start();
});
afterEach(async () => dataverse.close());

const TRACK = { prefer: 'odata.track-changes' };
const EXPIRED = {
  status: 400,
  code: '0x80044352',
  message: 'Version stamp associated with the client has expired. Please perform a full sync.',
};

const begin = async (path = 'contacts?$select=lastname'): Promise<string> =>
  String((await dataverse.get(path, TRACK))['@odata.deltaLink']);

const contact = (lastname: string, more: Json = {}): Promise<string> => dataverse.create('contacts', { lastname, ...more });

test('a first read shows every row and a link for later', async () => {
  const id = await contact('Adams');
  const answer = await dataverse.call('GET', 'contacts?$select=lastname', undefined, TRACK);
  expect(answer.headers.get('preference-applied')).toBe('odata.track-changes');
  const link = String(answer.json['@odata.deltaLink']);
  expect(link).toMatch(
    new RegExp(
      `^${dataverse.url}${API}/contacts\\?\\$select=lastname&\\$deltatoken=\\d+%21\\d\\d%2f\\d\\d%2f\\d{4}%20\\d\\d%3a\\d\\d%3a\\d\\d$`,
    ),
  );
  expect(answer.json).toMatchObject({
    '@odata.context': `${dataverse.url}${API}/$metadata#contacts(lastname)`,
    value: [{ lastname: 'Adams', contactid: id, '@odata.etag': expect.any(String) }],
  });
});

test('nothing has changed: an empty list and a new link', async () => {
  await contact('Adams');
  const answer = await dataverse.get(await begin());
  expect(answer['value']).toEqual([]);
  expect(answer['@odata.deltaLink']).toEqual(expect.stringContaining('$deltatoken='));
});

test('one row version counts every write in every table, deletions too: etags, versionnumber and delta tokens are of one line', async () => {
  const tokenVersion = async (path: string): Promise<number> => Number(/deltatoken=(\d+)%21/.exec(await begin(path))?.[1]);
  const versionOf = async (path: string): Promise<number> => {
    const row = await dataverse.get(path);
    expect(row['@odata.etag']).toBe(`W/"${String(row['versionnumber'])}"`);
    return row['versionnumber'] as number;
  };
  const person = await contact('A');
  const lead = await dataverse.create('leads', { lastname: 'B' });
  const account = await dataverse.create('accounts', { name: 'C' });
  const made = [
    await versionOf(`contacts(${person})`),
    await versionOf(`leads(${lead})`),
    await versionOf(`accounts(${account})`),
  ];
  const [first = 0] = made;
  expect(made).toEqual([first, first + 1, first + 2]);
  expect([await tokenVersion('contacts'), await tokenVersion('leads')]).toEqual([first + 2, first + 2]);
  await dataverse.call('DELETE', `leads(${lead})`);
  expect(await tokenVersion('contacts')).toBe(first + 3);
  await dataverse.call('PATCH', `contacts(${person})`, { firstname: 'A' });
  expect(await versionOf(`contacts(${person})`)).toBe(first + 4);
});

test('changed and new rows come once each, with their last state, oldest change first; then deletions', async () => {
  const [a, b, c] = [await contact('A'), await contact('B'), await contact('C')];
  const link = await begin();
  await dataverse.call('PATCH', `contacts(${a})`, { lastname: 'A2' });
  await dataverse.call('DELETE', `contacts(${c})`);
  const d = await contact('D');
  await dataverse.call('PATCH', `contacts(${a})`, { lastname: 'A3' });
  const page = await dataverse.get(link);
  expect(page['@odata.context']).toBe(`${dataverse.url}${API}/$metadata#contacts(lastname)/$delta`);
  expect(page['value']).toEqual([
    { '@odata.etag': expect.any(String), lastname: 'D', contactid: d },
    { '@odata.etag': expect.any(String), lastname: 'A3', contactid: a },
    { '@odata.context': `${dataverse.url}${API}/$metadata#contacts/$deletedEntity`, id: c, reason: 'deleted' },
  ]);
  expect(page['value']).not.toContainEqual(expect.objectContaining({ contactid: b }));
  expect((await dataverse.get(String(page['@odata.deltaLink'])))['value']).toEqual([]);
});

test('a row that came and went in between is reported as deleted, one made again under its id as changed', async () => {
  const link = await begin();
  const brief = await contact('Brief');
  await dataverse.call('DELETE', `contacts(${brief})`);
  await contact('First', { contactid: GUID });
  await dataverse.call('DELETE', `contacts(${GUID})`);
  await contact('Again', { contactid: GUID });
  expect(await dataverse.rows(link)).toEqual([
    expect.objectContaining({ lastname: 'Again', contactid: GUID }),
    expect.objectContaining({ id: brief, reason: 'deleted' }),
  ]);
});

test('writes of the caller are among the changes, and so are those of the system', async () => {
  const account = await dataverse.create('accounts', { name: 'Parent' });
  const id = await contact('Child', { 'parentcustomerid_account@odata.bind': `/accounts(${account})` });
  const link = await begin();
  await dataverse.call('DELETE', `accounts(${account})`);
  expect(await dataverse.rows(link)).toEqual([expect.objectContaining({ contactid: id })]);
});

test('a refused or rolled-back write is no change', async () => {
  const id = await contact('Kept');
  const link = await begin();
  await dataverse.call('PATCH', `contacts(${id})`, { firstname: 'x'.repeat(51) });
  const body = {
    Targets: [
      { '@odata.type': 'Microsoft.Dynamics.CRM.contact', lastname: 'New' },
      { '@odata.type': 'Microsoft.Dynamics.CRM.contact', lastname: 5 },
    ],
  };
  expect((await dataverse.call('POST', 'contacts/Microsoft.Dynamics.CRM.CreateMultiple', body)).status).toBe(400);
  expect(await dataverse.rows(link)).toEqual([]);
  await dataverse.call('PATCH', `contacts(${id})`, { firstname: 'x' });
  expect(await dataverse.rows(link)).toHaveLength(1);
});

describe('pages', () => {
  const SMALL = { prefer: 'odata.track-changes,odata.maxpagesize=4' };

  async function readAll(
    first: string,
    headers: Record<string, string>,
  ): Promise<{ readonly pages: Json[][]; readonly deltaLink: string }> {
    const pages: Json[][] = [];
    for (let link = first; ; ) {
      const page: Json = await dataverse.get(link, headers);
      pages.push(page['value'] as Json[]);
      const next = page['@odata.nextLink'] as string | undefined;
      if (next === undefined) return { pages, deltaLink: String(page['@odata.deltaLink']) };
      expect(page).not.toHaveProperty(['@odata.deltaLink']);
      link = next;
    }
  }

  test('of a first read and of changes, the delta link on the last one only', async () => {
    await dataverse.control('POST', 'seed', { contacts: 10 });
    const first = await readAll('contacts?$select=lastname', SMALL);
    expect(first.pages.map((page) => page.length)).toEqual([4, 4, 2]);
    const ids = first.pages.flat().map((row) => String(row['contactid']));
    for (const id of ids.slice(0, 3)) await dataverse.call('PATCH', `contacts(${id})`, { firstname: 'Changed' });
    for (const id of ids.slice(3)) await dataverse.call('DELETE', `contacts(${id})`);
    const later = await readAll(first.deltaLink, { prefer: 'odata.maxpagesize=4' });
    expect(later.pages.map((page) => page.length)).toEqual([4, 4, 2]);
    expect(later.pages.flat().map((row) => row['contactid'] ?? row['id'])).toEqual(ids);
    expect(later.pages.flat().filter((row) => row['reason'] === 'deleted')).toHaveLength(7);
  });

  test('what changes while pages are read is in them or in the next delta, never lost', async () => {
    await dataverse.control('POST', 'seed', { contacts: 10 });
    const page = await dataverse.get('contacts?$select=lastname', SMALL);
    const seen = (page['value'] as Json[]).map((row) => String(row['contactid']));
    const late = await contact('Late');
    await dataverse.call('PATCH', `contacts(${seen[0]})`, { lastname: 'Later' });
    const rest = await readAll(String(page['@odata.nextLink']), SMALL);
    expect(rest.pages.flat()).toHaveLength(6);
    expect((await dataverse.rows(rest.deltaLink)).map((row) => row['contactid'])).toEqual([late, seen[0]]);
  });

  test('a token that comes back alone knows what it continues', async () => {
    await dataverse.control('POST', 'seed', { contacts: 10 });
    const page = await dataverse.get('contacts?$select=lastname', SMALL);
    const token = new URL(String(page['@odata.nextLink'])).searchParams.get('$skiptoken') ?? '';
    const again = await dataverse.get(`contacts?$skiptoken=${encodeURIComponent(token)}`, { prefer: 'odata.maxpagesize=4' });
    expect(again).toEqual(await dataverse.get(String(page['@odata.nextLink']), SMALL));
    const link = new URL(await begin());
    const delta = encodeURIComponent(link.searchParams.get('$deltatoken') ?? '');
    await contact('New');
    expect(await dataverse.rows(`contacts?%24select=lastname&%24deltatoken=${delta}`)).toEqual(await dataverse.rows(link.href));
    expect(await dataverse.rows(`contacts?$deltatoken=${delta}`)).toMatchObject([{ lastname: 'New', firstname: null }]);
  });
});

describe('what is refused', () => {
  test.each(['filter=statecode eq 0', 'orderby=lastname', 'expand=owninguser', 'top=5'])('$%s', async (option) => {
    const refusal = await dataverse.refusal('GET', `contacts?$select=lastname&$${option}`, undefined, TRACK);
    const name = option.split('=')[0];
    expect(refusal).toMatchObject({
      status: 400,
      message: `The "$${name}" query parameter isn't supported when Change Tracking is enabled.`,
    });
  });

  test('a table that does not track changes', async () => {
    expect(await dataverse.refusal('GET', 'roles', undefined, TRACK)).toEqual({
      status: 400,
      code: '0x80072491',
      message: "Entity role isn't enabled for change tracking.",
    });
    await dataverse.control('POST', 'change-tracking', { table: 'contact', enabled: false });
    expect(await dataverse.refusal('GET', 'contacts', undefined, TRACK)).toMatchObject({ code: '0x80072491' });
    expect(await dataverse.get("EntityDefinitions(LogicalName='contact')?$select=ChangeTrackingEnabled")).toMatchObject({
      ChangeTrackingEnabled: false,
    });
  });

  test.each(['Basic', 'Local', 'Deep'])('a user who may not read all rows of the table: %s is not enough', async (depth) => {
    await contact('Adams');
    const link = await begin();
    await dataverse.control('POST', 'privileges', { table: 'contact', privilege: 'Read', depth });
    const refusal = { status: 403, code: '0x80040220' };
    expect(await dataverse.refusal('GET', 'contacts', undefined, TRACK)).toMatchObject(refusal);
    expect(await dataverse.refusal('GET', link)).toMatchObject(refusal);
    expect(await dataverse.rows('contacts')).toHaveLength(1);
    await dataverse.control('POST', 'privileges', { table: 'contact', privilege: 'Read', depth: 'Global' });
    expect((await dataverse.call('GET', link)).status).toBe(200);
  });

  test('a token that is none', async () => {
    expect(await dataverse.refusal('GET', 'contacts?$deltatoken=yesterday')).toMatchObject({ status: 400 });
    expect(await dataverse.refusal('GET', 'contacts?$skiptoken=yesterday')).toMatchObject({ status: 400 });
  });
});

describe('tokens expire', () => {
  test('after seven days', async () => {
    const link = await begin();
    await dataverse.control('POST', 'clock', { advanceSeconds: 7 * 86_400 - 60 });
    await dataverse.signIn();
    expect((await dataverse.call('GET', link)).status).toBe(200);
    await dataverse.control('POST', 'clock', { advanceSeconds: 120 });
    expect(await dataverse.refusal('GET', link)).toEqual(EXPIRED);
    expect((await dataverse.call('GET', await begin())).status).toBe(200);
  });

  test('after as many days as the organisation says', async () => {
    const [organization] = await dataverse.rows('organizations?$select=expirechangetrackingindays,languagecode');
    expect(organization).toMatchObject({ expirechangetrackingindays: 7, languagecode: 1033 });
    await dataverse.call('PATCH', `organizations(${String(organization?.['organizationid'])})`, {
      expirechangetrackingindays: 30,
    });
    const link = await begin();
    await dataverse.control('POST', 'clock', { advanceSeconds: 29 * 86_400 });
    await dataverse.signIn();
    expect((await dataverse.call('GET', link)).status).toBe(200);
  });

  test('at once when the metadata of the table changes, and only for that table', async () => {
    const [contacts, leads] = [await begin(), await begin('leads?$select=lastname')];
    await dataverse.control('POST', 'change-tracking', { table: 'contact', expireTokens: true });
    expect(await dataverse.refusal('GET', contacts)).toEqual(EXPIRED);
    expect((await dataverse.call('GET', leads)).status).toBe(200);
    expect((await dataverse.call('GET', await begin())).status).toBe(200);
  });

  test('when the organisation has been set back: such a version is unknown here', async () => {
    const future = (await begin()).replace(/deltatoken=\d+/, 'deltatoken=99999999');
    expect(await dataverse.refusal('GET', future)).toEqual(EXPIRED);
  });
});

test('changes can be counted', async () => {
  const id = await contact('A');
  const token = /\$deltatoken=(.*)$/.exec(await begin())?.[1];
  await contact('B');
  await dataverse.call('DELETE', `contacts(${id})`);
  const answer = await dataverse.call('GET', `contacts/$count?$deltatoken=${token}`);
  expect([answer.text, answer.headers.get('content-type')]).toEqual(['2', 'text/plain']);
});
