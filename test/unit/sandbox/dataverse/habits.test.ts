/** How clients in the wild call it, beyond what the documentation shows. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Dataverse, type Json } from './client';

let dataverse: Dataverse;
let id: string;
beforeAll(async () => {
  dataverse = await Dataverse.start();
  id = await dataverse.create('contacts', { lastname: 'Adams', emailaddress1: 'ann+news@example.com' });
});
afterAll(async () => dataverse.close());

test('names and values of the query come form-encoded', async () => {
  const rows = await dataverse.rows('contacts?%24select=lastname&%24filter=lastname+eq+%27Adams%27&%24top=1');
  expect(rows).toMatchObject([{ lastname: 'Adams' }]);
});

test('a plus sign that is not encoded is a space, in an address too', async () => {
  expect(await dataverse.rows("contacts?$filter=emailaddress1 eq 'ann%2Bnews@example.com'")).toHaveLength(1);
  expect(await dataverse.rows("contacts?$filter=emailaddress1 eq 'ann+news@example.com'")).toEqual([]);
});

test('keys and quotes in the path come encoded', async () => {
  expect(await dataverse.get(`contacts%28${id}%29`)).toMatchObject({ lastname: 'Adams' });
  expect(await dataverse.get('EntityDefinitions(LogicalName=%27contact%27)?%24select=LogicalName')).toMatchObject({
    LogicalName: 'contact',
  });
});

test('a content type without a body, no OData-Version, any Accept: JSON is answered', async () => {
  const headers = { 'content-type': 'application/json', accept: '*/*' };
  const answer = await dataverse.call('GET', `contacts(${id})`, undefined, headers);
  expect(answer.json).toMatchObject({ lastname: 'Adams' });
  expect((await dataverse.call('DELETE', `contacts(${await dataverse.create('contacts', {})})`, undefined, headers)).status).toBe(
    204,
  );
});

test("parameters without a dollar are the client's own", async () => {
  expect((await dataverse.call('POST', 'contacts?tag=marketo-sync', { lastname: 'Tagged' })).status).toBe(204);
  expect((await dataverse.call('GET', 'contacts?tag=marketo-sync&$top=1')).status).toBe(200);
});

test('links are of the host that was asked', async () => {
  await dataverse.create('contacts', { lastname: 'Brown' });
  const other = dataverse.url.replace('127.0.0.1', 'localhost');
  const page = await dataverse.get(`${other}/api/data/v9.1/contacts?$select=lastname`, { prefer: 'odata.maxpagesize=1' });
  expect(page['@odata.nextLink']).toEqual(
    expect.stringContaining(`${other}/api/data/v9.1/contacts?$select=lastname&$skiptoken=`),
  );
  const tracked = await dataverse.get(`${other}/api/data/v9.0/contacts?$select=lastname`, { prefer: 'odata.track-changes' });
  expect(tracked['@odata.deltaLink']).toEqual(
    expect.stringContaining(`${other}/api/data/v9.0/contacts?$select=lastname&$deltatoken=`),
  );
});

test('tokens come back taken apart and put together again', async () => {
  const page = await dataverse.get('contacts?$select=lastname&$orderby=lastname', { prefer: 'odata.maxpagesize=1' });
  const link = new URL(String(page['@odata.nextLink']));
  const again = `contacts?${new URLSearchParams([...link.searchParams]).toString()}`;
  const alone = `contacts?$skiptoken=${encodeURIComponent(link.searchParams.get('$skiptoken') ?? '')}`;
  const expected = await dataverse.get(link.href, { prefer: 'odata.maxpagesize=1' });
  for (const path of [again, alone]) {
    const answer = await dataverse.get(path, { prefer: 'odata.maxpagesize=1' });
    expect(answer['value']).toEqual(expected['value']);
  }
});

