import { afterEach, describe, expect, it } from '@jest/globals';
import { createApi, type Operation } from '../../../src/dataverse/api';
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

  it('are halved until they are small enough, when together they are too large', async () => {
    const large = (got: Got): Given | undefined =>
      got.url.endsWith('$batch') && (got.body.match(/^GET /gm) ?? []).length > 3
        ? { status: 413, body: '<html>Request Entity Too Large</html>' }
        : undefined;
    server = await startServer((got) => ok(numberIn(got)), large);
    expect(outcomes(await apiFor(server.url).each(gets(10)))).toEqual(gets(10).map((_, n) => String(n)));
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
