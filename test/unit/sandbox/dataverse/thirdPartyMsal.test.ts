/** Microsoft's own library against the sandbox's endpoints. It insists on https, so its requests are carried over to http here. */
import { ConfidentialClientApplication, type INetworkModule, type NetworkRequestOptions, ServerError } from '@azure/msal-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { API, Dataverse } from './client';

let dataverse: Dataverse;
let host: string;
let asked: string[];
beforeAll(async () => {
  dataverse = await Dataverse.start();
  host = new URL(dataverse.url).host;
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => dataverse.close());

/** MSAL asks the public cloud whether an authority is one of its own: here the sandbox is asked instead. */
async function send(method: 'GET' | 'POST', url: string, options: NetworkRequestOptions = {}) {
  const local = url.replace('https://login.microsoftonline.com', dataverse.url).replace(`https://${host}`, dataverse.url);
  asked.push(`${method} ${new URL(local).pathname}`);
  const answer = await dataverse.http(method, local, options.headers, options.body);
  return { headers: Object.fromEntries(answer.headers), status: answer.status, body: answer.json };
}
const network = {
  sendGetRequestAsync: (url, options) => send('GET', url, options),
  sendPostRequestAsync: (url, options) => send('POST', url, options),
} as INetworkModule;

function application(given: { readonly secret?: string; readonly known?: boolean; readonly tenant?: string } = {}) {
  const { secret = 'sync-secret', known = true, tenant = 'sandbox' } = given;
  return new ConfidentialClientApplication({
    auth: {
      clientId: 'sync-app',
      clientSecret: secret,
      authority: `https://${host}/${tenant}`,
      knownAuthorities: known ? [host] : [],
    },
    system: { networkClient: network },
  });
}

const ask = (msal: ConfidentialClientApplication, resource = dataverse.url) =>
  msal.acquireTokenByClientCredential({ scopes: [`${resource}/.default`] });

describe('@azure/msal-node', () => {
  test('finds the token endpoint by discovery, and its token opens the Web API', async () => {
    const granted = await ask(application());
    expect(asked).toEqual(['GET /sandbox/v2.0/.well-known/openid-configuration', 'POST /sandbox/oauth2/v2.0/token']);
    expect(granted).toMatchObject({ tokenType: 'Bearer', expiresOn: expect.any(Date) });
    const authorization = `Bearer ${granted?.accessToken ?? ''}`;
    expect((await dataverse.http('GET', `${API}/WhoAmI`, { authorization })).status).toBe(200);
  });

  test('asks the cloud first about an authority that nobody vouches for', async () => {
    expect((await ask(application({ known: false })))?.accessToken).toMatch(/^ey/);
    expect(asked[0]).toBe('GET /common/discovery/instance');
  });

  test('keeps the token for its hour', async () => {
    const msal = application();
    const [first, second] = [await ask(msal), await ask(msal)];
    expect(second?.accessToken).toBe(first?.accessToken);
    expect(second?.fromCache).toBe(true);
    expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(1);
  });

  test('understands a refusal: its code, its number and its ids', async () => {
    const refusal = await ask(application({ secret: 'wrong' })).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ServerError);
    expect(refusal).toMatchObject({
      errorCode: 'invalid_client',
      errorMessage: expect.stringContaining('AADSTS7000215'),
      errorNo: 7000215,
      status: 401,
      correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test('is told of a resource and of a tenant that are not there', async () => {
    await expect(ask(application(), 'https://contoso.crm.dynamics.com')).rejects.toMatchObject({ errorCode: 'invalid_resource' });
    await expect(ask(application({ tenant: 'elsewhere' }))).rejects.toThrow();
    expect(asked.at(-1)).toBe('GET /elsewhere/v2.0/.well-known/openid-configuration');
  });
});
