import { afterEach, describe, expect, test } from '@jest/globals';
import type { Given, Got } from './server';
import { ok, refusal, refused, startWorld, TOKEN, type World } from './instance';

let world: World;
afterEach(() => world.close());

const start = async (answer: (got: Got) => Given, options = {}): Promise<void> => {
  world = await startWorld(answer, options);
};
const page = () => world.marketo.changes({ feed: 'deletedleads', overlap: false, fields: {}, cursor: { token: 'T' } });
const write = () => world.marketo.write([{ entity: 'person', id: '7', values: { phone: '1' } }]);
const deleted = { marketoGUID: '2', leadId: 6, activityDate: '2026-02-28T06:56:35+0000', activityTypeId: 37, attributes: [] };

describe('the envelope', () => {
  test.each<readonly [string, object]>([
    ['as the specification has it', { errors: [], warnings: [], moreResult: false }],
    ['as the samples have it', {}],
    ['with nothing where there could be lists', { errors: null, warnings: null, moreResult: null, requestId: null }],
    ['with warnings as text', { warnings: ['Some fields were left out'] }],
    ['with warnings as objects', { warnings: [{ code: 1003, message: 'Some fields were left out' }] }],
    ['with warnings of no known shape', { warnings: [[]] }],
  ])('is read %s', async (_name, members) => {
    await start(() => ok({ result: [deleted], nextPageToken: 'U', ...members }));
    expect(await page()).toMatchObject({ ok: { changes: [{ id: '6' }], cursor: { token: 'U' }, more: false } });
  });

  test('may lack its result, or have none', async () => {
    await start((got) => ok(got.query.nextPageToken === 'T' ? { nextPageToken: 'U' } : {}));
    expect(await page()).toMatchObject({ ok: { changes: [] } });
  });

  test('fails by its success alone, though the status is 200 and a result is there', async () => {
    const body = { success: false, errors: [{ code: 611, message: 'System error' }], result: [deleted] };
    await start(() => ({ status: 200, body }));
    expect(await page()).toMatchObject({ failure: { kind: 'retry', code: '611', message: 'System error' } });
  });

  test('that fails without an error is tried again', async () => {
    await start(() => refusal());
    expect(await write()).toMatchObject([{ failure: { kind: 'retry', outcomeUnknown: true, code: 'unreadable' } }]);
  });

  test('is not a success with a status that is none', async () => {
    await start(() => ({ ...ok({ result: [{ id: 7, status: 'updated' }] }), status: 502 }));
    expect(await write()).toMatchObject([{ failure: { kind: 'retry', outcomeUnknown: true, code: 'http502' } }]);
  });

  test('with items of another shape is no answer', async () => {
    await start(() => ok({ result: ['seven'] }));
    expect(await write()).toMatchObject([{ failure: { kind: 'retry', outcomeUnknown: true, code: 'unreadable' } }]);
  });

  test('with an id that lost digits in parsing is no answer', async () => {
    await start(() => ({ status: 200, body: '{"success":true,"result":[{"id":9007199254740993,"status":"updated"}]}' }));
    expect(await write()).toMatchObject([{ failure: { kind: 'retry', outcomeUnknown: true, code: 'unreadable' } }]);
  });

  test.each<readonly [string, string]>([
    ['<html><body>Down for maintenance</body></html>', 'html'],
    ['', 'empty'],
    ['null', 'unreadable'],
  ])('is missing when a gateway answers "%s" with status 200', async (body, code) => {
    await start(() => ({ status: 200, body }));
    expect(await write()).toMatchObject([{ failure: { kind: 'retry', outcomeUnknown: true, code } }]);
  });

  test('that says "no data found" to a question is an empty answer, and to a write a refusal', async () => {
    await start(() => refused('702', 'No data found'));
    expect(await page()).toMatchObject({ ok: { changes: [] } });
    expect(await write()).toMatchObject([{ failure: { kind: 'rejected', code: '702' } }]);
  });
});

describe('limits', () => {
  test.each([
    ['606', "Max rate limit '100' exceeded with in '20' secs", 10_000],
    ['615', "Concurrent access limit '10' reached", 2_000],
    ['607', 'Daily quota reached', 18 * 3_600_000],
    ['608', 'API Temporarily Unavailable', 30_000],
  ])('%s closes the side for everyone', async (code, message, waitMs) => {
    await start(() => refused(code, message));
    expect(await page()).toMatchObject({ failure: { code, waitMs, scope: 'side' } });
    expect(world.blocks).toEqual([{ code, waitMs }]);
  });

  test.each(['603', '611', '1029', '4711'])('%s closes nothing', async (code) => {
    await start(() => refused(code, 'Too many jobs in queue'));
    expect(await page()).toHaveProperty('failure');
    expect(world.blocks).toEqual([]);
  });
});

describe('requests', () => {
  const fields = Array.from({ length: 400 }, (_value, index) => `aFieldWithALongName${index}`);
  const longPage = () =>
    world.marketo.changes({ feed: 'leadchanges', overlap: false, fields: { person: fields }, cursor: { token: 'T' } });

  test('that are too long for an address travel as a form', async () => {
    await start(() => ok({ nextPageToken: 'U' }));
    await longPage();
    await page();
    const [long, short] = world.asked();
    expect(long).toMatchObject({
      method: 'POST',
      query: { _method: 'GET', nextPageToken: 'T', fields: fields.join(',') },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(long?.urlLength).toBeLessThan(100);
    expect(short).toMatchObject({ method: 'GET', body: '' });
  });

  test('that a gateway finds too long are sent again as a form', async () => {
    await start((got) =>
      got.method === 'GET' ? { status: 414, body: '<html>URI Too Long</html>' } : ok({ nextPageToken: 'U' }),
    );
    expect(await page()).toHaveProperty('ok');
    expect(world.asked().map((got) => got.method)).toEqual(['GET', 'POST']);
  });

  test.each(['', '/', '/rest', '/rest/'])('go to the same place when the address ends with "%s"', async (suffix) => {
    await start(() => ok({ nextPageToken: 'U' }), { suffix });
    expect(await page()).toHaveProperty('ok');
    expect(world.server.requests.map((got) => got.path)).toEqual([
      '/identity/oauth/token',
      '/rest/v1/activities/deletedleads.json',
    ]);
  });

  test('keep what needs escaping in a token', async () => {
    await start(() => ok({ nextPageToken: 'U' }));
    await world.marketo.changes({ feed: 'deletedleads', overlap: false, fields: {}, cursor: { token: 'a+b/c==&d' } });
    expect(world.asked()[0]?.query.nextPageToken).toBe('a+b/c==&d');
  });

  test('never show their token in a failure or in the log', async () => {
    await start((got) => refused('611', `System error for ${String(got.headers.authorization)}`));
    const result = JSON.stringify(await page());
    expect(result).toContain('System error for Bearer ***');
    expect(result).not.toContain(TOKEN);
    expect(world.logged.join()).toContain('611');
    expect(world.logged.join()).not.toContain(TOKEN);
  });

  test('leave what the vendor says out of the log', async () => {
    await start(() => ({ ...refused('1001', "Invalid value 'ann@example.com'") }));
    await write();
    expect(world.logged.join()).toContain('1001');
    expect(world.logged.join()).not.toContain('ann@example.com');
  });
});
