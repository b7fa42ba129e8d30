import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSandboxFrame, type SandboxFrame } from '../../../src/sandbox/frame';

/** A vendor that keeps texts: POST /texts/{name} stores the body, everything else tells what it saw. */
function createEcho(file?: string): SandboxFrame {
  const frame: SandboxFrame = createSandboxFrame({
    name: 'marketo',
    file,
    seed: (body) => {
      frame.journal.table('texts').set('seeded', JSON.stringify(body));
      return { seeded: 1 };
    },
    reset: () => frame.journal.table('texts').set('default', 'as new'),
    callerOf: (request) => request.headers.authorization,
    operationOf: (request) => `${request.method} ${request.url.split('?')[0]}`,
    answerProblem: (problem, _request, reply) =>
      void reply.code(200).send({ vendor: problem.code ?? 'exception', status: problem.status }),
  });
  frame.app.all('/*', (request, reply) => {
    if (request.url.startsWith('/throw')) throw new Error('broken');
    if (request.method === 'POST') frame.journal.table('texts').set(request.url, request.body);
    const texts = Object.fromEntries(frame.journal.table('texts'));
    return reply.send({ method: request.method, url: request.url, body: request.body, texts });
  });
  return frame;
}

let frame: SandboxFrame;
let base: string;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'frame-'));
  frame = createEcho(join(folder, 'journal'));
  base = await frame.listen(0);
});
afterEach(async () => {
  await frame.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  /** Members of both the echo and the control API. */
  readonly json: {
    readonly url: string;
    readonly body: string;
    readonly texts: object;
    readonly now: string;
    readonly error: string;
  };
}

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(base + path, { method, headers, ...(text !== undefined && { body: text }) });
  const content = await answer.text();
  return { status: answer.status, json: content.startsWith('{') ? JSON.parse(content) : content };
}

