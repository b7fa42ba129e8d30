import { afterEach, describe, expect, it } from '@jest/globals';
import { createApi, type Operation } from '../../../src/dataverse/api';
import { createTokenSource } from '../../../src/dataverse/auth';
import { createHttpClient } from '../../../src/remote/http';
import { ok, refusal, silentLog, standingClock, startWorld, type World } from './environment';
import { type Given, type Got, startServer, type TestServer, writeBatchAnswer } from './server';

let server: TestServer;
let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
  await server?.close();
});

const http = createHttpClient({ timeoutMs: 5_000, concurrency: 8 });
const get = (n: number): Operation => ({ method: 'GET', path: `contacts(${n})`, asked: { doing: 'look' } });
const gets = (count: number): Operation[] => Array.from({ length: count }, (_, n) => get(n));
const numberIn = (got: Got): number => Number(/\((\d+)\)/.exec(got.url)?.[1]);

function apiFor(url: string) {
  const tokens = { token: async () => ({ ok: 'a-token' }), invalidate: () => {} };
  return createApi({ url: `${url}/`, http, tokens, clock: standingClock(), log: silentLog });
}
const outcomes = (replies: Awaited<ReturnType<ReturnType<typeof apiFor>['each']>>) =>
  replies.map((reply) => ('ok' in reply ? reply.ok.text : reply.failure.kind));

