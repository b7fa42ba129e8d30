import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, type Envelope, Marketo } from './client';

let marketo: Marketo;
let people: readonly number[];
beforeEach(async () => {
  marketo = await Marketo.start();
  people = await marketo.create({ email: 'ann@example.com' }, { email: 'ben@example.com' });
});
afterEach(() => marketo.close());

const campaign = async (wanted: object = {}): Promise<number> =>
  (await marketo.control('POST', 'campaigns', { name: 'Welcome', ...wanted }))['id'] as number;
const trigger = (id: number | string, input?: object): Promise<Envelope> =>
  marketo.post(`/rest/v1/campaigns/${id}/trigger.json`, { input });
const leads = (...ids: readonly number[]): { readonly leads: readonly object[] } => ({ leads: ids.map((id) => ({ id })) });

describe('a request', () => {
  test('is answered with the id of the campaign, and logged on each person once', async () => {
    const id = await campaign();
    const since = await marketo.tokenNow();
    expect((await trigger(id, leads(...people, people[0] ?? 0))).result).toEqual([{ id }]);
    const { result } = await marketo.get('/rest/v1/activities.json', { nextPageToken: since, activityTypeIds: 47 });
    expect(result).toEqual(
      people.map((leadId) =>
        expect.objectContaining({
          leadId,
          primaryAttributeValueId: id,
          primaryAttributeValue: 'Welcome',
          attributes: [{ name: 'Source', value: 'Web service API' }],
        }),
      ),
    );
  });

  test.each([
    ['a batch campaign', { type: 'batch' }],
    ['a campaign that is not active', { active: false }],
    ['a campaign with other triggers only', { isRequestable: false }],
  ])('for %s is refused (1003)', async (_what, wanted) => {
    expect(codeOf(await trigger(await campaign(wanted), leads(...people)))).toBe('1003');
  });

  test('is refused for what is wrong with it, and then nobody is sent', async () => {
    const id = await campaign();
    const since = await marketo.tokenNow();
    const [ann = 0] = people;
    const tokens = [{ name: 'my.message', value: 'Hello' }];
    const answers = [
      await trigger(9999, leads(ann)),
      await trigger('first', leads(ann)),
      await trigger(id),
      await trigger(id, { leads: [] }),
      await trigger(id, leads(...Array<number>(101).fill(ann))),
      await trigger(id, leads(ann, 999_999)),
      await trigger(id, { ...leads(ann), tokens }),
    ];
    expect(answers.map(codeOf)).toEqual(['1013', '1001', '1002', '1002', '1003', '1004', '1003']);
    const { result } = await marketo.get('/rest/v1/activities.json', { nextPageToken: since, activityTypeIds: 47 });
    expect(result).toEqual([]);
  });
});

describe('the flow of a requested campaign', () => {
  let server: Server;
  let received: string[];
  beforeEach(async () => {
    received = [];
    server = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => received.push(chunk.toString()));
      request.on('end', () => response.end('{}'));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => void server.close(resolve)));

  test('calls its webhook for each person, with the tokens of the request', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const template = '[{{lead.Email Address}}, {{my.message}}, {{my.sender}}]';
    const id = await campaign({ webhook: { url, template, tokens: { message: 'usual', sender: 'us' } } });
    const since = await marketo.tokenNow();
    await trigger(id, { ...leads(...people), tokens: [{ name: '{{my.message}}', value: 'Hello' }] });
    const calls = async (): Promise<Envelope> =>
      marketo.get('/rest/v1/activities.json', { nextPageToken: since, activityTypeIds: 110 });
    let logged = await calls();
    for (let i = 0; i < 50 && (logged.result?.length ?? 0) < people.length; i++) {
      await new Promise((resolve) => void setTimeout(resolve, 20));
      logged = await calls();
    }
    expect(logged.result?.map((item) => item['campaignId'])).toEqual([id, id]);
    expect(received.toSorted()).toEqual(['["ann@example.com", "Hello", "us"]', '["ben@example.com", "Hello", "us"]']);
  });
});
