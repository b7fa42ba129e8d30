/** What cannot be asked of a real Marketo: faults, limits that are met, a clock that is put forward, an instance that is new. Always the sandbox. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ACTIVITY, ACTIVITY_TYPES } from '../../../src/activities/activityTypes';
import { loadMapping } from '../../../src/config/mapping';
import { wantedFields } from '../../../src/core/mapping';
import { sendJson } from '../../support/vendors';
import { type MarketoTarget, openMarketo } from './target';

let target: MarketoTarget;
let marketo: MarketoTarget['marketo'];
beforeEach(async () => {
  target = await openMarketo('scenes', { maySetUp: true });
  ({ marketo } = target);
});
afterEach(() => target.close());

const control = (path: string, body: unknown) => sendJson(`${target.url}/_sandbox/${path}`, 'POST', body);
const fault = (action: object, path = '/rest/v1/leads.json', times = 1) =>
  control('faults', { match: { path, caller: 'sync-client' }, times, action });
const phoneOf = async (id: string) => (await target.marketer.person(id, ['phone']))?.['phone'] ?? null;

test('a new instance lacks what set-up makes; it is made once', async () => {
  const wanted = wantedFields(loadMapping(undefined));
  const before = await marketo.schema();
  expect(before).toMatchObject({ ok: { activityTypes: {} } });
  expect(before).not.toHaveProperty('ok.entities.person.microsoftId');
  expect(await marketo.setUp(wanted, ACTIVITY_TYPES)).toEqual({
    ok: { createdFields: expect.arrayContaining(['microsoftId']), preparedTypes: Object.values(ACTIVITY) },
  });
  expect(await marketo.setUp(wanted, ACTIVITY_TYPES)).toEqual({ ok: { createdFields: [], preparedTypes: [] } });
});

test.each([
  ['before', null],
  ['after', '1'],
])('a connection cut %s the work leaves the outcome open, and asking again is safe', async (when, stored) => {
  const id = await target.person();
  const item = { entity: 'person', id, values: { phone: '1' } } as const;
  await fault({ drop: when });
  expect(await marketo.write([item])).toEqual([
    { failure: expect.objectContaining({ kind: 'retry', code: 'reset', outcomeUnknown: true }) },
  ]);
  expect(await phoneOf(id)).toBe(stored);
  expect(await marketo.write([item])).toEqual([{ ok: { entity: 'person', id } }]);
  expect(await phoneOf(id)).toBe('1');
});

test.each([
  ['a page of HTML', { status: 200, body: '<html>Down</html>', headers: { 'content-type': 'text/html' } }, 'html', true],
  ['nothing', { status: 200, body: '', headers: {} }, 'empty', true],
  ['a gateway', { status: 502, body: '<html>Bad Gateway</html>', headers: {} }, 'http502', true],
  ['an answer in half', { status: 200, body: '{"requestId":"1#2","success":tr', headers: {} }, 'unreadable', true],
  [
    'a passing trouble',
    { body: { requestId: '1#2', success: false, errors: [{ code: '611', message: 'System error' }] } },
    '611',
    false,
  ],
])('%s is no success, and says whether it may have been done', async (_what, action, code, outcomeUnknown) => {
  const id = await target.person();
  await fault(action);
  const [result] = await marketo.write([{ entity: 'person', id, values: { phone: '1' } }]);
  expect(result).toEqual({ failure: expect.objectContaining({ kind: 'retry', code }) });
  expect(result && 'failure' in result && result.failure.outcomeUnknown === true).toBe(outcomeUnknown);
});

test('a token that ends before its time is replaced, and the call is made once more', async () => {
  const id = await target.person();
  await marketo.read([{ entity: 'person', id }], { person: ['phone'] });
  await control('clock', { advanceSeconds: 7_200 });
  expect(await marketo.write([{ entity: 'person', id, values: { phone: '1' } }])).toEqual([{ ok: { entity: 'person', id } }]);
});

test('limits that are met are told as such, with how long to stay away', async () => {
  const id = await target.person();
  const read = () => marketo.read([{ entity: 'person', id }], { person: ['phone'] });
  await read();
  await control('limits', { callsPer20s: 1 });
  expect(await read()).toEqual([
    { failure: expect.objectContaining({ kind: 'throttled', scope: 'side', code: '606', waitMs: 10_000 }) },
  ]);
  await control('limits', { callsPer20s: 1_000, daily: 1 });
  expect(await read()).toEqual([
    { failure: expect.objectContaining({ kind: 'quota', scope: 'side', code: '607', waitMs: expect.any(Number) }) },
  ]);
  await control('limits', { daily: 50_000 });
  expect(await read()).toEqual([{ ok: expect.objectContaining({ id }) }]);
});

test('one record that makes Marketo refuse a whole call is found, and the others are written', async () => {
  const ids = await Promise.all([1, 2, 3, 4].map(() => target.person()));
  // Until the culprit stands alone, every call that holds it is refused as a whole.
  const refusal = { requestId: '1#2', success: false, errors: [{ code: '1003', message: 'Invalid data' }] };
  await fault({ body: refusal }, '/rest/v1/leads.json', 2);
  const results = await marketo.write(ids.map((id) => ({ entity: 'person' as const, id, values: { phone: '1' } })));
  expect(results).toEqual(ids.map((id) => ({ ok: { entity: 'person', id } })));
});