describe('batches', () => {
  it('find the part that makes a whole batch fail, and answer all others', async () => {
    const poisoned = (got: Got): Given | undefined =>
      got.url.endsWith('$batch') && got.body.includes('contacts(13)')
        ? refusal(400, '0x80048d19', 'Stream was not readable')
        : undefined;
    server = await startServer((got) => (numberIn(got) === 13 ? refusal(400, '0x80040203', 'bad') : ok(numberIn(got))), poisoned);
    const replies = await apiFor(server.url).each(gets(40));
    expect(outcomes(replies)).toEqual(gets(40).map((_, n) => (n === 13 ? 'rejected' : String(n))));
  });

  it('never match answers to requests when there are too few or too many of them', async () => {
    const short = (got: Got): Given | undefined =>
      got.url.endsWith('$batch') && got.body.includes('contacts(2)') ? writeBatchAnswer([ok('"one"')]) : undefined;
    server = await startServer((got) => ok(numberIn(got)), short);
    expect(outcomes(await apiFor(server.url).each(gets(5)))).toEqual(['0', '1', '2', '3', '4']);
  });

  it.each<[string, Given, string]>([
    ['a limit', { ...refusal(429, '0x80072322', 'Number of requests exceeded'), headers: { 'retry-after': '3' } }, 'throttled'],
    ['a gateway', { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Bad Gateway</html>' }, 'retry'],
    ['a sign-in page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' }, 'retry'],
    ['a missing privilege', refusal(403, '0x80048306', 'Not enough privilege'), 'config'],
  ])('are not split because of %s', async (_what, given, kind) => {
    server = await startServer(
      () => ok(1),
      () => given,
    );
    const replies = await apiFor(server.url).each(gets(10));
    expect(new Set(outcomes(replies))).toEqual(new Set([kind]));
    expect(server.requests).toHaveLength(1);
  });

  it('tolerate limits on single parts, and tell everyone once', async () => {
    world = await startWorld((got) =>
      got.url.includes('0001')
        ? { ...refusal(429, '0x80072322', 'Number of requests exceeded'), headers: { 'Retry-After': '7' } }
        : { status: 204 },
    );
    const items = ['0001', '0002', '0001'].map((end) => ({
      entity: 'lead' as const,
      id: `00000000-0000-4000-8000-00000000${end}`,
      version: 'W/"1"',
      values: { lastname: 'x' },
    }));
    const results = await world.dataverse.write(items);
    expect(results.map((result) => ('ok' in result ? 'ok' : result.failure.waitMs))).toEqual([7_000, 'ok', 7_000]);
    expect(world.blocks).toEqual([{ waitMs: 7_000, code: '0x80072322' }]);
  });

  it('hold at most 100 operations', async () => {
    server = await startServer((got) => ok(numberIn(got)));
    const replies = await apiFor(server.url).each(gets(201));
    expect(outcomes(replies)).toEqual(gets(201).map((_, n) => String(n)));
    expect(server.requests).toHaveLength(3);
  });

  it('leave the outcome open when the connection breaks', async () => {
    server = await startServer(() => ok(1));
    const { url } = server;
    await server.close();
    const [reply] = await apiFor(url).each([get(1)]);
    expect(reply).toMatchObject({ failure: { kind: 'retry' } });
  });
});

describe('tokens', () => {
  let grants = 0;
  const grant = (expiresInSec: unknown = 3599): Given =>
    ok({ token_type: 'Bearer', expires_in: expiresInSec, access_token: `token-${(grants += 1)}` });

  async function start(answer: (got: Got) => Given, valid: () => string) {
    grants = 0;
    server = await startServer((got) => {
      if (got.url.endsWith('/oauth2/v2.0/token')) return answer(got);
      return got.headers.authorization === `Bearer ${valid()}`
        ? ok(1)
        : { status: 401, headers: { 'www-authenticate': 'Bearer' } };
    });
    const clock = standingClock();
    const tokens = createTokenSource({
      authority: `${server.url}/`,
      tenantId: 'contoso',
      clientId: 'sync-app',
      clientSecret: 's&cret=+',
      scopeUrl: 'https://org.crm.dynamics.com/',
      http,
      clock,
    });
    return { clock, tokens, api: createApi({ url: server.url, http, tokens, clock, log: silentLog }) };
  }
  const tokenRequests = () => server.requests.filter((got) => got.url.endsWith('/token'));

  it('are asked for once by callers at the same time, in the documented form', async () => {
    const { tokens } = await start(
      () => grant(),
      () => 'token-1',
    );
    expect(await Promise.all([tokens.token(), tokens.token(), tokens.token()])).toEqual([1, 2, 3].map(() => ({ ok: 'token-1' })));
    expect(tokenRequests()).toHaveLength(1);
    const [got] = tokenRequests();
    expect(got?.url).toBe('/contoso/oauth2/v2.0/token');
    expect(got?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(Object.fromEntries(new URLSearchParams(got?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'sync-app',
      client_secret: 's&cret=+',
      scope: 'https://org.crm.dynamics.com/.default',
    });
  });

  it.each([
    [3599, 3_298, 3_300],
    [60, 47, 49],
    ['3599', 3_298, 3_300],
  ])('that live %s s are kept %i s and replaced before %i s', async (expiresInSec, keptSec, replacedSec) => {
    const { clock, tokens } = await start(
      () => grant(expiresInSec),
      () => '',
    );
    await tokens.token();
    clock.advance(keptSec * 1_000);
    expect(await tokens.token()).toEqual({ ok: 'token-1' });
    clock.advance((replacedSec - keptSec) * 1_000);
    expect(await tokens.token()).toEqual({ ok: 'token-2' });
  });

  it('are replaced once after a 401, however many callers met it', async () => {
    const { api } = await start(
      () => grant(),
      () => 'token-2',
    );
    const replies = await Promise.all([api.one(get(1)), api.one(get(2)), api.one(get(3))]);
    expect(outcomes(replies)).toEqual(['1', '1', '1']);
    expect(tokenRequests()).toHaveLength(2);
  });

  it('are not asked for again and again when new ones are refused too', async () => {
    const { api } = await start(
      () => grant(),
      () => 'never',
    );
    expect(await api.one(get(1))).toMatchObject({ failure: { kind: 'config', scope: 'side', code: 'http401' } });
    expect(tokenRequests()).toHaveLength(2);
  });

  it.each<[string, Given, object]>([
    [
      'a wrong secret',
      { status: 401, body: { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret' } },
      { kind: 'config', scope: 'side', code: 'invalid_client' },
    ],
    ['a limit', { status: 429, headers: { 'retry-after': '5' }, body: {} }, { kind: 'retry', waitMs: 5_000 }],
    ['an outage', { status: 503, body: 'no' }, { kind: 'retry' }],
    ['an answer without a token', ok({}), { kind: 'retry' }],
  ])('that are refused by %s leave no doubt about what was asked', async (_what, given, expected) => {
    const { api } = await start(
      () => given,
      () => '',
    );
    const [reply] = await api.each([get(1)]);
    expect(reply).toMatchObject({ failure: expected });
    expect(reply).not.toHaveProperty('failure.outcomeUnknown');
    expect(JSON.stringify(reply)).not.toContain('s&cret');
  });
});
