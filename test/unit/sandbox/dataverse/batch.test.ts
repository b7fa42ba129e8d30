import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { API, Dataverse, GUID, type HttpAnswer, type Json } from './client';

let dataverse: Dataverse;
beforeAll(async () => {
  dataverse = await Dataverse.start();
});
afterAll(async () => dataverse.close());

const CRLF = '\r\n';
const HTTP_PART = ['Content-Type: application/http', 'Content-Transfer-Encoding: binary'];

function part(method: string, path: string, body?: Json, headers: readonly string[] = [], outer: readonly string[] = []): string {
  const inner = [`${method} ${path} HTTP/1.1`, ...(body ? ['Content-Type: application/json;type=entry'] : []), ...headers, ''];
  return [...HTTP_PART, ...outer, '', ...inner, body ? JSON.stringify(body) : ''].join(CRLF);
}

const enclosed = (sections: readonly string[], boundary: string): string =>
  [...sections.map((section) => `--${boundary}${CRLF}${section}`), `--${boundary}--`, ''].join(CRLF);

const changeSet = (parts: readonly string[], boundary = 'changeset_1'): string =>
  `Content-Type: multipart/mixed; boundary="${boundary}"${CRLF}${CRLF}${enclosed(parts, boundary)}`;

const inSet = (id: number, method: string, path: string, body?: Json): string =>
  part(method, path, body, [], [`Content-ID: ${id}`]);

function send(sections: readonly string[], { goOn = true, boundary = 'batch_1', quoted = true } = {}): Promise<HttpAnswer> {
  const headers: Record<string, string> = {
    'content-type': `multipart/mixed; boundary=${quoted ? `"${boundary}"` : boundary}`,
    ...(goOn && { prefer: 'odata.continue-on-error' }),
  };
  return dataverse.call('POST', '$batch', enclosed(sections, boundary), headers);
}

