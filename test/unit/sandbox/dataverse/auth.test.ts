import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { API, Dataverse, type Json } from './client';

let dataverse: Dataverse;
beforeAll(async () => {
  dataverse = await Dataverse.start();
});
afterAll(async () => dataverse.close());

const SYNC = { client_id: 'sync-app', client_secret: 'sync-secret' };

describe('the token endpoint', () => {
  test('gives a bearer token for client id, secret and scope', async () => {
    const { status, json } = await dataverse.askToken(SYNC);
    expect(status).toBe(200);
    expect(json).toMatchObject({ token_type: 'Bearer', expires_in: 3599, access_token: expect.stringMatching(/^ey[\w-]+\.ey/) });
  });

  test('takes what MSAL sends besides', async () => {
    const { status } = await dataverse.askToken({ ...SYNC, client_info: '1', 'x-client-SKU': 'msal.js.node' });
    expect(status).toBe(200);
  });

  test('has the older form, which names a resource instead of a scope', async () => {
    const { status, json } = await dataverse.askToken({ ...SYNC, resource: dataverse.url }, '/sandbox/oauth2/token');
    expect(status).toBe(200);
    expect(json).toMatchObject({ expires_in: '3599', resource: dataverse.url, expires_on: expect.stringMatching(/^\d{10}$/) });
  });

  test('takes id and secret as a basic authorization too', async () => {
    const ask = (secret: string) => {
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(`sync-app:${secret}`).toString('base64')}`,
      };
      const form = new URLSearchParams({ grant_type: 'client_credentials', scope: `${dataverse.url}/.default` });
      return dataverse.http('POST', '/sandbox/oauth2/v2.0/token', headers, form.toString());
    };
    expect((await ask('sync-secret')).json).toMatchObject({ token_type: 'Bearer' });
    expect((await ask('another')).json).toMatchObject({ error: 'invalid_client' });
  });

  test.each([
    ['another tenant', {}, '/elsewhere/oauth2/v2.0/token', 400, 'invalid_request', 90002],
    ['another grant', { grant_type: 'password' }, undefined, 400, 'unsupported_grant_type', 70003],
    ['an unknown application', { client_id: 'nobody' }, undefined, 400, 'unauthorized_client', 700016],
    ['nobody', { client_id: '' }, undefined, 400, 'invalid_request', 900144],
    ['no secret', { client_secret: '' }, undefined, 401, 'invalid_client', 7000216],
    ['a wrong secret', { client_secret: 'wrong' }, undefined, 401, 'invalid_client', 7000215],
    ['no scope', { scope: '' }, undefined, 400, 'invalid_request', 90014],
    ['a scope without /.default', { scope: 'https://somewhere' }, undefined, 400, 'invalid_scope', 1002012],
    [
      'a scope of another host',
      { scope: 'https://contoso.crm.dynamics.com/.default' },
      undefined,
      400,
      'invalid_resource',
      500011,
    ],
  ])('refuses %s', async (_what, form, path, status, error, code) => {
    const answer = await dataverse.askToken({ ...SYNC, ...form }, path);
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({
      error,
      error_codes: [code],
      error_description: expect.stringMatching(
        `^AADSTS${code}: .+ Trace ID: ${String(answer.json['trace_id'])} Correlation ID: ${String(answer.json['correlation_id'])} Timestamp: `,
      ),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
      trace_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      correlation_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      error_uri: expect.stringMatching(`error\\?code=${code}$`),
    });
  });

  test('calls a refusal by the id that the client gave its request, and takes nothing but POST', async () => {
    const id = '0a0b0c0d-1111-4222-8333-444455550000';
    const { json } = await dataverse.http('GET', '/sandbox/oauth2/v2.0/token', { 'client-request-id': id });
    expect(json).toMatchObject({ error_codes: [900561], correlation_id: id });
  });
});

describe('discovery', () => {
  test.each(['sandbox', 'common', 'organizations'])('of the tenant %s names the endpoints', async (tenant) => {
    const { status, json } = await dataverse.http('GET', `/${tenant}/v2.0/.well-known/openid-configuration`);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      token_endpoint: `${dataverse.url}/${tenant}/oauth2/v2.0/token`,
      issuer: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]{36}\/v2\.0$/),
    });
    expect((await dataverse.http('GET', String(json['jwks_uri']))).json).toEqual({ keys: [] });
  });

  test('of a tenant that is not there', async () => {
    const answer = await dataverse.http('GET', '/elsewhere/v2.0/.well-known/openid-configuration');
    expect(answer).toMatchObject({ status: 400, json: { error: 'invalid_tenant', error_codes: [90002] } });
  });

  test('of the cloud knows the sandbox itself as its one authority', async () => {
    const instance = (endpoint?: string) => {
      const asked = endpoint === undefined ? '' : `&authorization_endpoint=${encodeURIComponent(endpoint)}`;
      return dataverse.http('GET', `/common/discovery/instance?api-version=1.1${asked}`);
    };
    const host = new URL(dataverse.url).host;
    expect((await instance(`https://${host}/sandbox/oauth2/v2.0/authorize`)).json).toMatchObject({
      tenant_discovery_endpoint: `${dataverse.url}/sandbox/v2.0/.well-known/openid-configuration`,
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    });
    expect(await instance('https://elsewhere.example.com/sandbox/oauth2/v2.0/authorize')).toMatchObject({
      status: 400,
      json: { error: 'invalid_instance', error_codes: [50049] },
    });
    expect(await instance()).toMatchObject({ status: 400, json: { error: 'invalid_request', error_codes: [900144] } });
  });
});

