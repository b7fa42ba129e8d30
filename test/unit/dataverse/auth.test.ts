import { afterEach, describe, expect, it } from '@jest/globals';
import type { Pace } from '../../../src/core/ports';
import { createApi, type Operation } from '../../../src/dataverse/api';
import { createTokenSource, type TokenOptions } from '../../../src/dataverse/auth';
import { createHttpClient, type HttpClient, type HttpRequest } from '../../../src/remote/http';
import { serve } from '../remote/server';
import { ok, silentLog, standingClock } from './environment';
import { type Given, type Got, startServer, type TestServer } from './server';

const SECRET = 's&cret=+';
const http = createHttpClient({ timeoutMs: 5_000, concurrency: 8 });
const get: Operation = { method: 'GET', path: 'contacts', asked: { doing: 'look' } };

let server: TestServer;
afterEach(() => server?.close());

/** What Entra says of itself, which MSAL reads before it asks for a token anywhere but in Microsoft's own clouds. */
function discovery(got: Got): Given {
  const authority = `http://${got.headers.host ?? ''}/contoso`;
  return ok({
    issuer: `${authority}/v2.0`,
    authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
    token_endpoint: `${authority}/oauth2/v2.0/token`,
    jwks_uri: `${authority}/discovery/v2.0/keys`,
  });
}

let grants = 0;
const grant = (expiresInSec: unknown = 3599): Given =>
  ok({ token_type: 'Bearer', expires_in: expiresInSec, access_token: `token-${(grants += 1)}` });

/** A token service, and an environment that takes `valid` tokens alone. */
async function start(answer: (got: Got) => Given, { valid = () => '', options = {} }: StartOptions = {}) {
  grants = 0;
  server = await startServer((got) => {
    if (got.url.includes('/oauth2/v2.0/token')) return answer(got);
    if (got.url.endsWith('/.well-known/openid-configuration')) return discovery(got);
    return got.headers.authorization === `Bearer ${valid()}` ? ok(1) : { status: 401, headers: { 'www-authenticate': 'Bearer' } };
  });
  const clock = standingClock();
  const tokens = createTokenSource({
    authority: `${server.url}/`,
    tenantId: 'contoso',
    clientId: 'sync-app',
    clientSecret: SECRET,
    scopeUrl: 'https://org.crm.dynamics.com/',
    http,
    clock,
    ...options,
  });
  const blocks: object[] = [];
  const pace: Pace = { acquire: async () => ({ ok: true }), block: async (waitMs, code) => void blocks.push({ waitMs, code }) };
  return { clock, tokens, blocks, api: createApi({ url: server.url, http, tokens, clock, log: silentLog, pace }) };
}
interface StartOptions {
  readonly valid?: () => string;
  readonly options?: Partial<TokenOptions>;
}
const tokenRequests = (): Got[] => server.requests.filter((got) => got.url.includes('/oauth2/v2.0/token'));