/** Sends bytes as they are, for what no HTTP client would send. */
async function raw(bytes: string): Promise<string> {
  const { port } = new URL(base);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += String(chunk);
      socket.end();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

describe('requests', () => {
  test.each([
    ['JSON that is not JSON', 'application/json', '{"a":'],
    ['an empty body of type JSON', 'application/json', ''],
    ['a form', 'application/x-www-form-urlencoded', 'a=1&a=2'],
    ['a batch', 'multipart/mixed; boundary="b"', '--b--\r\n'],
    ['a type nobody knows', 'x/y; z=1', 'text'],
    ['JSON that tries to change a prototype', 'application/json', '{"__proto__":{"a":1},"constructor":{"prototype":{}}}'],
  ])('reach the sandbox with their body as it is: %s', async (_what, type, body) => {
    expect(await call('POST', '/texts/1', body, { 'content-type': type })).toMatchObject({ status: 200, json: { body } });
  });

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('reach the sandbox with any method: %s', async (method) => {
    expect((await call(method, '/some/path.json?a=1')).json).toMatchObject({ method, url: '/some/path.json?a=1' });
  });

  test.each([
    ['a URL that cannot be decoded', 'GET /%ZZ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a content type that is none', 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Type: garbage\r\nContent-Length: 1\r\n\r\nx'],
    ['a body over the limit', `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${12 * 1024 * 1024}\r\n\r\n`],
    ['an exception', 'GET /throw HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a method nobody routes', 'PROPFIND /a HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a query method without a type', 'QUERY /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx'],
  ])('are never answered in the words of the framework: %s', async (_what, bytes) => {
    const answer = await raw(bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/"vendor"|"url"/);
  });

  test('a body of 10 MB and a URL of 100 KB are read', async () => {
    const large = 'x'.repeat(10 * 1024 * 1024);
    const { json } = await call('POST', '/texts/large', large);
    expect(json.body).toHaveLength(large.length);
    const long = `/long?${'y'.repeat(100 * 1024)}`;
    expect((await call('GET', long)).json.url).toBe(long);
  });
});

describe('journal', () => {
  test('what was answered is in the file before the answer', async () => {
    await call('POST', '/texts/1', 'kept');
    const copy = createEcho(join(folder, 'journal'));
    expect(copy.journal.table('texts').get('/texts/1')).toBe('kept');
    await copy.close();
  });
});

describe('control', () => {
  test('counts calls by caller and operation, its own not', async () => {
    await call('GET', '/a?x=1', undefined, { authorization: 'ann' });
    await call('GET', '/a?x=2', undefined, { authorization: 'ann' });
    await call('GET', '/a');
    expect((await call('GET', '/_sandbox/calls')).json).toEqual({ ann: { 'GET /a': 2 }, unknown: { 'GET /a': 1 } });
  });

  test('reset empties everything, faults and counts included', async () => {
    await call('POST', '/texts/1', 'x');
    await call('POST', '/_sandbox/faults', { action: { status: 503 } });
    await call('POST', '/_sandbox/clock', { advanceSeconds: 3600 });
    expect((await call('POST', '/_sandbox/reset')).status).toBe(200);
    expect((await call('GET', '/_sandbox/calls')).json).toEqual({});
    expect(await call('GET', '/a')).toMatchObject({ status: 200, json: { texts: { default: 'as new' } } });
    expect(Math.abs(frame.clock.now().getTime() - Date.now())).toBeLessThan(1000);
  });

  test('seed hands its body to the sandbox', async () => {
    expect((await call('POST', '/_sandbox/seed', { people: 3 })).json).toEqual({ seeded: 1 });
    expect((await call('GET', '/a')).json.texts).toEqual({ seeded: '{"people":3}' });
  });

  test('the clock advances and stays advanced after a restart', async () => {
    await call('POST', '/_sandbox/clock', { advanceSeconds: 60 });
    const { json } = await call('POST', '/_sandbox/clock', { advanceSeconds: 3540 });
    expect(Date.parse(json.now) - Date.now()).toBeGreaterThan(3_599_000);
    const copy = createEcho(join(folder, 'journal'));
    expect(copy.clock.now().getTime() - Date.now()).toBeGreaterThan(3_599_000);
    await copy.close();
  });

  test.each([
    ['faults', { action: { drop: 'sometimes' } }],
    ['faults', { times: 0, action: { status: 500 } }],
    ['clock', { advanceSeconds: -1 }],
    ['latency', { medianMs: 1 }],
    ['clock', 'no JSON'],
    ['seed', [1]],
    ['nonsense', {}],
  ])('says what is wrong with a body or name: %s %j', async (name, body) => {
    const { status, json } = await call('POST', `/_sandbox/${name}`, body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(json.error).toContain(`POST /_sandbox/${name}`);
  });
});

describe('faults', () => {
  test('answer the next matching requests, as often as was said', async () => {
    await call('POST', '/_sandbox/faults', {
      match: { method: 'post', path: '/texts', caller: 'ann' },
      times: 2,
      action: { status: 429, headers: { 'retry-after': '3' }, body: { error: 'slow down' } },
    });
    const ann = { authorization: 'ann' };
    expect((await call('POST', '/texts/1', 'x')).status).toBe(200);
    expect((await call('GET', '/texts/1', undefined, ann)).status).toBe(200);
    expect((await call('POST', '/other', 'x', ann)).status).toBe(200);
    const limited = await fetch(`${base}/texts/1`, { method: 'POST', body: 'y', headers: ann });
    expect([limited.status, limited.headers.get('retry-after'), await limited.json()]).toEqual([
      429,
      '3',
      { error: 'slow down' },
    ]);
    expect((await call('POST', '/texts/1', 'z', ann)).status).toBe(429);
    expect((await call('POST', '/texts/1', 'z', ann)).status).toBe(200);
  });

  test('a path with a star is a pattern for the whole of path and query', async () => {
    await call('POST', '/_sandbox/faults', { match: { path: '/rest/*/leads.json*' }, action: { status: 500, body: 'text' } });
    expect((await call('GET', '/x/rest/v1/leads.json')).status).toBe(200);
    expect((await call('GET', '/rest/v1/leads.json?a=1')).status).toBe(500);
  });

  test('can be taken back', async () => {
    await call('POST', '/_sandbox/faults', { times: 100, action: { status: 500 } });
    expect((await call('GET', '/a')).status).toBe(500);
    await call('DELETE', '/_sandbox/faults');
    expect((await call('GET', '/a')).status).toBe(200);
  });

  test('drop before loses the request, drop after only the answer', async () => {
    await call('POST', '/_sandbox/faults', { match: { path: '/texts/lost' }, action: { drop: 'before' } });
    await call('POST', '/_sandbox/faults', { match: { path: '/texts/done' }, action: { drop: 'after' } });
    await expect(call('POST', '/texts/lost', 'x')).rejects.toThrow();
    await expect(call('POST', '/texts/done', 'x')).rejects.toThrow();
    expect((await call('GET', '/a')).json.texts).toEqual({ '/texts/done': 'x' });
  });

  test('a delay does the work late, even for a client that left', async () => {
    await call('POST', '/_sandbox/faults', { match: { path: '/texts' }, action: { delayMs: 1000 } });
    await new Promise<void>((resolve) => {
      const left = httpRequest(`${base}/texts/late`, { method: 'POST' }, () => resolve());
      left.on('error', () => resolve());
      left.end('x');
      setTimeout(() => left.destroy(), 100);
    });
    expect((await call('GET', '/a')).json.texts).toEqual({});
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect((await call('GET', '/a')).json.texts).toEqual({ '/texts/late': 'x' });
  });
});

describe('latency', () => {
  test('slows answers down around the median, and reset takes it away', async () => {
    const timed = async (): Promise<number> => {
      const started = performance.now();
      await call('GET', '/a');
      return performance.now() - started;
    };
    await call('POST', '/_sandbox/latency', { medianMs: 500, p99Ms: 600 });
    const times = [await timed(), await timed(), await timed()];
    const median = times.sort((a, b) => a - b)[1];
    expect(median).toBeGreaterThan(400);
    expect(median).toBeLessThan(1500);
    await call('POST', '/_sandbox/reset');
    expect(await timed()).toBeLessThan(400);
  });
});