const statuses = ({ text }: HttpAnswer): number[] =>
  [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map((match) => Number(match[1]));
const bodies = ({ text }: HttpAnswer): Json[] => [...text.matchAll(/^\{.*\}$/gm)].map((match) => JSON.parse(match[0]) as Json);

const create = (body: Json) => part('POST', `${API}/contacts`, { lastname: 'Batched', ...body });
const tooLong = () => create({ firstname: 'x'.repeat(51) });
const countNamed = async (name: string) => (await dataverse.rows(`contacts?$filter=lastname eq '${name}'`)).length;

describe('one after the other', () => {
  test('each has its answer, in the order they were asked', async () => {
    const answer = await send([create({ contactid: GUID }), tooLong(), part('GET', `${API}/contacts(${GUID})?$select=lastname`)]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^multipart\/mixed; boundary=batchresponse_[0-9a-f-]{36}$/);
    expect(statuses(answer)).toEqual([204, 400, 200]);
    expect(bodies(answer)).toMatchObject([{ error: { code: '0x80044331' } }, { lastname: 'Batched', contactid: GUID }]);
  });

  test('answers look as those of Dataverse do, line by line', async () => {
    const id = '0a0b0c0d-1111-4222-8333-4444555566ff';
    const { text, headers } = await send([create({ contactid: id }), tooLong()]);
    const boundary = /boundary=(.*)$/.exec(headers.get('content-type') ?? '')?.[1];
    const url = `${dataverse.url}${API}/contacts(${id})`;
    expect(text.replace(/REQ_ID: [0-9a-f-]{36}/, 'REQ_ID: some').split(CRLF)).toEqual([
      `--${boundary}`,
      ...HTTP_PART,
      '',
      'HTTP/1.1 204 No Content',
      'OData-Version: 4.0',
      `Location: ${url}`,
      `OData-EntityId: ${url}`,
      '',
      '',
      `--${boundary}`,
      ...HTTP_PART,
      '',
      'HTTP/1.1 400 Bad Request',
      'REQ_ID: some',
      'Content-Type: application/json; odata.metadata=minimal',
      'OData-Version: 4.0',
      '',
      `{"error":{"code":"0x80044331","message":"A validation error occurred.  The length of the 'firstname' attribute of the 'contact' entity exceeded the maximum allowed length of '50'."}}`,
      `--${boundary}--`,
      '',
    ]);
  });

  test('without the preference the first failure ends it, and what was done before stays', async () => {
    const before = await countNamed('Batched');
    const answer = await send([create({}), tooLong(), create({})], { goOn: false });
    expect(answer.status).toBe(400);
    expect(statuses(answer)).toEqual([204, 400]);
    expect(await countNamed('Batched')).toBe(before + 1);
    const goingOn = await send([create({}), tooLong(), create({})]);
    expect([goingOn.status, statuses(goingOn)]).toEqual([200, [204, 400, 204]]);
    expect(await countNamed('Batched')).toBe(before + 3);
  });

  test('parts have headers of their own', async () => {
    const id = await dataverse.create('contacts', { lastname: 'Own' });
    const path = `${API}/contacts(${id})`;
    const answer = await send([
      part('PATCH', path, { firstname: 'A' }, ['If-Match: W/"1"']),
      part('PATCH', `${path}?$select=firstname`, { firstname: 'B' }, ['If-Match: *', 'Prefer: return=representation']),
      part('DELETE', path),
      part('DELETE', path),
    ]);
    expect(statuses(answer)).toEqual([412, 200, 204, 404]);
    expect(bodies(answer)[1]).toMatchObject({ firstname: 'B' });
  });

  test('paths come as whole URLs, from the root or from the service, with spaces in the query', async () => {
    const id = await dataverse.create('contacts', { lastname: 'Spacey Person', emailaddress1: 'a b@example.com' });
    const query = "?$select=lastname&$filter=lastname eq 'Spacey Person'";
    const answer = await send([
      part('GET', `${dataverse.url}${API}/contacts${query}`),
      part('GET', `${API}/contacts${query}`),
      part('GET', `contacts${query}`),
      part('GET', "EntityDefinitions(LogicalName='contact')?$select=LogicalName"),
    ]);
    expect(statuses(answer)).toEqual([200, 200, 200, 200]);
    for (const body of bodies(answer).slice(0, 3)) expect(body['value']).toMatchObject([{ contactid: id }]);
    expect(bodies(answer)[3]).toMatchObject({ LogicalName: 'contact' });
  });

  test('a query too long for a URL goes in a part, up to twice as long', async () => {
    const search = (length: number): string => {
      const start = 'contacts?$filter=lastname%20eq%20%27';
      return `${start}${'x'.repeat(length - start.length - 3)}%27`;
    };
    const alone = async (length: number) => (await dataverse.call('GET', search(length - API.length - 1))).status;
    expect([await alone(32_768), await alone(32_769)]).toEqual([200, 414]);
    const answer = await send([part('GET', search(40_000)), part('GET', search(65_536)), part('GET', search(65_537))]);
    expect(statuses(answer)).toEqual([200, 200, 414]);
    expect(bodies(answer)[0]).toMatchObject({ value: [] });
  });

  test('an empty line before the first boundary, boundaries without quotes: both are read', async () => {
    const headers = { 'content-type': 'multipart/mixed; boundary=plain' };
    const answer = await dataverse.call('POST', '$batch', CRLF + enclosed([part('GET', 'WhoAmI')], 'plain'), headers);
    expect(statuses(answer)).toEqual([200]);
  });

  test('a hundred parts go through', async () => {
    const answer = await send(Array.from({ length: 100 }, () => create({ lastname: 'Hundred' })));
    expect(statuses(answer)).toEqual(Array(100).fill(204));
    expect(await countNamed('Hundred')).toBe(100);
  });
});

describe('change sets', () => {
  test('succeed as one, their answers nested with their ids', async () => {
    const answer = await send([
      changeSet([
        inSet(1, 'POST', `${API}/contacts`, { lastname: 'SetA' }),
        inSet(2, 'POST', `${API}/leads`, { lastname: 'SetA' }),
      ]),
    ]);
    expect(statuses(answer)).toEqual([204, 204]);
    expect(answer.text).toMatch(
      /Content-Type: multipart\/mixed; boundary=changesetresponse_[0-9a-f-]{36}\r\n\r\n--changesetresponse_/,
    );
    expect([...answer.text.matchAll(/^Content-ID: (\d)\r$/gm)].map((match) => match[1])).toEqual(['1', '2']);
  });

  test('fail as one: the answer is the failure alone, and nothing of the set stays', async () => {
    const id = await dataverse.create('contacts', { lastname: 'Untouched' });
    const before = await dataverse.get(`contacts(${id})`);
    const answer = await send([
      changeSet([
        inSet(1, 'POST', `${API}/contacts`, { lastname: 'SetB' }),
        inSet(2, 'PATCH', `${API}/contacts(${id})`, { lastname: 'Touched' }),
        inSet(3, 'POST', `${API}/contacts`, { firstname: 'x'.repeat(51) }),
        inSet(4, 'POST', `${API}/contacts`, { lastname: 'SetB' }),
      ]),
      create({ lastname: 'AfterB' }),
    ]);
    expect(statuses(answer)).toEqual([400, 204]);
    expect(answer.text).toContain(`Content-ID: 3${CRLF}`);
    expect(answer.text).not.toContain(`Content-ID: 1${CRLF}`);
    expect(await countNamed('SetB')).toBe(0);
    expect(await countNamed('AfterB')).toBe(1);
    expect(await dataverse.get(`contacts(${id})`)).toEqual(before);
  });

  test('requests may point to what others of the set have made', async () => {
    const answer = await send([
      changeSet([
        inSet(1, 'POST', `${API}/accounts`, { name: 'Made First' }),
        inSet(2, 'POST', `${API}/contacts`, { lastname: 'Pointing', 'parentcustomerid_account@odata.bind': '$1' }),
        inSet(3, 'PATCH', '$1', { telephone1: '555' }),
      ]),
    ]);
    expect(statuses(answer)).toEqual([204, 204, 204]);
    const [row] = await dataverse.rows(
      "contacts?$filter=lastname eq 'Pointing'&$expand=parentcustomerid_account($select=name,telephone1)",
    );
    expect(row?.['parentcustomerid_account']).toMatchObject({ name: 'Made First', telephone1: '555' });
  });
});

describe('what cannot be read', () => {
  const whole = enclosed([part('GET', 'WhoAmI')], 'b');
  const post = (body: string, type = 'multipart/mixed; boundary=b') =>
    dataverse.refusal('POST', '$batch', body, { 'content-type': type });

  test.each([
    ['bare line feeds', whole.replaceAll(CRLF, '\n')],
    ['one bare line feed', whole.replace(CRLF, '\n')],
    ['no line end at the very end', whole.trimEnd()],
    ['another boundary', whole.replaceAll('--b', '--c')],
  ])('%s', async (_what, body) => {
    expect(await post(body)).toEqual({
      status: 400,
      code: '0x80048d19',
      message: expect.stringContaining('Stream was not readable.'),
    });
    expect(await post(whole)).toMatchObject({ status: 200 });
  });

  test.each([
    ['no boundary', whole, 'multipart/mixed'],
    ['a part of another type', enclosed([part('GET', 'WhoAmI').replace('application/http', 'text/plain')], 'b'), undefined],
    ['no request line', enclosed([[...HTTP_PART, '', 'hello', '', ''].join(CRLF)], 'b'), undefined],
    ['a GET in a change set', enclosed([changeSet([inSet(1, 'GET', 'WhoAmI')])], 'b'), undefined],
  ])('%s', async (_what, body, type) => {
    expect(await post(body, type)).toMatchObject({ status: 400, code: '0x80048d19' });
  });

  test('a change set without ids', async () => {
    const body = enclosed([changeSet([part('POST', 'contacts', { lastname: 'X' })])], 'b');
    expect(await post(body)).toEqual({ status: 400, code: '0x80060888', message: 'Content-ID header not present' });
  });

  test('more than a thousand operations', async () => {
    const ask = (number: number) =>
      post(
        enclosed(
          Array.from({ length: number }, () => part('GET', 'WhoAmI')),
          'b',
        ),
      );
    expect(await ask(1001)).toMatchObject({ status: 400, message: expect.stringContaining('1000') });
    expect(await ask(1000)).toMatchObject({ status: 200 });
  });

  test('a batch in a batch', async () => {
    expect(statuses(await send([part('POST', `${API}/$batch`, {})]))).toEqual([400]);
  });
});

describe('faults', () => {
  test('reach single parts', async () => {
    const body = {
      error: { code: '0x80072322', message: 'Number of requests exceeded the limit of 6000 over time window of 300 seconds.' },
    };
    await dataverse.control('POST', 'faults', {
      match: { method: 'POST', path: '/contacts' },
      action: { status: 429, headers: { 'Retry-After': '7' }, body },
    });
    const answer = await send([part('GET', 'WhoAmI'), create({ lastname: 'Throttled' }), create({ lastname: 'NotThrottled' })]);
    expect(statuses(answer)).toEqual([200, 429, 204]);
    expect(answer.text).toContain('Retry-After: 7');
    expect([await countNamed('Throttled'), await countNamed('NotThrottled')]).toEqual([0, 1]);
  });

  test('a part whose answer is lost takes the whole answer with it, the work is done', async () => {
    await dataverse.control('POST', 'faults', { match: { method: 'POST', path: '/contacts' }, action: { drop: 'after' } });
    await expect(send([create({ lastname: 'Lost' })])).rejects.toThrow();
    expect(await countNamed('Lost')).toBe(1);
  });
});
