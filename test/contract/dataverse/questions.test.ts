/**
 * What no documentation tells, or two tell differently: here is what we take for granted. On the sandbox this shows that it does as we
 * assume; on a real environment it settles the question. docs/unverified.md lists them, and what would have to change where one fails.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { RawAnswer } from '../target';
import { type DataverseTarget, openDataverse } from './target';

let target: DataverseTarget;
beforeAll(async () => {
  target = await openDataverse('questions');
  if (target.isLive) jest.setTimeout(20 * 60_000);
}, 120_000);
afterAll(() => target.close(), 120_000);

type Json = Readonly<Record<string, unknown>>;
const JSON_TYPE = { 'content-type': 'application/json' };
const bodyOf = ({ text }: RawAnswer): Json => JSON.parse(text) as Json;
const errorOf = (answer: RawAnswer): Json => (bodyOf(answer)['error'] ?? {}) as Json;
const codeOf = (answer: RawAnswer): string => String(errorOf(answer)['code']).toLowerCase();
const patch = (path: string, values: object, headers: Readonly<Record<string, string>> = { 'if-match': '*' }) =>
  target.send('PATCH', path, JSON.stringify(values), { ...JSON_TYPE, ...headers });
const post = (path: string, values: object) => target.send('POST', path, JSON.stringify(values), JSON_TYPE);

describe('refusals', () => {
  test('a call without a token is 401, with the authority in WWW-Authenticate', async () => {
    const answer = await fetch(`${target.url}/api/data/v9.2/WhoAmI`);
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Bearer authorization_uri=/),
    ]);
  });

  test('a failed request has an id that support can look up', async () => {
    const { headers, status } = await target.send('GET', `contacts(${randomUUID()})`);
    expect(status).toBe(404);
    expect(headers.get('req_id') ?? headers.get('x-ms-service-request-id')).toMatch(/^[0-9a-f-]{36}$/i);
  });

  test('a row that is gone is 404 0x80040217, in a read, in an update and in one that names a version', async () => {
    const id = await target.row('contacts');
    const version = String((await target.sales.row('contacts', id))?.['@odata.etag']);
    await target.sales.remove('contacts', id);
    const answers = [
      await target.send('GET', `contacts(${id})?$select=lastname`),
      await patch(`contacts(${id})`, { firstname: 'x' }),
      await patch(`contacts(${id})`, { firstname: 'x' }, { 'if-match': version }),
    ];
    expect(answers.map((answer) => [answer.status, codeOf(answer)])).toEqual(answers.map(() => [404, '0x80040217']));
    for (const answer of answers) expect(String(errorOf(answer)['message'])).toMatch(/contact'? with id = \S+ does not exist/i);
  });

  test('a lookup whose target is missing names the table of the target, not of the row', async () => {
    const id = await target.row('contacts');
    const answer = await patch(`contacts(${id})`, { 'ownerid@odata.bind': `/systemusers(${randomUUID()})` });
    expect([answer.status >= 400, /systemuser/i.test(String(errorOf(answer)['message']))]).toEqual([true, true]);
  });

  test('a value of the wrong type is 400 0x80048d19, and a column that does not exist is named', async () => {
    const id = await target.row('contacts');
    const wrong = await patch(`contacts(${id})`, { numberofchildren: 'many' });
    expect([wrong.status, codeOf(wrong)]).toEqual([400, '0x80048d19']);
    const unknown = await target.send('GET', 'contacts?$select=nosuchcolumn&$top=1');
    expect([unknown.status, String(errorOf(unknown)['message'])]).toEqual([
      400,
      expect.stringContaining("property named 'nosuchcolumn'"),
    ]);
  });

  test('a state that its status does not belong to is 0x80048408', async () => {
    const id = await target.row('leads');
    const answer = await patch(`leads(${id})`, { statecode: 0, statuscode: 7 });
    expect([answer.status, codeOf(answer)]).toEqual([400, '0x80048408']);
  });

  test('a date before 1753 is refused with 0x80040239', async () => {
    const id = await target.row('contacts');
    const answer = await patch(`contacts(${id})`, { birthdate: '1700-01-01' });
    expect([answer.status, codeOf(answer)]).toEqual([400, '0x80040239']);
  });

  test('a batch with bare line feeds cannot be read', async () => {
    const body =
      '--b\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\nGET /api/data/v9.2/WhoAmI HTTP/1.1\n\n\n--b--\n';
    const answer = await target.send('POST', '$batch', body, { 'content-type': 'multipart/mixed; boundary=b' });
    expect([answer.status, codeOf(answer)]).toEqual([400, '0x80048d19']);
  });

  test('a URL of more than 32 KB is refused with 414, and goes through as a part of a batch', async () => {
    const path = `contacts?$select=contactid&$filter=lastname%20eq%20%27${'x'.repeat(33_000)}%27`;
    expect((await target.send('GET', path)).status).toBe(414);
    const part = ['--b', 'Content-Type: application/http', 'Content-Transfer-Encoding: binary', '', `GET ${path} HTTP/1.1`];
    const body = [...part, '', '', '--b--', ''].join('\r\n');
    const answer = await target.send('POST', '$batch', body, { 'content-type': 'multipart/mixed; boundary=b' });
    expect(/^HTTP\/1\.1 (\d+)/m.exec(answer.text)?.[1]).toBe('200');
  });
});

describe('rows', () => {
  test('an inactive contact can still be changed', async () => {
    const id = await target.row('contacts');
    expect((await patch(`contacts(${id})`, { statecode: 1, statuscode: 2 })).status).toBe(204);
    expect((await patch(`contacts(${id})`, { firstname: 'Still' })).status).toBe(204);
  });

  test('a lead is created without the columns that forms insist on', async () => {
    const { emailaddress1, lastname } = target.own();
    const answer = await post('leads', { emailaddress1, lastname });
    expect(answer.status).toBe(204);
  });

  test('an empty text is no value', async () => {
    const id = await target.row('contacts', { firstname: 'Ann' });
    await patch(`contacts(${id})`, { firstname: '' });
    expect((await target.sales.row('contacts', id))?.['firstname']).toBeNull();
  });

  test('a duplicate is accepted: detection is off unless it is asked for', async () => {
    const own = target.own();
    expect([(await post('contacts', own)).status, (await post('contacts', own)).status]).toEqual([204, 204]);
  });

  test('the version of a row is another after each change, and the same for the same row', async () => {
    const id = await target.row('contacts');
    const version = async () => (await target.sales.row('contacts', id))?.['@odata.etag'];
    const first = await version();
    expect(await version()).toBe(first);
    await patch(`contacts(${id})`, { firstname: 'x' });
    expect(await version()).not.toBe(first);
  });
});

describe('what becomes of a row', () => {
  test('the loser of a merge is deactivated and names its master', async () => {
    const [master, loser] = [await target.row('contacts'), await target.row('contacts')];
    await target.sales.merge('contact', master, loser);
    const [read] = await target.dynamics.read([{ entity: 'contact', id: loser }], { contact: ['lastname'] });
    expect(read).toMatchObject({ ok: { control: { state: 1, masterId: master } } });
  });

  // Only where Dynamics 365 Sales is installed.
  test('qualifying a lead closes it, and its contact names it', async () => {
    const lead = await target.row('leads');
    const contact = await target.sales.qualify(lead);
    const reads = await target.dynamics.read(
      [
        { entity: 'lead', id: lead },
        { entity: 'contact', id: contact },
      ],
      { lead: ['lastname'], contact: ['lastname'] },
    );
    expect(reads).toMatchObject([{ ok: { control: { state: 1 } } }, { ok: { control: { state: 0, originatingLeadId: lead } } }]);
  });
});

describe('change tracking', () => {
  test('what is left out of a link is found in the next one, and a deleted row is an id and a reason', async () => {
    const id = await target.row('contacts');
    const path = 'contacts?$select=lastname';
    const page = async (link: string, preference: string): Promise<Json> => {
      const below = link.replace(/^.*\/api\/data\/v[\d.]+\//, '');
      return bodyOf(await target.send('GET', below, undefined, { prefer: `${preference}odata.maxpagesize=5000` }));
    };
    let answer = await page(path, 'odata.track-changes,');
    for (let next = answer['@odata.nextLink']; typeof next === 'string'; next = answer['@odata.nextLink'])
      answer = await page(next, 'odata.track-changes,');
    await target.sales.remove('contacts', id);
    const delta = await page(String(answer['@odata.deltaLink']), '');
    const gone = (delta['value'] as readonly Json[]).filter((row) => String(row['id']).toLowerCase().includes(id));
    expect(gone).toEqual([
      { '@odata.context': expect.stringMatching(/\$deletedEntity$/), id: expect.any(String), reason: 'deleted' },
    ]);
  });

  test('what would choose or sort among the rows is refused with 400', async () => {
    for (const option of ['$filter=statecode eq 0', '$orderby=lastname', '$top=5']) {
      const path = `contacts?$select=lastname&${encodeURI(option)}`;
      const answer = await target.send('GET', path, undefined, { prefer: 'odata.track-changes' });
      expect([answer.status, String(errorOf(answer)['message'])]).toEqual([
        400,
        expect.stringContaining("isn't supported when Change Tracking"),
      ]);
    }
  });

  test('the environment tells for how long it keeps changes', async () => {
    const answer = bodyOf(await target.send('GET', 'organizations?$select=expirechangetrackingindays,languagecode'));
    const [organization] = answer['value'] as readonly Json[];
    expect(organization).toMatchObject({ expirechangetrackingindays: expect.any(Number), languagecode: expect.any(Number) });
  });
});

describe('rights', () => {
  test('the privileges of a user come by id and depth, those on columns by metadata id and 0 or 4', async () => {
    const { UserId } = bodyOf(await target.send('GET', 'WhoAmI'));
    const of = async (name: string) =>
      bodyOf(await target.send('GET', `systemusers(${String(UserId)})/Microsoft.Dynamics.CRM.${name}()`));
    const [role] = (await of('RetrieveUserPrivileges'))['RolePrivileges'] as readonly Json[];
    expect(role).toMatchObject({
      PrivilegeId: expect.any(String),
      Depth: expect.stringMatching(/^(?:Basic|Local|Deep|Global|RecordFilter)$/),
    });
    const columns = (await of('RetrievePrincipalAttributePrivileges'))['AttributePrivileges'];
    expect(columns).toEqual(expect.any(Array));
    for (const column of columns as readonly Json[])
      expect(column).toMatchObject({
        AttributeId: expect.any(String),
        CanRead: expect.any(Number),
        CanUpdate: expect.any(Number),
      });
  });
});
