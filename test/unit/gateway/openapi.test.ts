/** The document is held against what the routes really answer: every answer it promises is provoked here, and has the promised shape. */
import { describe, expect, test } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, RetryState } from '@temporalio/common';
import { z } from 'zod';
import type { HealthReport } from '../../../src/gateway/deps';
import { openApi } from '../../../src/gateway/openapi/document';
import { playedDesk, type PlayedDesk } from './desk';
import { GATEWAY_TOKEN, OPERATOR_TOKEN, type SendOptions, startTestGateway, type TestGateway } from './support';

type Json = Record<string, unknown>;
interface Operation {
  readonly responses: Readonly<Record<string, { readonly content: { readonly 'application/json': { readonly schema: Json } } }>>;
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Json } } };
}

const document = openApi() as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
};
const WEBHOOK = '/marketo/webhook/sync-person-to-microsoft';

/** With references in place, and no member beside the ones that are named. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const schema = value as Json;
  if (typeof schema['$ref'] === 'string') return strict(document.components.schemas[schema['$ref'].split('/').at(-1) ?? '']);
  const entries = Object.entries(schema).map(([name, inner]) => [name, strict(inner)]);
  return { ...Object.fromEntries(entries), ...(schema['properties'] !== undefined && { additionalProperties: false }) };
}

function problemsOf(body: unknown, schema: Json): readonly string[] {
  const parsed = z.fromJSONSchema(strict(schema) as Json, { defaultTarget: 'openapi-3.0' }).safeParse(body);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

type Arrange = (gateway: TestGateway, desk: PlayedDesk) => void;
interface Case {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly options: SendOptions;
  readonly arrange: Arrange;
}

const nothing: Arrange = () => undefined;
const on = (method: string, path: string, status: number, options: SendOptions, arrange = nothing): Case => ({
  method,
  path,
  status,
  options,
  arrange,
});
const operator: SendOptions = { token: OPERATOR_TOKEN };
const storeDown: Arrange = ({ operations, requests }, desk) => {
  desk.down = true;
  operations.down = true;
  requests.down = true;
};
const full: Arrange = ({ operations, requests, temporal }) => {
  requests.onAccepted = ({ requestId }) => requests.end(requestId, { status: 'rejected', microsoftId: 'x', reason: 'Because.' });
  temporal.onSetUp = async () => ({ createdFields: ['microsoftId'], preparedTypes: ['syncPersonToMicrosoft'] });
  operations.put({ key: 'record/7', marketoId: '7', microsoftId: 'x', state: 'running', failure: { code: '5', message: 'No' } });
  operations.put({
    key: 'record/8',
    state: 'done',
    outcome: 'rejected',
    rejections: [{ side: 'dynamics', field: 'phone', code: '0x80040265', message: 'Not a phone number.' }],
  });
  operations.current = {
    ...operations.current,
    bulk: { done: 5, left: 3, perMinute: 60, expectedEndAt: '2026-03-01T12:00:03.000Z' },
    oldestWaitingAt: '2026-03-01T12:00:00.000Z',
    sides: { marketo: { blockedUntil: '2026-03-01T12:00:00.000Z', reason: '606' }, dynamics: {} },
    problems: ['Marketo does not let us in (601)'],
    lastCycle: { startedAt: '2026-03-01T12:00:00.000Z', endedAt: '2026-03-01T12:00:04.000Z', outcome: 'done' },
  };
};
const workflowFails: Arrange = ({ temporal }, desk) => {
  const failure = ApplicationFailure.nonRetryable('No', 'Config');
  desk.lookFails = new WorkflowFailedError('failed', failure, RetryState.NON_RETRYABLE_FAILURE);
  temporal.onSetUp = () => Promise.reject(desk.lookFails);
};
const empty: Arrange = (_gateway, desk) => {
  desk.empty = true;
};
const resolves =
  (resolved: PlayedDesk['resolved']): Arrange =>
  (_gateway, desk) => {
    desk.resolved = resolved;
  };
const erases =
  (erasure: PlayedDesk['erasure']): Arrange =>
  (_gateway, desk) => {
    desk.erasure = erasure;
  };
const away: Arrange = ({ temporal }) => {
  temporal.down = true;
};
const decide: SendOptions = { ...operator, body: { choice: 'link', id: 1042 } };
const erase: SendOptions = { ...operator, body: { id: 1042, confirm: true } };
const pairs = { pairs: [{ line: 2, marketoId: 1042, table: 'contact', microsoftId: '6c9f1d3e-0d3b-ee11-be6d-002248aa0001' }] };
const tooLarge = JSON.stringify({ x: 'x'.repeat(1024 * 1024) });

const withBody = (path: string, token: string): Case[] => [
  on('POST', path, 400, { token, body: { leadId: 0, id: 0, keys: 0 } }),
  on('POST', path, 413, { token, body: tooLarge }),
  on('POST', path, 415, { token, body: 'x=1', headers: { 'content-type': 'text/plain' } }),
];
const unauthorized: Case[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, { responses }]) => '401' in responses)
    .map(([method]) => on(method.toUpperCase(), path, 401, { token: 'another' })),
);

const cases: readonly Case[] = [
  ...unauthorized,
  on('POST', WEBHOOK, 200, { token: GATEWAY_TOKEN, body: { leadId: 1 } }, full),
  on('POST', WEBHOOK, 202, { token: GATEWAY_TOKEN, body: { leadId: 1 } }),
  ...withBody(WEBHOOK, GATEWAY_TOKEN),
  on('POST', WEBHOOK, 503, { token: GATEWAY_TOKEN, body: { leadId: 1 } }, storeDown),
  on('GET', '/operator/status', 200, operator, full),
  on('GET', '/operator/status', 200, operator, away),
  on('GET', '/operator/status', 503, operator, storeDown),
  on('POST', '/operator/retry', 200, { ...operator, body: { all: true } }, full),
  ...withBody('/operator/retry', OPERATOR_TOKEN),
  on('POST', '/operator/retry', 503, { ...operator, body: { all: true } }, storeDown),
  on('POST', '/operator/progress', 200, { ...operator, body: { keys: ['record/7', 'record/8'] } }, full),
  ...withBody('/operator/progress', OPERATOR_TOKEN),
  on('POST', '/operator/progress', 503, { ...operator, body: { keys: ['record/7'] } }, storeDown),
  on('POST', '/operator/cycle', 200, operator),
  on('POST', '/operator/setup', 200, operator, full),
  on('POST', '/operator/setup', 424, operator, workflowFails),
  on('POST', '/operator/setup', 503, operator, away),
  on('GET', '/operator/openapi.json', 200, operator),
  on('GET', '/operator/explain/{id}', 200, operator),
  on('GET', '/operator/explain/{id}', 400, operator),
  on('GET', '/operator/explain/{id}', 404, operator, empty),
  on('GET', '/operator/explain/{id}', 503, operator, storeDown),
  on('GET', '/operator/reviews', 200, operator),
  on('GET', '/operator/reviews', 503, operator, storeDown),
  on('POST', '/operator/reviews/{number}', 200, { ...operator, body: { choice: 'close' } }),
  ...withBody('/operator/reviews/{number}', OPERATOR_TOKEN),
  on('POST', '/operator/reviews/{number}', 404, decide, resolves({ refused: 'notOpen', why: 'Review 7 is closed' })),
  on('POST', '/operator/reviews/{number}', 409, decide, resolves({ refused: 'notAChoice', why: 'It has no candidates' })),
  on('POST', '/operator/reviews/{number}', 503, decide, resolves({ busyForMs: 1_500 })),
  on('POST', '/operator/plan', 200, operator),
  on('POST', '/operator/plan', 424, operator, workflowFails),
  on('POST', '/operator/plan', 503, operator, away),
  on('GET', '/operator/plan', 200, operator),
  on('GET', '/operator/plan', 400, operator),
  on('GET', '/operator/plan', 404, operator, empty),
  on('GET', '/operator/plan', 503, operator, storeDown),
  on('POST', '/operator/import', 200, { ...operator, body: pairs }),
  ...withBody('/operator/import', OPERATOR_TOKEN),
  on('POST', '/operator/import', 503, { ...operator, body: pairs }, storeDown),
  on('POST', '/operator/erase', 200, erase),
  ...withBody('/operator/erase', OPERATOR_TOKEN),
  on('POST', '/operator/erase', 404, erase, erases({ erased: false })),
  on('POST', '/operator/erase', 503, erase, erases({ busyForMs: 1_500 })),
  on('POST', '/operator/doctor', 200, operator),
  on('POST', '/operator/doctor', 200, operator, workflowFails),
  on('GET', '/health', 200, {}),
  on('GET', '/health', 503, {}),
];
/** The path with parameters, wrong ones where a 400 is wanted of something without a body. */
function filledIn(path: string, status: number): string {
  const wrong = status === 400;
  if (path === '/operator/plan' && wrong) return `${path}?after=-1`;
  return path.replace('{id}', wrong ? 'jane@example.com' : '1042').replace('{number}', '7');
}
const nameOf = (method: string, path: string, status: number | string): string => `${method.toUpperCase()} ${path} ${status}`;

