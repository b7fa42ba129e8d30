/** How clients in the wild call Marketo beyond its documentation, and what they stumble over: one test a habit, over plain HTTP. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codeOf, type HttpAnswer, Marketo } from './client';

let marketo: Marketo;
beforeAll(async () => {
  marketo = await Marketo.start();
});
afterAll(() => marketo.close());

const JSON_TYPE = { 'content-type': 'application/json' };
/** A POST that is called JSON and holds nothing: `Content-Length: 0`. */
const postNothing = (path: string) => marketo.call('POST', path, JSON_TYPE, '');
const raw = (method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<HttpAnswer> =>
  marketo.http(method, path, { authorization: `Bearer ${marketo.token}`, ...headers }, body);
/** Whole seconds: a time with milliseconds is refused. */
const at = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+/, '');
const today = (): object => ({ createdAt: { startAt: at(Date.now() - 86_400_000), endAt: at(Date.now() + 86_400_000) } });

async function newJob(kind: 'leads' | 'activities', filter: object, fields?: readonly string[]): Promise<string> {
  const { result } = await marketo.post(`/bulk/v1/${kind}/export/create.json`, { filter, ...(fields && { fields }) });
  return String(result?.[0]?.['exportId']);
}

/** The path of the finished file. */
async function newFile(filter: object): Promise<string> {
  const base = `/bulk/v1/activities/export/${await newJob('activities', filter)}`;
  await postNothing(`${base}/enqueue.json`);
  await marketo.control('POST', 'clock', { advanceSeconds: 60 });
  return `${base}/file.json`;
}

