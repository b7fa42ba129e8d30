import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { codeOf, Marketo } from './client';

let marketo: Marketo;
beforeAll(async () => {
  marketo = await Marketo.start();
  await marketo.control('POST', 'limits', { callsPer20s: 10_000 });
});
afterAll(() => marketo.close());

const auth = (): Record<string, string> => ({ authorization: `Bearer ${marketo.token}` });

/** `fetch` would resolve a path before it is sent; answers the body. */
const sendRaw = (method: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    httpRequest({ ...urlOptions(), method, path, headers: auth() }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });
const urlOptions = (): { readonly host: string; readonly port: string } => {
  const { hostname, port } = new URL(marketo.url);
  return { host: hostname, port };
};

describe('the envelope', () => {
  test('has a request id whose second half is the time', async () => {
    const { requestId } = await marketo.get('/rest/v1/leads/partitions.json');
    expect(requestId).toMatch(/^[0-9a-f]+#[0-9a-f]+$/);
    expect(Math.abs(Number.parseInt(requestId.split('#')[1] ?? '', 16) - Date.now())).toBeLessThan(5000);
  });

  test('holds errors with codes as text, and comes with HTTP 200', async () => {
    const { status, text } = await marketo.http('GET', '/rest/v1/lead/77.json', auth());
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      requestId: expect.any(String),
      success: false,
      errors: [{ code: '1004', message: "Lead '77' not found" }],
    });
  });

  test.each([
    ['610', 'GET', '/rest/v1/nothing.json'],
    ['610', 'GET', '/rest//v1/leads.json'],
    ['610', 'GET', '/rest/v1/namedaccounts.json'],
    ['610', 'GET', '/rest/v1/lead/%ZZ/x.json'],
    ['605', 'PUT', '/rest/v1/leads.json'],
    ['605', 'PATCH', '/rest/v1/leads/describe.json'],
    ['605', 'OPTIONS', '/rest/v1/leads.json'],
    ['605', 'POST', '/rest/v1/activities.json'],
  ])('is there for what does not exist: %s to %s %s', async (code, method, path) => {
    expect(codeOf(await marketo.call(method, path))).toBe(code);
  });

  test.each([
    ['612', 'a content type that is none', 'garbage', '{}'],
    ['612', 'XML', 'application/xml', '<input/>'],
    ['609', 'half of a JSON', 'application/json', '{"input": [{'],
    ['609', 'JSON that is no object', 'application/json; charset=utf-8', '[1]'],
    ['1003', 'an input of numbers', 'application/json', '{"input": [1, 2]}'],
    ['1002', 'an input that is no array', 'application/json', '{"input": "x"}'],
    ['1002', 'nothing, but called JSON', 'application/json', ''],
  ])('is there for bodies nobody can use: %s to %s', async (code, _what, type, body) => {
    expect(codeOf(await marketo.call('POST', '/rest/v1/leads.json', { 'content-type': type }, body))).toBe(code);
  });

  test('is there whatever parameters a client makes up', async () => {
    for (const path of [
      '/rest/v1/leads.json?filterType=id&filterValues=%00&fields=%F0%9F%98%80',
      '/rest/v1/activities.json?nextPageToken=%2B%2B&activityTypeIds=-1',
      '/rest/v1/lead/99999999999999999999.json',
      '/rest/v1/leads/1e3/merge.json?leadId=x',
      '/rest/v1/lists.json?id=abc',
      '/rest/v1/companies.json?filterType=nope&filterValues=x',
      '/bulk/v1/leads/export/nope/status.json',
    ]) {
      expect(await marketo.call('GET', path)).toMatchObject({ success: false });
    }
  });
});

describe('a path', () => {
  test('is resolved as web servers do, so that the bulk API is reached from the REST endpoint', async () => {
    expect(await sendRaw('GET', '/rest/../bulk/v1/leads/export.json')).toContain('"success":true');
    expect(await sendRaw('GET', '/rest/./v1/leads/partitions.json')).toContain('"success":true');
    expect(await sendRaw('GET', '/rest/..bulk/v1/leads/export.json')).toContain('"610"');
  });
});

