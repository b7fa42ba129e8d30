import { afterEach, describe, expect, test } from '@jest/globals';
import { createMarketo } from '../../../src/marketo/client';
import { createHttpClient } from '../../../src/remote/http';
import type { Given, Got } from './server';
import { ok, refused, SECRET, startWorld, type World } from './instance';

let world: World;
afterEach(() => world.close());

const grant = (token: string, expiresInSec: unknown = 3599): Given => ({
  status: 200,
  body: { access_token: token, token_type: 'bearer', expires_in: expiresInSec, scope: 'api@acme.com' },
});
const look = () => world.marketo.changes({ feed: 'deletedleads', overlap: false, fields: {}, cursor: { token: 'T' } });
const identityCalls = (): Got[] => world.server.requests.filter((got) => got.path === '/identity/oauth/token');
const bearers = (): (string | undefined)[] => world.asked().map((got) => got.headers.authorization);

/** Tokens named after how many were asked for. */
async function start(answer: (got: Got) => Given = () => ok({ nextPageToken: 'T' }), expiresInSec?: unknown): Promise<void> {
  let count = 0;
  world = await startWorld(answer, {
    identity: () => {
      count += 1;
      return grant(`token-${count}`, expiresInSec);
    },
  });
}

describe('the token', () => {
  test('is asked for by query parameters and used in the header alone', async () => {
    await start();
    await look();
    expect(identityCalls()).toHaveLength(1);
    expect(identityCalls()[0]?.query).toEqual({
      grant_type: 'client_credentials',
      client_id: 'the-client',
      client_secret: SECRET,
    });
    expect(bearers()).toEqual(['Bearer token-1']);
    expect(world.asked()[0]?.query).not.toHaveProperty('access_token');
  });

  test('is kept until it expires, which Marketo tells in seconds', async () => {
    await start();
    await look();
    world.clock.advance(3_598_000);
    await look();
    expect(identityCalls()).toHaveLength(1);
    world.clock.advance(1_001);
    await look();
    expect(identityCalls()).toHaveLength(2);
    expect(bearers()).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
  });

  test('lives for what is left of it, not for an hour', async () => {
    await start(undefined, '20');
    await look();
    world.clock.advance(19_000);
    await look();
    expect(identityCalls()).toHaveLength(1);
    world.clock.advance(2_000);
    await look();
    expect(identityCalls()).toHaveLength(2);
  });

  test('is asked for once by callers at the same time', async () => {
    await start();
    await Promise.all([look(), look(), look()]);
    expect(identityCalls()).toHaveLength(1);
    expect(bearers()).toHaveLength(3);
  });

  test.each(['601', '602'])('is replaced after %s, and the call sent once more', async (code) => {
    await start((got) =>
      got.headers.authorization === 'Bearer token-1' ? refused(code, 'Access token') : ok({ nextPageToken: 'T' }),
    );
    expect(await look()).toHaveProperty('ok');
    expect(bearers()).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  test('is replaced once for several calls that were under way with it', async () => {
    await start((got) => (got.headers.authorization === 'Bearer token-1' ? refused('601') : ok({ nextPageToken: 'T' })));
    await Promise.all([look(), look(), look()]);
    expect(identityCalls()).toHaveLength(2);
  });

  test.each([
    ['601', 'config'],
    ['602', 'retry'],
  ])('that is refused again with %s is not tried a third time', async (code, kind) => {
    await start(() => refused(code));
    expect(await look()).toMatchObject({ failure: { kind, scope: 'side', code } });
    expect(bearers()).toHaveLength(2);
  });

  test('is not replaced for any other refusal', async () => {
    await start(() => refused('603', 'Access denied'));
    expect(await look()).toMatchObject({ failure: { code: '603' } });
    expect(bearers()).toHaveLength(1);
  });
});

describe('without a token', () => {
  test.each<readonly [string, Given, object]>([
    [
      'a wrong secret is a matter of configuration',
      { status: 401, body: { error: 'invalid_client', error_description: 'Bad client credentials' } },
      {
        kind: 'config',
        scope: 'side',
        code: 'invalid_client',
        message: expect.stringMatching(/MARKETO_CLIENT_SECRET.*Bad client/),
      },
    ],
    [
      'an unknown client is one too',
      { status: 401, body: { error: 'unauthorized', error_description: 'No client with requested id: the-client' } },
      { kind: 'config', scope: 'side', code: 'unauthorized' },
    ],
    [
      'an address without an identity service is one too',
      { status: 404, body: '<html>Not Found</html>' },
      { kind: 'config', scope: 'side', code: 'token404', message: expect.stringContaining('MARKETO_BASE_URL') },
    ],
    ['trouble of the service passes', { status: 503, body: '' }, { kind: 'retry', scope: 'side', code: 'token503' }],
    ['a page of HTML passes', { status: 200, body: '<html></html>' }, { kind: 'retry', scope: 'side', code: 'token200' }],
    ['an empty token passes', { status: 200, body: { access_token: '', expires_in: 3599 } }, { kind: 'retry', code: 'token200' }],
  ])('%s', async (_name, given, failure) => {
    world = await startWorld(() => ok(), { identity: () => given });
    const result = await look();
    expect(result).toMatchObject({ failure });
    expect(result).not.toHaveProperty('failure.outcomeUnknown');
    expect(world.asked()).toEqual([]);
  });

  test('the secret stays out of the failure, also when the service repeats it', async () => {
    const words = `Bad credentials: the-client ${SECRET}`;
    world = await startWorld(() => ok(), {
      identity: () => ({ status: 401, body: { error: 'invalid_client', error_description: words } }),
    });
    const result = JSON.stringify(await look());
    expect(result).toContain('Bad credentials: the-client ***');
    expect(result).not.toContain(SECRET);
    expect(world.logged.join()).not.toContain(SECRET);
  });

  test('nothing was asked of Marketo, so that a lost answer leaves no outcome open', async () => {
    world = await startWorld(() => ok());
    await world.server.close();
    expect(await look()).toEqual({ failure: expect.objectContaining({ kind: 'retry', code: 'unreachable' }) });
  });
});

test('a client may be given its tokens', async () => {
  await start();
  const marketo = createMarketo({
    baseUrl: world.server.url,
    tokens: { token: async () => ({ ok: 'given' }), invalidate() {}, apiUser: () => undefined },
    http: createHttpClient({ timeoutMs: 2_000, concurrency: 1 }),
    clock: world.clock,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  expect(await marketo.changes({ feed: 'deletedleads', overlap: false, fields: {}, cursor: { token: 'T' } })).toHaveProperty(
    'ok',
  );
  expect(identityCalls()).toEqual([]);
  expect(bearers()).toEqual(['Bearer given']);
});