describe('clients in the wild', () => {
  test('post nothing and call it JSON: merge, approve, enqueue, cancel', async () => {
    const [winner, loser] = await marketo.create({ email: 'w@example.com' }, { email: 'l@example.com' });
    expect((await postNothing(`/rest/v1/leads/${winner}/merge.json?leadId=${loser}`)).success).toBe(true);
    const primaryAttribute = { apiName: 'place', name: 'Place', dataType: 'string' };
    const type = { apiName: 'visit', name: 'Visit', triggerName: 'Visits', filterName: 'Visited', primaryAttribute };
    await marketo.post('/rest/v1/activities/external/type.json', type);
    expect((await postNothing('/rest/v1/activities/external/type/visit/approve.json')).result).toMatchObject([
      { status: 'approved' },
    ]);
    const job = `/bulk/v1/leads/export/${await newJob('leads', today(), ['email'])}`;
    expect((await postNothing(`${job}/enqueue.json`)).result).toMatchObject([{ status: 'Queued' }]);
    expect((await postNothing(`${job}/cancel.json`)).result).toMatchObject([{ status: 'Cancelled' }]);
  });

  test.each([
    ['in the query', '?_method=GET', ''],
    ['inside the form', '', '_method=GET&'],
  ])('send _method=GET %s', async (_where, query, form) => {
    const [id] = await marketo.create({ email: 'form@example.com' });
    const body = `${form}filterType=id&filterValues=${id}&fields=email`;
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await raw('POST', `/rest/v1/leads.json${query}`, type, body);
    expect(JSON.parse(answer.text)).toMatchObject({ success: true, result: [{ email: 'form@example.com' }] });
  });

  test('delete with DELETE and a JSON body', async () => {
    const [id] = await marketo.create({ email: 'd@example.com' });
    expect((await marketo.post('/rest/v1/leads.json', { input: [{ id }] }, 'DELETE')).result).toEqual([
      { id, status: 'deleted' },
    ]);
  });

  test('repeat a parameter instead of writing a list', async () => {
    await newJob('activities', today());
    const count = async (query: string) => (await marketo.call('GET', `/bulk/v1/activities/export.json?${query}`)).result?.length;
    expect(await count('status=Created&status=Queued')).toBe(await count('status=Created,Queued'));
    expect(await count('status=Created&status=Queued')).toBeGreaterThan(0);
    expect(await count('status=Queued&status=Failed')).toBe(0);
  });

  test('read moreResult and nextPageToken from every page of a feed, and dates that end in Z', async () => {
    const [id] = await marketo.create({ email: 'feed@example.com' });
    await marketo.sync([{ id, firstName: 'Ann' }], { action: 'updateOnly', lookupField: 'id' });
    await marketo.post('/rest/v1/leads/delete.json', { input: [{ id }] });
    for (const feed of [
      'activities.json?activityTypeIds=12,13',
      'activities/leadchanges.json?fields=firstName',
      'activities/deletedleads.json?',
    ]) {
      for (const token of [await marketo.tokenSince('2020-01-01T00:00:00Z'), await marketo.tokenNow()]) {
        const answer = await marketo.call('GET', `/rest/v1/${feed}&nextPageToken=${encodeURIComponent(token)}`);
        expect(answer).toMatchObject({ moreResult: false, nextPageToken: expect.any(String), result: expect.any(Array) });
        for (const { activityDate } of answer.result ?? []) expect(activityDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      }
    }
  });

  test.each([
    ['GET', '/rest/v1/leads.json?filterType=id&filterValues=%00&fields=%F0%9F%98%80'],
    ['GET', '/rest/v1/lead/99999999999999999999.json'],
    ['GET', '/rest/v1/lead/%ZZ.json'],
    ['POST', '/rest/v1/leads.json'],
    ['DELETE', '/rest/v1/leads.json'],
    ['PATCH', '/rest/v1/made/up.json'],
    ['GET', '/bulk/v1/activities/export/no-such-job/status.json'],
  ])('parse the body before they look at anything else: %s %s', async (method, path) => {
    const answer = await raw(method, path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json;charset=UTF-8']);
    expect(JSON.parse(answer.text)).toMatchObject({ success: false, errors: [{ code: expect.any(String) }] });
  });

  test('ask for the usage of the day again and again, which counts as well', async () => {
    const total = async () => (await marketo.get('/rest/v1/stats/usage.json')).result?.[0]?.['total'] as number;
    const before = await total();
    expect([await total(), await total()]).toEqual([before + 1, before + 2]);
  });

  test('take activities in bulk by the names of their columns, the attributes as JSON, and nothing for nothing', async () => {
    await marketo.create({ email: 'bulk@example.com' });
    const columns =
      'marketoGUID,leadId,activityDate,activityTypeId,campaignId,primaryAttributeValue,primaryAttributeValueId,attributes';
    const [header, ...rows] = (await raw('GET', await newFile(today()))).text.trimEnd().split('\n');
    expect(header).toBe(columns);
    for (const row of rows)
      expect(
        JSON.parse(
          row
            .replace(/^.*?"\{/, '{')
            .replace(/"$/, '')
            .replaceAll('""', '"'),
        ),
      ).toBeInstanceOf(Object);
    const empty = { createdAt: { startAt: '2001-01-01T00:00:00Z', endAt: '2001-01-02T00:00:00Z' } };
    expect((await raw('GET', await newFile(empty))).text).toBe(`${columns}\n`);
  });

  test('ask for the first byte of a file to learn its size', async () => {
    const path = await newFile(today());
    const whole = await raw('GET', path);
    const first = await raw('GET', path, { range: 'bytes=0-0' });
    expect([first.status, first.text]).toEqual([206, whole.text.slice(0, 1)]);
    expect(first.headers.get('content-range')).toBe(`bytes 0-0/${Buffer.byteLength(whole.text)}`);
  });

  test('expect four members of a token, and two of a refusal', async () => {
    const grant = (secret: string) =>
      marketo.http('GET', `/identity/oauth/token?grant_type=client_credentials&client_id=sync-client&client_secret=${secret}`);
    expect(JSON.parse((await grant('sync-secret')).text)).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: expect.any(Number),
      scope: expect.any(String),
    });
    const refused = await grant('wrong');
    expect([refused.status, JSON.parse(refused.text)]).toEqual([
      401,
      { error: expect.any(String), error_description: expect.any(String) },
    ]);
  });

  test('send the token in the query as they did for years, which is refused since that was taken away', async () => {
    const { token } = marketo;
    const answer = await marketo.http('GET', `/rest/v1/leads/partitions.json?access_token=${token}`);
    expect(codeOf(JSON.parse(answer.text) as Parameters<typeof codeOf>[0])).toBe('600');
  });
});