describe('size', () => {
  test('a URI over 8 KB is 414, and no envelope', async () => {
    const at = (length: number): Promise<{ status: number; text: string }> => {
      const start = '/rest/v1/leads.json?filterType=email&filterValues=';
      return marketo.http('GET', start + 'x'.repeat(length - start.length), auth());
    };
    expect((await at(8192)).status).toBe(200);
    const refused = await at(8193);
    expect([refused.status, refused.text]).toEqual([414, expect.stringContaining('<html>')]);
    expect((await at(40_000)).status).toBe(414);
  });

  test('a body over 1 MB is 413, and nothing of it is done', async () => {
    const body = (bytes: number): string => {
      const text = JSON.stringify({ input: [{ email: 'size@example.com', mktoPersonNotes: '' }] });
      return text.replace('"mktoPersonNotes":""', `"mktoPersonNotes":"${'x'.repeat(bytes - text.length)}"`);
    };
    const send = (bytes: number): Promise<{ status: number; text: string }> =>
      marketo.http('POST', '/rest/v1/leads.json', { ...auth(), 'content-type': 'application/json' }, body(bytes));
    const count = async (): Promise<unknown> =>
      (await marketo.get('/rest/v1/leads.json', { filterType: 'email', filterValues: 'size@example.com' })).result?.length;
    expect([(await send(1024 * 1024 + 1)).status, await count()]).toEqual([413, 0]);
    for (const bytes of [1024 * 1024 + 1, 12 * 1024 * 1024])
      expect(await send(bytes)).toMatchObject({ status: 413, text: expect.stringMatching(/^<html>/) });
    expect([(await send(1024 * 1024)).status, await count()]).toEqual([200, 1]);
  });
});

describe('compression', () => {
  /** `fetch` would ask for it and undo it by itself. */
  const encodingOf = (path: string, accept?: string): Promise<string | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { ...auth(), ...(accept !== undefined && { 'accept-encoding': accept }) };
      httpRequest(marketo.url + path, { headers }, (answer) => {
        answer.resume();
        resolve(answer.headers['content-encoding']);
      })
        .on('error', reject)
        .end();
    });

  test('is for large answers and clients that accept it', async () => {
    expect(await encodingOf('/rest/v1/leads/describe.json', 'gzip, deflate')).toBe('gzip');
    expect(await encodingOf('/rest/v1/leads/describe.json')).toBeUndefined();
    expect(await encodingOf('/rest/v1/leads/partitions.json', 'gzip')).toBeUndefined();
    expect((await marketo.get('/rest/v1/leads/describe.json')).result?.length).toBeGreaterThan(50);
  });
});

describe('counts', () => {
  test('are by client and endpoint, whatever the ids', async () => {
    await marketo.control('POST', 'reset');
    marketo.token = await marketo.newToken();
    await marketo.get('/rest/v1/lead/1.json');
    await marketo.get('/rest/v1/lead/2.json');
    await marketo.call('POST', '/rest/v1/leads.json?_method=GET', {}, '');
    await marketo.http('GET', '/rest/v1/x.json');
    expect(await marketo.control('GET', 'calls')).toEqual({
      'sync-client': {
        'GET /identity/oauth/token': 1,
        'GET /rest/v1/lead/{id}.json': 2,
        'GET /rest/v1/leads.json': 1,
      },
      unknown: { 'GET unknown': 1 },
    });
  });

  test('faults can be meant for one client alone', async () => {
    await marketo.control('POST', 'faults', {
      match: { caller: 'marketing-client', path: '/rest/' },
      action: { body: { requestId: '1#2', success: false, errors: [{ code: '611', message: 'System error' }] } },
    });
    expect((await marketo.get('/rest/v1/leads/partitions.json')).success).toBe(true);
    marketo.token = await marketo.newToken('marketing-client', 'marketing-secret');
    expect(codeOf(await marketo.get('/rest/v1/leads/partitions.json'))).toBe('611');
    expect((await marketo.get('/rest/v1/leads/partitions.json')).success).toBe(true);
  });
});
