import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inflateSync } from 'node:zlib';
import { ERROR_CODES, OPERATIONS } from '../../../../src/core/flowStep';
import { adobeProblems } from '../../../support/flowSteps';
import { BASE, startStepGateway, type StepGateway } from './support';

type Json = Record<string, unknown>;

let gateway: StepGateway;
beforeAll(async () => {
  gateway = await startStepGateway();
});
afterAll(() => gateway.close());

/** A copy without the member at a path, such as `paths./status`. */
function without(document: Json, path: readonly string[]): Json {
  const copy = structuredClone(document);
  const last = path.at(-1) ?? '';
  const parent = path.slice(0, -1).reduce<Json>((at, name) => at[name] as Json, copy);
  if (!(last in parent)) throw new Error(`${path.join('.')} is not there to be taken away`);
  delete parent[last];
  return copy;
}

describe('the OpenAPI document', () => {
  let document: Json;
  beforeAll(async () => {
    const answer = await gateway.get('openapi.json', null);
    expect(answer.status).toBe(200);
    document = answer.json;
  });

  test('passes the validation of Adobe', () => {
    expect(adobeProblems(document)).toEqual([]);
    expect(document['openapi']).toMatch(/^3\.0\.\d+$/);
  });

  test.each([
    [['info', 'x-providerName']],
    [['info', 'x-schemaVersion']],
    [['info', 'x-supportContact']],
    [['security']],
    [['paths', '/submitAsyncAction']],
    [['paths', '/getServiceDefinition']],
    [['paths', '/status']],
    [['paths', '/submitAsyncAction', 'post', 'callbacks']],
    [['paths', '/submitAsyncAction', 'post', 'requestBody']],
    [['paths', '/status', 'get', 'responses', '200', 'content', 'application/json', 'schema', '$ref']],
    [['components']],
  ])('would fail it without %j', (path) => {
    expect(adobeProblems(without(document, path))).not.toEqual([]);
  });

  test('names the provider, the version of the interface and where help is', () => {
    expect(document['info']).toMatchObject({
      'x-providerName': 'marketo-dynamics-sync',
      'x-schemaVersion': '1.0.0',
      version: '1.0.0',
    });
    expect((document['info'] as Json)['x-supportContact']).toBe(`${gateway.url}${BASE}/providerInstructions`);
  });

  test('asks for one credential: an API key in a header, before anything else', () => {
    const { securitySchemes } = document['components'] as { securitySchemes: Json };
    expect(document['security']).toEqual([{ apiKey: [] }]);
    expect(securitySchemes['apiKey']).toMatchObject({ type: 'apiKey', in: 'header', name: 'x-api-key' });
  });

  test('leaves the servers out, so that they are where the document is', () => {
    expect(document).not.toHaveProperty('servers');
  });

  test('describes the callback under the expression that the interface has for it', () => {
    const { post } = (document['paths'] as { '/submitAsyncAction': { post: { callbacks: { selfServiceFlowComplete: Json } } } })[
      '/submitAsyncAction'
    ];
    expect(Object.keys(post.callbacks.selfServiceFlowComplete)).toEqual(['{$request.body#/flowComplete}']);
    expect(post).toHaveProperty(['responses', '201']);
  });

  test('refers only to components that are there', () => {
    const { schemas } = document['components'] as { schemas: Json };
    const referred = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name ?? '',
    );
    expect(referred.length).toBeGreaterThan(10);
    expect(referred.filter((name) => !(name in schemas))).toEqual([]);
  });

  test('every path it names answers, and none needs a path that it does not name', async () => {
    for (const [path, methods] of Object.entries(document['paths'] as Record<string, Json>))
      for (const method of Object.keys(methods)) {
        const answer = method === 'get' ? await gateway.get(path.slice(1)) : await gateway.post(path.slice(1), {});
        expect([path, answer.status]).toEqual([path, method === 'get' ? 200 : 400]);
      }
  });
});

describe('the definition', () => {
  let definition: Json;
  beforeAll(async () => {
    definition = (await gateway.get('getServiceDefinition', null)).json;
  });

  test('is what the interface describes, and is told without credentials', () => {
    expect(adobeProblems(definition, 'serviceDefinition')).toEqual([]);
    expect(adobeProblems(without(definition, ['primaryAttribute']), 'serviceDefinition')).not.toEqual([]);
  });

  test('keeps the rules on attributes: a primary one of the flow, no name twice, no reserved name', () => {
    const { invocationPayloadDef, callbackPayloadDef } = definition as {
      invocationPayloadDef: { flowAttributes: Json[] };
      callbackPayloadDef: { attributes: Json[]; fields: Json[] };
    };
    const names = (attributes: Json[]): unknown[] => attributes.map(({ apiName }) => apiName);
    const flow = names(invocationPayloadDef.flowAttributes);
    const all = [...flow, ...names(callbackPayloadDef.attributes)];
    expect(flow).toEqual(['syncAs', 'assignTo']);
    expect(flow).toContain(definition['primaryAttribute']);
    expect(new Set(all).size).toBe(all.length);
    for (const reserved of ['success', 'reason', 'errorCode']) expect(all).not.toContain(reserved);
    expect(callbackPayloadDef.fields.map(({ serviceAttribute }) => serviceAttribute)).toEqual(['microsoftId', 'microsoftType']);
  });

  test('never changes under what Marketo has installed: another definition is another version beside this one', () => {
    expect(definition).toMatchSnapshot();
  });

  test('asks for the subscription and the campaign, and for no field of a person', () => {
    expect(definition['invocationPayloadDef']).toMatchObject({ subscriptionContext: true, campaignContext: true, fields: [] });
  });
});

describe('pages and pictures', () => {
  test('the guide is a page that names all operations and error codes', async () => {
    const guide = await gateway.get('providerInstructions', null);
    expect(guide.headers.get('content-type')).toMatch(/^text\/html/);
    for (const word of [...Object.keys(OPERATIONS), ...Object.keys(ERROR_CODES), 'MDSYNC_GATEWAY_TOKEN', 'mdsync setup'])
      expect(guide.text).toContain(word);
    expect(guide.text).not.toContain('undefined');
    for (const tag of ['html', 'table', 'ol', 'ul', 'p'])
      expect(guide.text.split(new RegExp(`<${tag}[ >]`)).length).toBe(guide.text.split(`</${tag}>`).length);
  });

  test.each(['brandIcon', 'serviceIcon'])('%s is a small picture', async (name) => {
    const answer = await fetch(`${gateway.url}${BASE}/${name}`);
    expect(answer.headers.get('content-type')).toBe('image/png');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    const size = bytes.readUInt32BE(16);
    expect([size, bytes.readUInt32BE(20)]).toEqual([32, 32]);
    // Four bytes a pixel and one a row: a picture that is cut short would not unpack to this.
    const data = bytes.indexOf('IDAT');
    expect(inflateSync(bytes.subarray(data + 4, data + 4 + bytes.readUInt32BE(data - 4)))).toHaveLength(size * (size * 4 + 1));
    expect(bytes.length).toBeLessThan(2_000);
  });
});
