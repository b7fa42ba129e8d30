import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Item, Marketo } from './client';

interface Got {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

let marketo: Marketo;
let server: Server;
let url: string;
let got: Got[];
/** What the service answers; never, when it is undefined. */
let answer: { readonly status: number; readonly reason?: string; readonly body: string } | undefined;

beforeEach(async () => {
  marketo = await Marketo.start();
  got = [];
  answer = { status: 200, body: '{}' };
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      got.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      if (answer !== undefined) response.writeHead(answer.status, answer.reason).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterEach(async () => {
  await marketo.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const run = async (body: object): Promise<readonly Item[]> =>
  (await marketo.control('POST', 'campaigns/webhook', { url, ...body }))['calls'] as Item[];
const logged = async (nextPageToken: string): Promise<readonly Item[] | undefined> =>
  (await marketo.get('/rest/v1/activities.json', { nextPageToken, activityTypeIds: 110 })).result;

describe('a webhook campaign', () => {
  test('calls once per person, with tokens resolved in URL, headers and payload', async () => {
    const ids = await marketo.create({ email: 'a@example.com', firstName: 'Ann "A"' }, { email: 'b+c@example.com' });
    await run({
      url: `${url}?mail={{lead.Email Address}}`,
      headers: { authorization: 'Bearer {{my.secret}}', 'x-name': '{{lead.First Name:default=nobody}}' },
      template:
        '{"leadId": {{lead.Id}}, "name": {{lead.First Name:default=nobody}}, "syncAs": {{my.syncAs}}, "city": {{lead.City}}}',
      tokens: { secret: 's3cret', syncAs: 'contact' },
      leadIds: [...ids, 999],
    });
    got.sort((a, b) => a.url.localeCompare(b.url));
    expect(got.map((request) => request.url)).toEqual(['/hook?mail=a%40example.com', '/hook?mail=b%2Bc%40example.com']);
    expect(got.map(({ body }) => JSON.parse(body))).toEqual([
      { leadId: ids[0], name: 'Ann "A"', syncAs: 'contact', city: '' },
      { leadId: ids[1], name: 'nobody', syncAs: 'contact', city: '' },
    ]);
    expect(got[0]).toMatchObject({
      method: 'POST',
      headers: { authorization: 'Bearer s3cret', 'x-name': 'Ann "A"', 'content-type': 'application/json' },
    });
  });

  test('can encode its payload as a form, or send none', async () => {
    const leadIds = await marketo.create({ email: 'a&b@example.com' });
    await run({ template: 'mail={{lead.Email Address}}', encoding: 'form', leadIds });
    await run({ method: 'GET', template: 'ignored', leadIds });
    expect(got.map(({ method, body }) => [method, body])).toEqual([
      ['POST', 'mail=a%26b%40example.com'],
      ['GET', ''],
    ]);
  });

  test('logs the answer, and maps it to fields by their SOAP names', async () => {
    const [id = 0] = await marketo.create({ email: 'a@example.com', numberOfEmployees: 3 });
    const token = await marketo.tokenNow();
    answer = { status: 200, body: '{"status": "created", "rows": [{"id": "r-1"}], "count": "many"}' };
    const calls = await run({
      name: 'Sync Person',
      campaignId: 1060,
      leadIds: [id],
      responseMappings: [
        { attribute: 'status', field: 'LeadStatus' },
        { attribute: 'rows[0].id', field: 'Site' },
        { attribute: 'count', field: 'NumberOfEmployees' },
        { attribute: 'rows', field: 'City' },
        { attribute: 'nothing.here', field: 'State' },
      ],
    });
    expect(calls).toEqual([{ leadId: id, status: 200, response: answer.body }]);
    expect(await marketo.lead(id, 'leadStatus', 'site', 'numberOfEmployees', 'city', 'state')).toEqual({
      id,
      leadStatus: 'created',
      site: 'r-1',
      numberOfEmployees: 3,
      city: null,
      state: null,
    });
    expect(await logged(token)).toMatchObject([
      {
        leadId: id,
        campaignId: 1060,
        primaryAttributeValue: 'Sync Person',
        attributes: [{ name: 'Response', value: answer.body }],
      },
    ]);
    const changes = await marketo.get('/rest/v1/activities/leadchanges.json', { nextPageToken: token, fields: 'leadStatus' });
    expect(changes.result?.[0]).toMatchObject({
      campaignId: 1060,
      attributes: [{ name: 'Reason', value: 'Webhook: Sync Person' }, { name: 'Source', value: 'Webhook' }, {}],
    });
  });

  test('reads XML where that is the declared type: from the root element on, repeated elements by their index', async () => {
    const [id = 0] = await marketo.create({ email: 'a@example.com', state: 'Ohio' });
    answer = {
      status: 200,
      body: `<?xml version="1.0" encoding="UTF-8"?>
<answer><status>created &amp; kept</status><count>7</count><rows><row><id>r-1</id></row><row><id>r-2</id></row></rows></answer>`,
    };
    const responseMappings = [
      { attribute: 'answer.status', field: 'LeadStatus' },
      { attribute: 'answer.rows.row[1].id', field: 'Site' },
      { attribute: 'answer.count', field: 'NumberOfEmployees' },
      { attribute: 'answer.status[0]', field: 'City' },
      { attribute: 'answer.rows.row.id', field: 'State' },
      { attribute: 'status', field: 'Country' },
    ];
    const fields = ['leadStatus', 'site', 'numberOfEmployees', 'city', 'state', 'country'] as const;
    const untouched = { id, leadStatus: null, site: null, numberOfEmployees: null, city: null, state: 'Ohio', country: null };
    // As JSON it is nothing at all, and neither is a document that is cut off as XML.
    await run({ leadIds: [id], responseMappings });
    expect(await marketo.lead(id, ...fields)).toEqual(untouched);
    const whole = answer;
    answer = { status: 200, body: whole.body.slice(0, -1) };
    await run({ leadIds: [id], responseType: 'xml', responseMappings });
    expect(await marketo.lead(id, ...fields)).toEqual(untouched);

    answer = whole;
    await run({ leadIds: [id], responseType: 'xml', responseMappings });
    expect(await marketo.lead(id, ...fields)).toEqual({
      ...untouched,
      leadStatus: 'created & kept',
      site: 'r-2',
      numberOfEmployees: 7,
      city: 'created & kept',
    });
  });

  test('maps nothing from an error, and logs its reason phrase', async () => {
    const [id = 0] = await marketo.create({ email: 'a@example.com' });
    const token = await marketo.tokenNow();
    answer = { status: 503, reason: 'Try Later', body: '{"status": "broken"}' };
    await run({ leadIds: [id], responseMappings: [{ attribute: 'status', field: 'LeadStatus' }] });
    expect((await marketo.lead(id, 'leadStatus'))?.['leadStatus']).toBeNull();
    expect((await logged(token))?.[0]?.['attributes']).toEqual([
      { name: 'Response', value: '{"status": "broken"}' },
      { name: 'Error Type', value: 'Try Later' },
    ]);
    expect(got).toHaveLength(1);
  });

  test('has 30 seconds unless a test says less, and never more', async () => {
    const leadIds = await marketo.create({ email: 'a@example.com' });
    const timeout = jest.spyOn(AbortSignal, 'timeout');
    await run({ leadIds });
    expect(timeout.mock.calls).toEqual([[30_000]]);
    timeout.mockRestore();
    await expect(run({ leadIds, timeoutMs: 30_001 })).rejects.toThrow('timeoutMs');
  });

  test('gives up after its time, without trying again', async () => {
    const [id = 0] = await marketo.create({ email: 'a@example.com' });
    const token = await marketo.tokenNow();
    answer = undefined;
    expect(await run({ leadIds: [id], timeoutMs: 100 })).toEqual([
      { leadId: id, status: 0, response: '', errorType: 'Request Timeout' },
    ]);
    expect((await logged(token))?.[0]?.['attributes']).toEqual([{ name: 'Error Type', value: 'Request Timeout' }]);
    expect(got).toHaveLength(1);
  });

  test('logs that nobody listens', async () => {
    const [id = 0] = await marketo.create({ email: 'a@example.com' });
    expect(await run({ url: 'http://127.0.0.1:1/', leadIds: [id] })).toMatchObject([{ errorType: 'Connection Failed' }]);
  });
});