describe('tokens', () => {
  it('are asked for once by callers at the same time, in the documented form', async () => {
    const { tokens } = await start(() => grant());
    expect(await Promise.all([tokens.token(), tokens.token(), tokens.token()])).toEqual([1, 2, 3].map(() => ({ ok: 'token-1' })));
    expect(tokenRequests()).toHaveLength(1);
    const [got] = tokenRequests();
    expect(got?.url).toMatch(/^\/contoso\/oauth2\/v2\.0\/token\b/);
    expect(got?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(Object.fromEntries(new URLSearchParams(got?.body))).toMatchObject({
      grant_type: 'client_credentials',
      client_id: 'sync-app',
      client_secret: SECRET,
      scope: 'https://org.crm.dynamics.com/.default',
    });
  });

  it.each([
    [3599, 3_290, 3_305],
    [60, 40, 55],
    ['3599', 3_290, 3_305],
  ])('that live %s s are kept %i s and replaced before %i s', async (expiresInSec, keptSec, replacedSec) => {
    const { clock, tokens } = await start(() => grant(expiresInSec));
    await tokens.token();
    clock.advance(keptSec * 1_000);
    expect(await tokens.token()).toEqual({ ok: 'token-1' });
    clock.advance((replacedSec - keptSec) * 1_000);
    expect(await tokens.token()).toEqual({ ok: 'token-2' });
  });

  it('are replaced once after a 401, however many callers met it', async () => {
    const { api } = await start(() => grant(), { valid: () => 'token-2' });
    const replies = await Promise.all([api.one(get), api.one(get), api.one(get)]);
    expect(replies).toEqual([1, 2, 3].map(() => ({ ok: expect.objectContaining({ text: '1' }) })));
    expect(tokenRequests()).toHaveLength(2);
  });

  it('are not asked for again and again when new ones are refused too', async () => {
    const { api } = await start(() => grant(), { valid: () => 'never' });
    expect(await api.one(get)).toMatchObject({ failure: { kind: 'config', scope: 'side', code: 'http401' } });
    expect(tokenRequests()).toHaveLength(2);
  });

  it.each<[string, Given, object]>([
    [
      'a wrong secret',
      { status: 401, body: { error: 'invalid_client', error_description: `AADSTS7000215: Invalid secret ${SECRET}` } },
      { kind: 'config', scope: 'side', code: 'AADSTS7000215', message: 'AADSTS7000215: Invalid secret ***' },
    ],
    ['a limit', { status: 429, headers: { 'retry-after': '5' }, body: {} }, { kind: 'retry', code: 'token429', waitMs: 5_000 }],
    ['an outage', { status: 503, body: 'no' }, { kind: 'retry', code: 'token503' }],
    ['a page of HTML', { status: 502, body: '<html>Bad Gateway</html>' }, { kind: 'retry', code: 'token502' }],
    ['an answer without a token', ok({}), { kind: 'retry', code: 'token200' }],
    [
      'a service that is busy by its own word',
      { status: 400, body: { error: 'temporarily_unavailable', error_description: 'AADSTS90033' } },
      { kind: 'retry', code: 'AADSTS90033' },
    ],
    ['an address where there is none', { status: 404, body: 'Not Found' }, { kind: 'config', code: 'token404' }],
  ])('that are refused by %s leave no doubt about what was asked', async (_what, given, expected) => {
    const { api } = await start(() => given);
    const [reply] = await api.each([get]);
    expect(reply).toMatchObject({ failure: expected });
    expect(reply).not.toHaveProperty('failure.outcomeUnknown');
    expect(JSON.stringify(reply)).not.toContain(SECRET);
  });

  it('are asked for again as soon as the caller likes: who waits is not the library', async () => {
    let down = true;
    const { tokens } = await start(() => (down ? { status: 503, body: { error: 'busy' } } : grant()));
    expect(await tokens.token()).toMatchObject({ failure: { kind: 'retry' } });
    down = false;
    expect(await tokens.token()).toEqual({ ok: 'token-1' });
  });

  it('that come only later close the side to everyone until then', async () => {
    const limited = await start(() => ({ status: 429, headers: { 'retry-after': '5' }, body: {} }));
    await limited.api.one(get);
    expect(limited.blocks).toEqual([{ waitMs: 5_000, code: 'token429' }]);
  });

  it('of a service that is out of reach are a passing trouble, and nothing was asked of Dataverse', async () => {
    const { tokens } = await start(() => grant());
    await server.close();
    expect(await tokens.token()).toEqual({ failure: expect.objectContaining({ kind: 'retry', code: 'unreachable' }) });
  });

  it('of a service that does not answer in time are one too', async () => {
    const silent = await serve(() => undefined);
    const hurried = createHttpClient({ timeoutMs: 50, concurrency: 1 });
    const { tokens } = await start(() => grant(), { options: { authority: silent.url, http: hurried } });
    expect(await tokens.token()).toEqual({ failure: expect.objectContaining({ kind: 'retry', code: 'timeout' }) });
    expect(silent.got).toHaveLength(1);
    await silent.close();
  });

  it.each(['common', 'organizations'])('are not asked for when "%s" stands for the tenant', async (tenantId) => {
    const { tokens } = await start(() => grant(), { options: { tenantId } });
    expect(await tokens.token()).toMatchObject({
      failure: { kind: 'config', scope: 'side', message: expect.stringContaining('DATAVERSE_TENANT_ID') },
    });
    expect(tokenRequests()).toEqual([]);
  });
});

describe("in Microsoft's clouds", () => {
  /** Records what would be sent: these addresses are never called from tests. */
  async function sentTo(authority: string): Promise<HttpRequest[]> {
    const requests: HttpRequest[] = [];
    const recorder: HttpClient = {
      async send(request) {
        requests.push(request);
        return { answer: { status: 200, headers: {}, text: JSON.stringify({ access_token: 'a-token', expires_in: 3599 }) } };
      },
    };
    const tokens = createTokenSource({
      authority,
      tenantId: 'contoso.onmicrosoft.com',
      clientId: 'sync-app',
      clientSecret: SECRET,
      scopeUrl: 'https://contoso.crm.dynamics.com',
      http: recorder,
      clock: standingClock(),
    });
    expect(await tokens.token()).toEqual({ ok: 'a-token' });
    return requests;
  }

  it.each(['https://login.microsoftonline.com', 'https://login.microsoftonline.us', 'https://login.partner.microsoftonline.cn'])(
    'the token endpoint of %s is known, and one request is all',
    async (authority) => {
      const requests = await sentTo(authority);
      expect(requests.map(({ method, url }) => `${method} ${url.replace(/\?.*/, '')}`)).toEqual([
        `POST ${authority}/contoso.onmicrosoft.com/oauth2/v2.0/token`,
      ]);
      expect(requests[0]?.url).not.toContain('secret');
    },
  );
});