describe('who is calling', () => {
  test.each([
    ['no token', {}],
    ['a token of somebody else', { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.forged' }],
    ['no bearer token', { authorization: 'Basic abc' }],
  ])('%s: 401 that names the tenant', async (_what, headers) => {
    const answer = await dataverse.http('GET', `${API}/WhoAmI`, headers);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer authorization_uri=${dataverse.url}/sandbox/oauth2/authorize, resource_id=${dataverse.url}/`,
    );
  });

  test('an application without a user in the organisation: 403', async () => {
    const stranger = await dataverse.as('stranger-app', 'stranger-secret');
    expect(await stranger.refusal('GET', 'WhoAmI')).toEqual({
      status: 403,
      code: '0x80072560',
      message: 'The user is not a member of the organization.',
    });
  });

  test('WhoAmI tells user, unit and organisation, with and without parentheses; a POST finds nothing', async () => {
    const who = await dataverse.get('WhoAmI');
    expect(who).toEqual(await dataverse.get('WhoAmI()'));
    expect(who['@odata.context']).toBe(`${dataverse.url}${API}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse`);
    const [user] = await dataverse.rows(`systemusers?$select=fullname&$filter=systemuserid eq ${String(who['UserId'])}`);
    expect(user?.['fullname']).toBe('# Marketo Sync');
    expect(await dataverse.rows(`organizations?$filter=organizationid eq ${String(who['OrganizationId'])}`)).toHaveLength(1);
    expect(await dataverse.refusal('POST', 'WhoAmI', {})).toMatchObject({ status: 404, code: '' });
  });

  test('a disabled user is shut out, and let in again', async () => {
    const sales = await dataverse.as('sales-app', 'sales-secret');
    const id = String((await sales.get('WhoAmI'))['UserId']);
    await dataverse.call('PATCH', `systemusers(${id})`, { isdisabled: true });
    expect(await sales.refusal('GET', 'contacts')).toMatchObject({ status: 403, code: '0x80040225' });
    await dataverse.call('PATCH', `systemusers(${id})`, { isdisabled: false });
    expect((await sales.call('GET', 'contacts')).status).toBe(200);
  });

  test('tokens live for an hour of the sandbox', async () => {
    const other = await Dataverse.start();
    await other.control('POST', 'clock', { advanceSeconds: 3500 });
    expect((await other.call('GET', 'WhoAmI')).status).toBe(200);
    await other.control('POST', 'clock', { advanceSeconds: 100 });
    expect((await other.call('GET', 'WhoAmI')).status).toBe(401);
    await other.signIn();
    expect((await other.call('GET', 'WhoAmI')).status).toBe(200);
    await other.close();
  });
});

describe('acting for others', () => {
  test('is refused, until it is allowed; then the rows are theirs and say who did it', async () => {
    const [olivia] = await dataverse.rows("systemusers?$filter=firstname eq 'Olivia'");
    const headers = { CallerObjectId: String(olivia?.['azureactivedirectoryobjectid']) };
    expect(await dataverse.refusal('GET', 'WhoAmI', undefined, headers)).toMatchObject({ status: 403, code: '0x8004a110' });
    await dataverse.control('POST', 'switches', { actOnBehalf: true });
    expect((await dataverse.get('WhoAmI', headers))['UserId']).toBe(olivia?.['systemuserid']);
    expect((await dataverse.get('WhoAmI', { MSCRMCallerID: String(olivia?.['systemuserid']) }))['UserId']).toBe(
      olivia?.['systemuserid'],
    );
    const made = await dataverse.call('POST', 'contacts', { lastname: 'Hers' }, { ...headers, prefer: 'return=representation' });
    const me = (await dataverse.get('WhoAmI'))['UserId'];
    expect(made.json).toMatchObject({
      _ownerid_value: olivia?.['systemuserid'],
      _createdby_value: olivia?.['systemuserid'],
      _createdonbehalfby_value: me,
    } satisfies Json);
  });
});

describe('every answer', () => {
  test('carries the headers that clients look at', async () => {
    const { headers } = await dataverse.call('GET', 'contacts?$top=1');
    expect(headers.get('odata-version')).toBe('4.0');
    expect(headers.get('x-ms-dop-hint')).toBe('4');
    expect(headers.get('req_id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(Number(headers.get('x-ms-ratelimit-burst-remaining-xrm-requests'))).toBeGreaterThan(0);
    expect(Number(headers.get('x-ms-ratelimit-time-remaining-xrm-requests'))).toBeGreaterThan(0);
  });

  test.each(['v9.0', 'v9.1', 'v9.2'])('is there in %s, with links of that version', async (version) => {
    const link = `${dataverse.url}/api/data/${version}`;
    expect((await dataverse.get(`${link}/WhoAmI`))['@odata.context']).toBe(
      `${link}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse`,
    );
  });
});