test('functions are called with parentheses, bound ones too', async () => {
  const { UserId } = await dataverse.get('WhoAmI()');
  const bound = `systemusers(${String(UserId)})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()`;
  expect((await dataverse.get(bound))['RolePrivileges']).toContainEqual(expect.objectContaining({ Depth: 'Global' }));
});

test('metadata is asked for in batches', async () => {
  const part = (path: string) =>
    `--b\r\nContent-Type: application/http\r\n\r\nGET /api/data/v9.2/${path} HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n`;
  const body = `${part("EntityDefinitions(LogicalName='lead')?$select=LogicalName")}${part('WhoAmI')}--b--\r\n`;
  const answer = await dataverse.call('POST', '$batch', body, { 'content-type': 'multipart/mixed;boundary=b' });
  expect(answer.text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  expect(answer.text).toContain('"LogicalName":"lead"');
});

test('whether changes can be tracked is a managed property, and labels come in the language of the caller too', async () => {
  const select = '$select=CanChangeTrackingBeEnabled,ChangeTrackingEnabled,DisplayName';
  expect(await dataverse.get(`EntityDefinitions(LogicalName='contact')?${select}`)).toMatchObject({
    CanChangeTrackingBeEnabled: { Value: true },
    ChangeTrackingEnabled: true,
    DisplayName: { UserLocalizedLabel: { Label: 'Contact', LanguageCode: 1033 } },
  });
});

test('all tables at once, with their columns', async () => {
  const tables = await dataverse.rows(
    'EntityDefinitions?$select=LogicalName,MetadataId&$expand=Attributes($select=LogicalName,DisplayName)',
  );
  const contact = tables.find((table) => table['LogicalName'] === 'contact');
  expect(contact?.['Attributes']).toContainEqual(
    expect.objectContaining({
      LogicalName: 'jobtitle',
      DisplayName: expect.objectContaining({
        LocalizedLabels: [expect.objectContaining({ Label: 'Job Title', LanguageCode: 1033 })],
      }),
    }),
  );
});

describe('what nobody should send', () => {
  test.each([
    ['PATCH', 'contacts', 405],
    ['DELETE', 'contacts', 405],
    ['POST', 'contacts(0a0b0c0d-1111-4222-8333-444455556666)', 405],
    ['GET', 'contacts(not-a-guid)', 400],
    ['GET', 'Nothing', 404],
    ['GET', 'contacts/Nothing', 404],
    ['GET', 'contacts/Microsoft.Dynamics.CRM.Nothing', 404],
  ])('%s %s is answered with %d, in the shape of every error', async (method, path, status) => {
    const { status: answered, json } = await dataverse.call(method, path, method === 'GET' ? undefined : {});
    expect(answered).toBe(status);
    expect(json['error']).toEqual({ code: expect.any(String), message: expect.any(String) } satisfies Json);
  });

  test('a body over eleven megabytes: 413', async () => {
    const { status, json } = await dataverse.call('POST', 'contacts', { lastname: 'x'.repeat(12 * 1024 * 1024) });
    expect(status).toBe(413);
    expect(json['error']).toMatchObject({ message: expect.any(String) });
  });

  test('a path outside of the API: 404', async () => {
    expect((await dataverse.http('GET', '/somewhere')).status).toBe(404);
    expect((await dataverse.http('GET', '/api/data/v8.2/WhoAmI')).status).toBe(404);
  });
});

test('calls are counted by caller and operation', async () => {
  const other = await Dataverse.start();
  await other.create('contacts', { contactid: id, lastname: 'A' });
  await other.get(`contacts(${id})?$select=lastname`);
  await other.get("EntityDefinitions(LogicalName='contact')");
  expect(await other.control('GET', 'calls')).toEqual({
    'sync-app': {
      'POST /sandbox/oauth2/v2.0/token': 1,
      'POST /contacts': 1,
      'GET /contacts()': 1,
      'GET /EntityDefinitions()': 1,
    },
  });
  await other.close();
});
