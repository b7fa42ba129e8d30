/** What cannot be asked of a real Dataverse: faults, rules and rights that are set for a moment, a clock that is put forward. Always the sandbox. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Cursor } from '../../../src/core/ports';
import { sendJson } from '../../support/vendors';
import { type DataverseTarget, openDataverse } from './target';

const FIELDS = { contact: ['lastname', 'telephone1', 'fax'], lead: ['lastname'] };

let target: DataverseTarget;
let dynamics: DataverseTarget['dynamics'];
beforeEach(async () => {
  target = await openDataverse('scenes', { maySetUp: true });
  ({ dynamics } = target);
});
afterEach(() => target.close());

const control = (path: string, body?: unknown, method = 'POST') => sendJson(`${target.url}/_sandbox/${path}`, method, body);
const fault = (action: object, times = 1) =>
  control('faults', { match: { path: '/api/data/', caller: 'sync-app' }, times, action });
async function contact(): Promise<{
  readonly id: string;
  readonly write: (phone: string) => ReturnType<DataverseTarget['dynamics']['write']>;
}> {
  const id = await target.row('contacts');
  const [read] = await dynamics.read([{ entity: 'contact', id }], FIELDS);
  const version = (read && 'ok' in read && read.ok?.version) || '';
  return { id, write: (phone) => dynamics.write([{ entity: 'contact', id, values: { telephone1: phone }, version }]) };
}
const phoneOf = async (id: string) => (await target.sales.row('contacts', id))?.['telephone1'];

describe('a connection that is cut', () => {
  test('before the work leaves the outcome open, and asking again does it', async () => {
    const { id, write } = await contact();
    await fault({ drop: 'before' });
    expect(await write('1')).toEqual([
      { failure: expect.objectContaining({ kind: 'retry', code: 'reset', outcomeUnknown: true }) },
    ]);
    expect(await phoneOf(id)).toBeNull();
    expect(await write('1')).toEqual([{ ok: { entity: 'contact', id } }]);
  });

  test('after the work leaves the outcome open, and asking again finds another version: nothing is done twice', async () => {
    const { id, write } = await contact();
    await fault({ drop: 'after' });
    expect(await write('1')).toEqual([
      { failure: expect.objectContaining({ kind: 'retry', code: 'reset', outcomeUnknown: true }) },
    ]);
    expect(await phoneOf(id)).toBe('1');
    expect(await write('1')).toEqual([{ failure: expect.objectContaining({ kind: 'conflict', code: '0x80060882' }) }]);
  });
});

test.each([
  ['a page of HTML', { status: 200, body: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } }, 'html'],
  ['nothing at all', { status: 200, body: '', headers: {} }, 'empty'],
  ['a gateway', { status: 502, body: '<html>Bad Gateway</html>', headers: { 'content-type': 'text/html' } }, 'html'],
  ['an outage', { status: 503, body: '', headers: { 'retry-after': '7' } }, 'http503'],
])('%s is no success, and leaves the outcome open', async (_what, action, code) => {
  const { write } = await contact();
  await fault(action);
  expect(await write('1')).toEqual([{ failure: expect.objectContaining({ kind: 'retry', code, outcomeUnknown: true }) }]);
});

test('a limit is told as such, with how long to stay away, in seconds or by date', async () => {
  const { write } = await contact();
  const limit = (retryAfter: string) => ({
    status: 429,
    headers: { 'retry-after': retryAfter, 'content-type': 'application/json' },
    body: {
      error: { code: '0x80072322', message: 'Number of requests exceeded the limit of 6000 over time window of 300 seconds.' },
    },
  });
  await fault(limit('17'));
  expect(await write('1')).toEqual([{ failure: expect.objectContaining({ kind: 'throttled', scope: 'side', waitMs: 17_000 }) }]);
  await fault(limit(new Date(Date.now() + 60_000).toUTCString()));
  const [byDate] = await write('1');
  expect(byDate).toMatchObject({ failure: { kind: 'throttled', scope: 'side' } });
  const waitMs = byDate && 'failure' in byDate ? (byDate.failure.waitMs ?? 0) : 0;
  expect(Math.abs(waitMs - 58_000)).toBeLessThan(30_000);
});

test('a token that ends before its time is replaced once, and the request made again', async () => {
  const { id, write } = await contact();
  await control('clock', { advanceSeconds: 2 * 3_600 });
  expect(await write('1')).toEqual([{ ok: { entity: 'contact', id } }]);
});

test('a batch that is refused as a whole is halved until the culprit stands alone', async () => {
  const rows = await Promise.all([1, 2, 3, 4].map(() => contact()));
  const unreadable = { error: { code: '0x80048d19', message: 'Stream was not readable.' } };
  await fault({ status: 400, headers: { 'content-type': 'application/json' }, body: unreadable }, 2);
  const refs = rows.map(({ id }) => ({ entity: 'contact' as const, id }));
  expect(await dynamics.read(refs, FIELDS)).toEqual(refs.map(({ id }) => ({ ok: expect.objectContaining({ id }) })));
});

test('a column that was closed to us is neither readable nor writable, and its values are left out instead of empty', async () => {
  const id = await target.row('contacts', { fax: '555' });
  await control('column-security', { table: 'contact', column: 'fax', read: false, update: false });
  expect(await dynamics.schema()).toMatchObject({
    ok: { entities: { contact: { fax: { readable: false, updatable: false } } } },
  });
  const [row] = await dynamics.read([{ entity: 'contact', id }], FIELDS);
  expect(row).toMatchObject({ ok: { values: { lastname: expect.any(String) } } });
  expect(row).not.toHaveProperty('ok.values.fax');
  expect((await target.sales.row('contacts', id))?.['fax']).toBe('555');
});

test('a rule of the customer refuses in its own words', async () => {
  const { id, write } = await contact();
  const rule = { table: 'contact', column: 'telephone1', pattern: '^000', code: '0x80040265', message: 'Not a phone number.' };
  await control('rules', rule);
  expect(await write('0001')).toEqual([
    { failure: expect.objectContaining({ kind: 'rejected', code: '0x80040265', message: 'Not a phone number.' }) },
  ]);
  await control('rules', undefined, 'DELETE');
  expect(await write('0001')).toEqual([{ ok: { entity: 'contact', id } }]);
});

test('a disabled user is no owner', async () => {
  expect(await dynamics.findOwner('dora.disabled@sandbox.example.com')).toEqual({ ok: undefined });
  expect(await dynamics.findOwner('olivia.owner@sandbox.example.com')).toEqual({ ok: expect.any(String) });
});

test('a long table is read page by page, and a delta link that was kept too long is told as such', async () => {
  await control('seed', { leads: 1_200 });
  const ids = new Set<string>();
  let cursor: Cursor | undefined;
  let pages = 0;
  for (let more = true; more; pages += 1) {
    const page = await dynamics.changes({ feed: 'lead', overlap: false, fields: FIELDS, ...(cursor && { cursor }) });
    if ('failure' in page) throw new Error(page.failure.message);
    for (const { id } of page.ok.changes) {
      expect(ids).not.toContain(id);
      ids.add(id);
    }
    ({ cursor, more } = page.ok);
  }
  expect([pages > 2, ids.size >= 1_200]).toEqual([true, true]);
  await control('clock', { advanceSeconds: 8 * 86_400 });
  expect(await dynamics.changes({ feed: 'lead', overlap: false, fields: FIELDS, ...(cursor && { cursor }) })).toEqual({
    failure: expect.objectContaining({ kind: 'gone', scope: 'cursor', code: '0x80044352' }),
  });
});