describe('GET /operator/openapi.json', () => {
  test('every answer it promises is provoked below', () => {
    const promised = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => nameOf(method, path, status)),
      ),
    );
    const provoked = new Set(cases.map(({ method, path, status }) => nameOf(method, path, status)));
    expect(promised.length).toBeGreaterThan(25);
    expect(promised.filter((name) => !provoked.has(name))).toEqual([]);
    expect([...provoked].filter((name) => !promised.includes(name))).toEqual([]);
  });

  test('every route stands in it', async () => {
    const gateway = await startTestGateway({ desk: playedDesk() });
    const routes = gateway.routes().filter(({ method }) => method !== 'HEAD');
    await gateway.close();
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/, ':$1')}`),
    );
    expect(routes.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(documented.toSorted());
  });

  test.each(cases)('$method $path: $status has the promised shape', async ({ method, path, status, options, arrange }) => {
    const health = async (): Promise<HealthReport> =>
      status === 503
        ? { status: 'down', parts: { store: 'down', temporal: 'ok' } }
        : { status: 'ready', parts: { store: 'ok', temporal: 'ok' } };
    const desk = playedDesk();
    const gateway = await startTestGateway({ waits: { outcomeMs: 50 }, health, desk });
    arrange(gateway, desk);
    const answer = await gateway.send(method, filledIn(path, status), options);
    await gateway.close();
    expect(answer.status).toBe(status);
    const schema = document.paths[path]?.[method.toLowerCase()]?.responses[status]?.content['application/json'].schema ?? {};
    expect(problemsOf(answer.json, schema)).toEqual([]);
  });

  test('a member that is missing, wrong or not promised would be noticed', () => {
    const schema = { $ref: '#/components/schemas/Outcome' };
    expect(problemsOf({ status: 'created' }, schema)).toEqual([]);
    for (const wrong of [{}, { status: 'else' }, { status: 'created', microsoftId: 7 }, { status: 'created', more: 1 }])
      expect(problemsOf(wrong, schema)).not.toEqual([]);
  });

  test.each([
    [WEBHOOK, { leadId: 1 }, { leadId: '1', syncAs: 'contact', assignTo: 'x', requestId: 'r', campaignId: 7 }],
    ['/operator/retry', { id: 1 }, { all: true, code: 'x' }],
    ['/operator/progress', { keys: ['record/1'] }, { keys: ['create/1'] }],
    ['/operator/reviews/{number}', { choice: 'close' }, { choice: 'link', id: '1042' }],
    ['/operator/erase', { id: 1, confirm: true }, { id: '6c9f1d3e-0d3b-ee11-be6d-002248aa0001', confirm: true }],
    ['/operator/import', pairs, { pairs: [...pairs.pairs, { ...pairs.pairs[0], table: 'lead' }], check: true }],
  ])('the body of %s as it is shown is accepted', async (path, least, most) => {
    const schema = document.paths[path]?.['post']?.requestBody?.content['application/json'].schema ?? {};
    for (const body of [least, most, schema['example']]) {
      expect(z.fromJSONSchema(schema, { defaultTarget: 'openapi-3.0' }).safeParse(body).success).toBe(true);
      const gateway = await startTestGateway({ waits: { outcomeMs: 20 }, desk: playedDesk() });
      const { status } = await gateway.send('POST', filledIn(path, 200), {
        token: path === WEBHOOK ? GATEWAY_TOKEN : OPERATOR_TOKEN,
        body,
      });
      await gateway.close();
      expect(status).toBeLessThan(300);
    }
  });

  test('names the members of each body and what they are for', () => {
    const schema = document.paths[WEBHOOK]?.['post']?.requestBody?.content['application/json'].schema ?? {};
    const properties = schema['properties'] as Readonly<Record<string, { readonly description?: string }>>;
    expect(Object.keys(properties)).toEqual(['leadId', 'syncAs', 'assignTo', 'requestId', 'campaignId']);
    for (const { description } of Object.values(properties)) expect(description?.length).toBeGreaterThan(20);
  });
});
