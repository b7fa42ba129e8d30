/** Campaigns with a flow step, against a provider that does what a test wants. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { call as exampleCall, adobeProblems } from '../../../support/flowSteps';
import { type Item, Marketo } from './client';

type Json = Record<string, unknown>;

interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // Each test knows the shape it asks for.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

const attribute = (apiName: string, more: object = {}) => ({
  apiName,
  dataType: 'string',
  i18n: { en_US: { name: `The ${apiName}`, description: 'x' } },
  ...more,
});

const definition = {
  apiName: 'colourStep',
  i18n: { en_US: { name: 'Colour Step', filterName: 'f', triggerName: 't', description: 'd' } },
  primaryAttribute: 'colour',
  invocationPayloadDef: {
    flowAttributes: [attribute('colour', { hasPicklist: true, enforcePicklistSelect: true }), attribute('note')],
    fields: [{ serviceAttribute: 'mail', suggestedMarketoAttribute: 'email', dataType: 'email', description: { en_US: 'x' } }],
    campaignContext: true,
    subscriptionContext: true,
    triggerContext: true,
  },
  callbackPayloadDef: {
    attributes: [attribute('result')],
    fields: [
      { serviceAttribute: 'city', suggestedMarketoAttribute: 'city', dataType: 'string', description: { en_US: 'x' } },
      { serviceAttribute: 'rating', suggestedMarketoAttribute: 'leadScore', dataType: 'string', description: { en_US: 'x' } },
    ],
  },
};

const openApi = {
  openapi: '3.0.1',
  info: { title: 'Colour', version: '1', 'x-providerName': 'p', 'x-schemaVersion': '1.0.0', 'x-supportContact': 's' },
  security: [{ key: [] }],
  paths: { '/submitAsyncAction': {}, '/getServiceDefinition': {}, '/status': {} },
  components: { schemas: {}, securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-secret' } } },
};

interface Provider {
  readonly url: string;
  readonly asked: Asked[];
  /** By path; replaces or breaks what is answered. */
  readonly answers: Record<string, unknown>;
  /** Statuses of the next calls of `submitAsyncAction`; then 201. */
  readonly statuses: number[];
  readonly calls: () => Asked[];
  close(): void;
}

