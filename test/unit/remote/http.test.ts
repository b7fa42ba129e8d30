import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Failure, Pace } from '../../../src/core/ports';
import { createHttpClient, type HttpRequest, type HttpResult, parseJson, retryAfterMs } from '../../../src/remote/http';
import { type Answering, serve } from './server';

let server: Answering;
afterEach(() => server?.close());

const SECRET = 'Bearer secret-token-that-nobody-may-see';
const client = (extra: Partial<Parameters<typeof createHttpClient>[0]> = {}) =>
  createHttpClient({ timeoutMs: 2_000, concurrency: 4, ...extra });
const post = (path = '/write', extra: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url: server.url + path,
  headers: { Authorization: SECRET, 'Content-Type': 'application/json' },
  body: '{"person": "ada@example.com"}',
  ...extra,
});

function failureOf(result: HttpResult): Failure {
  if (!('failure' in result)) throw new Error(`answered ${result.answer.status}`);
  // Nothing of what was sent may stand in what is told about it.
  expect(JSON.stringify(result)).not.toMatch(/secret-token|ada@example/);
  return result.failure;
}

describe('an answer', () => {
  test('comes as it is: status, headers in lower case, text to the letter', async () => {
    const text = '{"requestId": "1",\n "success":true}  ';
    server = await serve((_got, response) => response.writeHead(200, { 'X-Thing': 'a', 'Set-Cookie': ['b', 'c'] }).end(text));
    const result = await client().send(post('/a?b=c%20d'));
    expect(result).toMatchObject({ answer: { status: 200, text, headers: { 'x-thing': 'a', 'set-cookie': 'b, c' } } });
    expect(server.got).toMatchObject([
      { method: 'POST', url: '/a?b=c%20d', body: '{"person": "ada@example.com"}', headers: { authorization: SECRET } },
    ]);
  });

  test.each([204, 302, 401, 404, 429, 500, 502])('with status %i is an answer, too', async (status) => {
    server = await serve((_got, response) => response.writeHead(status, { Location: '/elsewhere' }).end());
    expect(await client().send(post())).toMatchObject({ answer: { status, text: '' } });
    expect(server.got).toHaveLength(1);
  });

  test('of a gateway is text like any other, and no JSON', async () => {
    const page = '<html><title>Bad Gateway</title></html>';
    server = await serve((_got, response) => response.writeHead(502, { 'Content-Type': 'text/html' }).end(page));
    const result = await client().send(post());
    expect(result).toMatchObject({ answer: { status: 502, text: page, headers: { 'content-type': 'text/html' } } });
    expect(parseJson(page)).toBeUndefined();
    expect(parseJson('')).toBeUndefined();
    expect(parseJson('{"a":1}')).toEqual({ a: 1 });
  });

  test('comes over a connection that is used again', async () => {
    server = await serve((_got, response) => response.end('ok'));
    const http = client({ concurrency: 1 });
    for (let n = 0; n < 5; n += 1) await http.send(post());
    expect(server.connections()).toBe(1);
  });
});

