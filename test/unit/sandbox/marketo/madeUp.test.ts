/** Whatever a client makes up is answered with an envelope: a status or a page in its place would stop clients that parse before they look. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ROUTES } from '../../../../src/sandbox/marketo/routes';
import { type Envelope, Marketo } from './client';

let marketo: Marketo;
beforeAll(async () => {
  marketo = await Marketo.start();
  await marketo.control('POST', 'limits', { callsPer20s: 1_000_000, daily: 1_000_000 });
  await marketo.control('POST', 'seed', { people: 5 });
  await marketo.control('POST', 'lists', { name: 'L' });
});
afterAll(() => marketo.close());

/** What parameters, members of bodies and ids in paths may hold. */
const odd = fc.oneof(
  fc.constantFrom('1', '-1', '0', '1,2', 'email', 'id', 'GET', 'true', '2026-01-01T00:00:00Z', '__proto__', 'constructor', ''),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.double().map(String),
);
const names =
  `filterType filterValues fields batchSize nextPageToken activityTypeIds leadIds listId assetIds sinceDatetime id leadId
  name cookie status draft _method offset input action lookupField partitionName programName formId leadFormFields dedupeBy deleteBy
  apiName attributes primaryAttribute filter format columnHeaderNames createdAt __proto__`.split(/\s+/);
const name = fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 8 }));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    odd,
    fc.constantFrom(null, true, 1, -1, 1.5, 1e21),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
}));
const body = fc.oneof(
  fc.record({ type: fc.constant('application/json'), text: value.map((made) => JSON.stringify(made)) }),
  fc.record({
    type: fc.constant('application/json'),
    text: fc.dictionary(name, value, { maxKeys: 5 }).map((made) => JSON.stringify(made)),
  }),
  fc.record({
    type: fc.constantFrom('application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', 'nonsense'),
    text: fc.string({ maxLength: 40 }),
  }),
);

const call = fc.record({
  method: fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'PATCH'),
  route: fc.constantFrom(...ROUTES),
  isRight: fc.boolean(),
  ids: fc.array(odd, { minLength: 2, maxLength: 2 }),
  query: fc.array(fc.tuple(name, odd), { maxLength: 6 }),
  body,
});

test('made-up parameters, bodies and ids get HTTP 200 with an envelope, and nothing breaks', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(call, async ({ method, route, isRight, ids, query, body: sent }) => {
      const verb = isRight ? route.method : method;
      const [first = '', second = ''] = ids.map(encodeURIComponent);
      const path = route.path.replace(/\{\w+\}/, first).replace(/\{\w+\}/, second);
      const asked = new URLSearchParams(query).toString();
      const headers = { authorization: `Bearer ${marketo.token}`, ...(verb !== 'GET' && { 'content-type': sent.type }) };
      const answer = await marketo.http(verb, `${path}?${asked}`, headers, verb === 'GET' ? undefined : sent.text);
      // The one exception of the real API: there is no file where there is no finished job.
      if (route.path.endsWith('/file.json') && answer.status === 404) return;
      expect(answer.status).toBe(200);
      const { requestId, success, errors = [] } = JSON.parse(answer.text) as Envelope;
      expect([typeof requestId, typeof success]).toEqual(['string', 'boolean']);
      expect(errors.length).toBe(success ? 0 : 1);
      for (const { code, message } of errors) {
        expect(message).not.toBe('');
        expect(code).toMatch(/^\d{3,4}$/);
        // "All unhandled exceptions": the sandbox itself has broken.
        expect(code).not.toBe('611');
        seen.add(code);
      }
    }),
    { numRuns: 600 },
  );
  expect([...seen]).toEqual(expect.arrayContaining(['605', '609', '612', '1001', '1002', '1003']));
}, 60_000);