async function startProvider(): Promise<Provider> {
  const asked: Asked[] = [];
  const statuses: number[] = [];
  const answers: Record<string, unknown> = {
    '/step/api.json': openApi,
    '/step/status': { info: ['ok'] },
    '/step/getServiceDefinition': definition,
    '/step/getPicklist': { choices: [{ displayValue: { en_US: 'Red' }, submittedValue: 'red' }] },
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const path = request.url ?? '';
      asked.push({ path, headers: request.headers, body: text === '' ? undefined : JSON.parse(text) });
      const isKnown = path === '/step/api.json' || request.headers['x-secret'] === 'hush';
      if (path === '/step/submitAsyncAction') response.writeHead(statuses.shift() ?? 201).end();
      else if (isKnown) response.end(JSON.stringify(answers[path]));
      else response.writeHead(401).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/step/api.json`,
    asked,
    answers,
    statuses,
    calls: () => asked.filter(({ path }) => path === '/step/submitAsyncAction'),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

let marketo: Marketo;
let provider: Provider;
beforeEach(async () => {
  marketo = await Marketo.start();
  provider = await startProvider();
});
afterEach(async () => {
  provider.close();
  await marketo.sandbox.close();
});

const install = (over: object = {}) =>
  marketo.control('POST', 'campaigns/flow-step/install', { url: provider.url, apiKey: 'hush', ...over });
const run = (leadIds: readonly number[], over: object = {}) =>
  marketo.control('POST', 'campaigns/flow-step/run', {
    service: 'colourStep',
    type: 'batch',
    flow: { colour: 'red' },
    leadIds,
    ...over,
  });
const people = async (count: number): Promise<number[]> => {
  const input = Array.from({ length: count }, (_one, index) => ({ email: `p${index}@example.com`, firstName: `P${index}` }));
  return (await marketo.sync(input)).map(({ id }) => Number(id));
};
const runs = async (): Promise<readonly Item[]> => (await marketo.control('GET', 'campaigns/flow-step'))['runs'] as Item[];

async function callBack(body: unknown, call = provider.calls()[0], headers: Record<string, string> = {}): Promise<number> {
  const { callbackUrl, token, apiCallBackKey } = (call?.body ?? {}) as Json;
  const sent = { 'x-callback-token': String(token), 'x-api-key': String(apiCallBackKey), ...headers };
  return (
    await marketo.http(
      'POST',
      new URL(String(callbackUrl)).pathname,
      sent,
      typeof body === 'string' ? body : JSON.stringify(body),
    )
  ).status;
}

describe('installing a step', () => {
  test('reads document, status, definition and picklists, all but the document with the credential', async () => {
    expect(await install()).toMatchObject({
      apiName: 'colourStep',
      status: { info: ['ok'] },
      picklists: { colour: [{ submittedValue: 'red' }] },
      // Suggested by name and type alike; a score is no string.
      incoming: { city: 'city' },
    });
    expect(provider.asked.map(({ path, headers }) => [path, headers['x-secret']])).toEqual([
      ['/step/api.json', undefined],
      ['/step/status', 'hush'],
      ['/step/getServiceDefinition', 'hush'],
      ['/step/getPicklist', 'hush'],
    ]);
    expect(provider.asked[3]?.body).toMatchObject({ name: 'colour', type: 'flow' });
  });

  test('refuses a wrong credential, and takes the right one', async () => {
    await expect(install({ apiKey: 'wrong' })).rejects.toThrow('/status answered 401');
    await install();
  });

  test.each<[string, (answers: Json) => void, string]>([
    ['no version of the interface', (all) => (all['/step/api.json'] = { ...openApi, info: { title: 'x' } }), 'x-schemaVersion'],
    ['another OpenAPI', (all) => (all['/step/api.json'] = { ...openApi, openapi: '3.1.0' }), 'must be 3.0.x'],
    ['a path that is missing', (all) => (all['/step/api.json'] = { ...openApi, paths: {} }), '/submitAsyncAction'],
    [
      'a scheme that is not there',
      (all) => (all['/step/api.json'] = { ...openApi, security: [{ basic: [] }] }),
      'security scheme basic',
    ],
    ['no JSON', (all) => (all['/step/getServiceDefinition'] = undefined), '/getServiceDefinition did not answer with JSON'],
    [
      'a primary attribute that is none',
      (all) => (all['/step/getServiceDefinition'] = { ...definition, primaryAttribute: 'result' }),
      'primaryAttribute must be a flow attribute',
    ],
    [
      'an attribute that stands twice',
      (all) =>
        (all['/step/getServiceDefinition'] = {
          ...definition,
          callbackPayloadDef: { attributes: [attribute('note')] },
        }),
      'note is declared twice',
    ],
    [
      'a reserved name',
      (all) =>
        (all['/step/getServiceDefinition'] = {
          ...definition,
          callbackPayloadDef: { attributes: [attribute('reason')] },
        }),
      'reason is reserved',
    ],
    [
      'too many choices',
      (all) =>
        (all['/step/getPicklist'] = {
          choices: Array.from({ length: 1_001 }, () => ({ displayValue: { en_US: 'x' }, submittedValue: 'x' })),
        }),
      'more than 1000 choices',
    ],
  ])('refuses %s', async (_what, change, message) => {
    change(provider.answers);
    await expect(install()).rejects.toThrow(message);
  });

  test('never gives a name twice', async () => {
    await install();
    await expect(install()).rejects.toThrow('names are never free again');
  });

  test('maps incoming fields as the administrator says', async () => {
    expect(await install({ incoming: { city: null } })).toMatchObject({ incoming: {} });
  });

  test('adds an activity type with the attributes of step and answer', async () => {
    await install();
    const { result } = await marketo.get('/rest/v1/activities/types.json');
    const type = result?.find(({ name }) => name === 'Colour Step');
    expect(type).toMatchObject({ primaryAttribute: { name: 'The colour' } });
    expect(((type?.['attributes'] ?? []) as Item[]).map(({ name }) => name)).toEqual([
      'The note',
      'The result',
      'Success',
      'Reason',
      'Error Code',
    ]);
  });
});

describe('a campaign', () => {
  beforeEach(() => install());

  test('sends what Adobe describes, with contexts, tokens and outgoing fields filled in', async () => {
    const [id = 0] = await people(1);
    await run([id], { type: 'trigger', flow: { colour: 'red', note: 'for {{lead.First Name}}' }, campaignId: 7, name: 'Seven' });
    const body = provider.calls()[0]?.body;
    expect(adobeProblems(body, 'async')).toEqual([]);
    expect(Object.keys(exampleCall()).filter((name) => !(name in body))).toEqual([]);
    expect(body).toMatchObject({
      campaignId: 7,
      context: { subscription: { munchkinId: expect.any(String) }, campaign: { id: 7, name: 'Seven', type: 'trigger' } },
      objectData: [
        {
          objectType: 'lead',
          objectContext: { id, mail: 'p0@example.com' },
          flowStepContext: { colour: 'red', note: 'for P0' },
          triggeringContext: { triggerName: expect.any(String) },
        },
      ],
    });
  });

  test('of triggers sends one person a call, of a batch as many as a chunk holds, without what triggered it', async () => {
    const ids = await people(5);
    await run(ids, { type: 'trigger' });
    expect(provider.calls().map(({ body }) => body.objectData.length)).toEqual([1, 1, 1, 1, 1]);
    provider.asked.length = 0;
    await run(ids, { chunkSize: 2 });
    const calls = provider.calls();
    expect(calls.map(({ body }) => body.objectData.length)).toEqual([2, 2, 1]);
    expect(new Set(calls.map(({ body }) => body.token)).size).toBe(3);
    expect(new Set(calls.map(({ body }) => body.batchid)).size).toBe(1);
    expect(calls[0]?.body.objectData[0]).not.toHaveProperty('triggeringContext');
  });

  test('refuses choices that are not on the list, unknown people, unknown steps', async () => {
    const [id = 0] = await people(1);
    await expect(run([id], { flow: { colour: 'blue' } })).rejects.toThrow('blue is not among the choices');
    await expect(run([id], { flow: { shade: 'x' } })).rejects.toThrow('no choice shade');
    await expect(run([99_999])).rejects.toThrow('no person 99999');
    await expect(run([id], { service: 'other' })).rejects.toThrow('no service named other');
    expect(provider.calls()).toEqual([]);
  });

  test('delivers again what was not taken, with the same token', async () => {
    const [id = 0] = await people(1);
    provider.statuses.push(503, 429);
    expect(await run([id])).toMatchObject({ calls: [{ status: 201 }] });
    const tokens = provider.calls().map(({ body }) => body.token);
    expect(tokens).toHaveLength(3);
    expect(new Set(tokens).size).toBe(1);
  });

  test('delivers twice on demand; a refusal is final', async () => {
    const [id = 0] = await people(1);
    await run([id], { deliveries: 2 });
    expect(provider.calls()).toHaveLength(2);
    provider.statuses.push(400);
    expect(await run([id])).toMatchObject({ calls: [{ status: 400 }] });
    expect(provider.calls()).toHaveLength(3);
    expect((await runs()).map(({ state }) => state)).toEqual(['waiting', 'done']);
  });
});

describe('the callback', () => {
  let ids: number[];
  beforeEach(async () => {
    await install();
    ids = await people(2);
    await run(ids, { flow: { colour: 'red', note: 'n' } });
  });
  const answer = (over: object = {}) => ({
    munchkinId: 'x',
    objectData: ids.map((id) => ({
      leadData: { id, city: `City ${id}`, phone: '1' },
      activityData: { success: true, result: 'done', hidden: 1 },
    })),
    ...over,
  });
  const activities = async (): Promise<readonly Item[]> => {
    const { nextPageToken } = await marketo.get('/rest/v1/activities/pagingtoken.json', { sinceDatetime: '2020-01-01' });
    const query = { nextPageToken: nextPageToken ?? '', activityTypeIds: '100501' };
    return (await marketo.get('/rest/v1/activities.json', query)).result ?? [];
  };

  test('writes mapped fields, logs one activity per person with declared attributes, and lets the campaign go on', async () => {
    expect((await runs())[0]).toMatchObject({ state: 'waiting', results: [] });
    expect(await callBack(answer())).toBe(202);
    const found = await marketo.get('/rest/v1/leads.json', { filterType: 'id', filterValues: ids.join(), fields: 'city,phone' });
    expect(found.result?.map(({ city, phone }) => [city, phone])).toEqual(ids.map((id) => [`City ${id}`, null]));
    const logged = await activities();
    expect(logged.map(({ leadId, primaryAttributeValue, campaignId }) => [leadId, primaryAttributeValue, campaignId])).toEqual(
      ids.map((id) => [id, 'red', 1001]),
    );
    expect(logged[0]?.['attributes']).toEqual([
      { name: 'The note', value: 'n' },
      { name: 'The result', value: 'done' },
      { name: 'Success', value: true },
    ]);
    expect((await runs())[0]).toMatchObject({
      state: 'done',
      missing: [],
      results: ids.map((leadId) => ({ leadId, success: true, attributes: { result: 'done' } })),
    });
  });

  test('takes each token once: 404 then, 404 for one it does not know, 404 with another key', async () => {
    expect(await callBack(answer(), undefined, { 'x-api-key': 'wrong' })).toBe(404);
    expect(await callBack(answer(), undefined, { 'x-callback-token': 'wrong' })).toBe(404);
    expect(await callBack(answer())).toBe(202);
    expect(await callBack(answer())).toBe(404);
    expect(await activities()).toHaveLength(2);
    expect((await runs())[0]?.['calls']).toEqual([expect.objectContaining({ answered: true, refused: { '404': 1 } })]);
  });

  test.each<[string, (good: Json) => unknown]>([
    ['no JSON', () => '{'],
    ['no munchkin id', ({ objectData }) => ({ objectData })],
    ['a person without id', (good) => ({ ...good, objectData: [{ leadData: {} }] })],
    ['an id that is text', (good) => ({ ...good, objectData: [{ leadData: { id: '1' } }] })],
  ])('answers 405 to %s, and the token is good still', async (_what, spoil) => {
    expect(await callBack(spoil(answer()))).toBe(405);
    expect(await activities()).toEqual([]);
    expect(await callBack(answer())).toBe(202);
  });

  test('a chunk’s error fails everybody, whatever else it holds', async () => {
    expect(await callBack(answer({ errorCode: 'AWAY', errorMessage: 'not now' }))).toBe(202);
    expect((await runs())[0]?.['results']).toEqual(ids.map((leadId) => expect.objectContaining({ leadId, success: false })));
    const found = await marketo.get('/rest/v1/leads.json', { filterType: 'id', filterValues: ids.join(), fields: 'city' });
    expect(found.result?.map(({ city }) => city)).toEqual([null, null]);
  });

  test('shows who is missing, leaves strangers alone, lets "null" clear and null not', async () => {
    await marketo.sync([{ email: 'p0@example.com', city: 'Before', phone: '1' }]);
    const [first = 0] = ids;
    const stranger = { leadData: { id: 99_999 } };
    expect(await callBack({ munchkinId: 'x', objectData: [{ leadData: { id: first, city: null } }, stranger] })).toBe(202);
    const cityOf = async () =>
      (await marketo.get('/rest/v1/leads.json', { filterType: 'id', filterValues: String(first), fields: 'city' })).result?.[0]?.[
        'city'
      ];
    expect(await cityOf()).toBe('Before');
    expect((await runs())[0]).toMatchObject({ missing: ids.slice(1) });
    await run([first]);
    expect(
      await callBack({ munchkinId: 'x', objectData: [{ leadData: { id: first, city: 'null' } }] }, provider.calls()[1]),
    ).toBe(202);
    expect(await cityOf()).toBeNull();
  });

  test('has faults on demand: an answer lost after the work, a refusal, a delay', async () => {
    const fault = (action: object) => marketo.control('POST', 'faults', { match: { path: '/customflowaction/' }, action });
    await fault({ status: 503 });
    expect(await callBack(answer())).toBe(503);
    await fault({ drop: 'after' });
    await expect(callBack(answer())).rejects.toThrow();
    expect(await callBack(answer())).toBe(404);
    expect((await runs())[0]).toMatchObject({ state: 'done' });
    expect(await marketo.control('GET', 'calls')).toMatchObject({
      unknown: { 'POST /customflowaction/submitCustomFlowAction': 3 },
    });
  });
});
