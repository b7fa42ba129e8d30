import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codeOf, Marketo } from './client';

let marketo: Marketo;
beforeAll(async () => {
  marketo = await Marketo.start();
});
afterAll(() => marketo.close());

const PATH = '/identity/oauth/token';
const query = (changes: Record<string, string> = {}): string =>
  new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'sync-client',
    client_secret: 'sync-secret',
    ...changes,
  }).toString();
const describeWith = async (headers: Record<string, string>): Promise<string | undefined> =>
  codeOf(JSON.parse((await marketo.http('GET', '/rest/v1/leads/describe.json', headers)).text));

describe('token endpoint', () => {
  test.each(['GET', 'POST'])('%s gives all four members', async (method) => {
    const { status, text } = await marketo.http(method, `${PATH}?${query()}`);
    expect([status, JSON.parse(text)]).toEqual([
      200,
      {
        access_token: expect.any(String),
        token_type: 'bearer',
        expires_in: expect.any(Number),
        scope: 'sync@marketo.example.com',
      },
    ]);
  });

  test('takes the parameters from a form too', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await marketo.http('POST', PATH, headers, query())).status).toBe(200);
  });

  test.each([
    [401, 'a wrong secret', { client_secret: 'x' }, 'invalid_client'],
    [401, 'an unknown client', { client_id: 'x' }, 'unauthorized'],
    [400, 'another grant', { grant_type: 'password' }, 'unsupported_grant_type'],
  ])('answers %d to %s, in the form of OAuth', async (code, _what, changes, error) => {
    const { status, text } = await marketo.http('GET', `${PATH}?${query(changes)}`);
    expect([status, JSON.parse(text)]).toEqual([code, { error, error_description: expect.any(String) }]);
  });

  test('gives the same token until it expires, with what is left of its life', async () => {
    const read = async (): Promise<{ access_token: string; expires_in: number }> =>
      JSON.parse((await marketo.http('GET', `${PATH}?${query()}`)).text);
    const first = await read();
    await marketo.control('POST', 'clock', { advanceSeconds: 1000 });
    const second = await read();
    expect(second.access_token).toBe(first.access_token);
    expect(second.expires_in).toBeLessThanOrEqual(first.expires_in - 1000);
    await marketo.control('POST', 'clock', { advanceSeconds: 3600 });
    const third = await read();
    expect(third.access_token).not.toBe(first.access_token);
    expect(third.expires_in).toBeGreaterThan(3590);
  });

  test('knows both callers, each with a token of its own', async () => {
    expect(await marketo.newToken('marketing-client', 'marketing-secret')).not.toBe(await marketo.newToken());
  });
});

describe('calls', () => {
  test('need a token in the header: 600 without, 601 with a wrong one', async () => {
    const token = await marketo.newToken();
    expect(await describeWith({})).toBe('600');
    expect(await describeWith({ authorization: 'Bearer nonsense' })).toBe('601');
    expect(await describeWith({ authorization: `Bearer ${token}` })).toBeUndefined();
  });

  test('say 602 once for an expired token, then 601', async () => {
    const authorization = `Bearer ${await marketo.newToken()}`;
    await marketo.control('POST', 'clock', { advanceSeconds: 3601 });
    expect(await describeWith({ authorization })).toBe('602');
    expect(await describeWith({ authorization })).toBe('601');
    expect(await describeWith({ authorization: `Bearer ${await marketo.newToken()}` })).toBeUndefined();
  });

  test('refuse a token in the query, unless that is switched on', async () => {
    const path = `/rest/v1/leads/describe.json?access_token=${await marketo.newToken()}`;
    const code = async (): Promise<string | undefined> => codeOf(JSON.parse((await marketo.http('GET', path)).text));
    expect(await code()).toBe('600');
    await marketo.control('POST', 'switches', { queryToken: true });
    expect(await code()).toBeUndefined();
    await marketo.control('POST', 'switches', { queryToken: false });
  });
});