describe('no answer', () => {
  test('within the time limit leaves the outcome open', async () => {
    server = await serve(() => undefined);
    const failure = failureOf(await client({ timeoutMs: 150 }).send(post()));
    expect(failure).toEqual({
      kind: 'retry',
      scope: 'request',
      outcomeUnknown: true,
      code: 'timeout',
      message: expect.any(String),
    });
    expect(server.got).toHaveLength(1);
  });

  test('that is whole within the time limit is none, however busily it trickles', async () => {
    server = await serve((_got, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect(failureOf(await client({ timeoutMs: 200 }).send(post()))).toMatchObject({ code: 'timeout', outcomeUnknown: true });
  });

  test('because the connection broke before the work was begun, or after it was done, leaves the outcome open', async () => {
    server = await serve(
      () => undefined,
      (socket) => socket.destroy(),
    );
    expect(failureOf(await client().send(post()))).toMatchObject({ kind: 'retry', code: 'reset', outcomeUnknown: true });
    expect(server.got).toHaveLength(0);
    await server.close();
    server = await serve((_got, response) => response.destroy());
    expect(failureOf(await client().send(post()))).toMatchObject({ kind: 'retry', code: 'reset', outcomeUnknown: true });
    expect(server.got).toHaveLength(1);
  });

  test('because it was cut off half way leaves the outcome open', async () => {
    server = await serve((_got, response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('half of it', () => response.destroy());
    });
    expect(failureOf(await client().send(post()))).toMatchObject({ kind: 'retry', code: 'reset', outcomeUnknown: true });
  });

  test('because nobody listens means that nothing was done', async () => {
    server = await serve(() => undefined);
    await server.close();
    const failure = failureOf(await client().send(post()));
    expect(failure).toEqual({
      kind: 'retry',
      scope: 'side',
      code: 'unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('because the caller gave up leaves the outcome open once it was sent, and not before', async () => {
    server = await serve(() => undefined);
    const late = new AbortController();
    const pending = client().send(post('/write', { signal: late.signal }));
    while (server.got.length === 0) await sleep(5);
    late.abort();
    expect(failureOf(await pending)).toMatchObject({ code: 'aborted', outcomeUnknown: true });
    const early = failureOf(await client().send(post('/write', { signal: AbortSignal.abort() })));
    expect(early).toMatchObject({ kind: 'retry', code: 'aborted' });
    expect(early).not.toHaveProperty('outcomeUnknown');
    expect(server.got).toHaveLength(1);
  });

  test.each(['nowhere', 'ftp://127.0.0.1/', 'http://'])(
    'because %j is no URL to call is a matter of configuration',
    async (url) => {
      expect(failureOf(await client().send({ method: 'GET', url }))).toMatchObject({ kind: 'config', scope: 'side' });
    },
  );
});

describe('the time limit', () => {
  test('does not count the wait for a place', async () => {
    server = await serve((_got, response) => response.end('ok'));
    const pace: Pace = { acquire: () => sleep(300).then(() => ({ ok: true })), block: async () => undefined };
    expect(await client({ timeoutMs: 200, pace }).send(post())).toMatchObject({ answer: { status: 200 } });
  });
});

describe('the budget', () => {
  const paceOf = (acquire: Pace['acquire']): Pace => ({ acquire, block: async () => undefined });

  test('that is used up keeps the call here, and says for how long', async () => {
    server = await serve((_got, response) => response.end('ok'));
    const failure = failureOf(await client({ pace: paceOf(async () => ({ waitMs: 7_000 })) }).send(post()));
    expect(failure).toEqual({ kind: 'throttled', scope: 'side', waitMs: 7_000, code: 'budget', message: expect.any(String) });
    expect(server.got).toHaveLength(0);
  });

  test('whose ledger does not answer keeps the call here, and throws nothing', async () => {
    server = await serve((_got, response) => response.end('ok'));
    const failure = failureOf(await client({ pace: paceOf(() => Promise.reject(new Error('no database'))) }).send(post()));
    expect(failure).toEqual({ kind: 'retry', scope: 'side', code: 'noLedger', message: expect.any(String) });
    expect(server.got).toHaveLength(0);
  });

  test('is asked once for each call', async () => {
    server = await serve((_got, response) => response.end('ok'));
    let asked = 0;
    const http = client({
      pace: paceOf(async () => {
        asked += 1;
        return { ok: true };
      }),
    });
    await Promise.all([http.send(post()), http.send(post()), http.send(post())]);
    expect(asked).toBe(3);
    expect(server.got).toHaveLength(3);
  });

  test('is not spent by a caller who gave up while waiting for a place', async () => {
    server = await serve((_got, response) => response.end('ok'));
    const giveUp = new AbortController();
    const pace = paceOf(async () => {
      giveUp.abort();
      return { ok: true };
    });
    expect(failureOf(await client({ pace }).send(post('/write', { signal: giveUp.signal })))).toMatchObject({ code: 'aborted' });
    expect(server.got).toHaveLength(0);
  });
});

test('no more calls are under way at once than allowed, and none is forgotten', async () => {
  let running = 0;
  let most = 0;
  server = await serve((_got, response) => {
    running += 1;
    most = Math.max(most, running);
    setTimeout(() => {
      running -= 1;
      response.end('ok');
    }, 20);
  });
  const http = client({ concurrency: 3 });
  const results = await Promise.all(Array.from({ length: 12 }, () => http.send(post())));
  expect(results.filter((result) => 'answer' in result)).toHaveLength(12);
  expect(most).toBe(3);
});

describe('Retry-After', () => {
  const now = new Date('2026-03-01T12:00:00Z');
  test.each([
    ['30', 30_000],
    ['0', 0],
    ['1.2', 1_200],
    [' 5 ', 5_000],
    ['Sun, 01 Mar 2026 12:01:00 GMT', 60_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['-3', undefined],
    ['soon', undefined],
    ['', undefined],
  ])('of %j is %s ms', (value, expected) => {
    expect(retryAfterMs({ 'retry-after': value }, now)).toBe(expected);
  });

  test('that is missing is nothing', () => {
    expect(retryAfterMs({}, now)).toBeUndefined();
  });
});
