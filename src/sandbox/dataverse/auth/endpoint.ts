/** The tenant's own endpoints: tokens, and what clients ask before they ask for one. Errors are in the identity platform's words. */
import { applicationOf, TENANT, TENANT_ID } from '../directory';
import type { Answer } from '../http/call';
import type { Tokens } from './tokens';

const TOKEN = /^\/([^/]+)\/oauth2(\/v2\.0)?\/token$/;
const DISCOVERY = /^\/([^/]+)(?:\/v2\.0)?\/\.well-known\/openid-configuration$/;
const INSTANCES = /^\/common\/discovery\/instance$/;

export const isTokenPath = (path: string): boolean => TOKEN.test(path);

/** `undefined` for a path that is not the tenant's. */
export function answerTenant(path: string, form: URLSearchParams, origin: string, tokens: Tokens): Answer | undefined {
  const token = TOKEN.exec(path);
  if (token !== null) return answerToken(token[1] ?? '', token[2] === undefined, form, origin, tokens);
  const discovery = DISCOVERY.exec(path);
  if (discovery !== null) return plainJson(configuration(discovery[1] ?? TENANT, origin));
  return INSTANCES.test(path) ? plainJson(instances(origin)) : undefined;
}

/** The older endpoint asks for a `resource`, the newer for a `scope`. */
function answerToken(tenant: string, isOlder: boolean, form: URLSearchParams, origin: string, tokens: Tokens): Answer {
  const clientId = form.get('client_id') ?? '';
  const application = applicationOf(clientId);
  if (tenant !== TENANT && tenant !== TENANT_ID) return oauthError('invalid_request', 90002, `Tenant '${tenant}' not found.`);
  if (form.get('grant_type') !== 'client_credentials') {
    return oauthError(
      'unsupported_grant_type',
      70003,
      "The app requested an unsupported grant type. The sandbox has 'client_credentials' only.",
    );
  }
  if (application === undefined) {
    return oauthError(
      'unauthorized_client',
      700016,
      `Application with identifier '${clientId}' was not found in the directory '${TENANT}'.`,
    );
  }
  if (form.get('client_secret') !== application.secret) {
    return oauthError('invalid_client', 7000215, 'Invalid client secret provided.', 401);
  }
  const resource = isOlder ? (form.get('resource') ?? '') : (/^(.*)\/\.default$/.exec(form.get('scope') ?? '')?.[1] ?? '');
  if (resource === '') {
    return oauthError(
      'invalid_scope',
      1002012,
      "The provided value for scope is not valid. It must be the resource's URL with '/.default' behind it.",
    );
  }
  if (hostOf(resource) !== hostOf(origin)) {
    return oauthError(
      'invalid_resource',
      500011,
      `The resource principal named ${resource} was not found in the tenant named ${TENANT}.`,
    );
  }
  const { text, expiresInSec } = tokens.issue(application, resource);
  return plainJson({ token_type: 'Bearer', expires_in: expiresInSec, ext_expires_in: expiresInSec, access_token: text });
}

/** Names of this machine are one and the same. */
function hostOf(url: string): string {
  try {
    const { hostname, port } = new URL(url);
    return `${/^(?:localhost|\[::1\])$/.test(hostname) ? '127.0.0.1' : hostname}:${port}`;
  } catch {
    return '';
  }
}

const configuration = (tenant: string, origin: string): object => ({
  token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
  token_endpoint_auth_methods_supported: ['client_secret_post'],
  jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
  response_modes_supported: ['query', 'fragment', 'form_post'],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
  response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
  scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
  issuer: `${origin}/${TENANT_ID}/v2.0`,
  authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
  end_session_endpoint: `${origin}/${tenant}/oauth2/v2.0/logout`,
  tenant_region_scope: null,
  cloud_instance_name: hostOf(origin),
});

const instances = (origin: string): object => ({
  tenant_discovery_endpoint: `${origin}/${TENANT}/v2.0/.well-known/openid-configuration`,
  'api-version': '1.1',
  metadata: [{ preferred_network: new URL(origin).host, preferred_cache: new URL(origin).host, aliases: [new URL(origin).host] }],
});

const plainJson = (body: object, status = 200): Answer => ({
  status,
  headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store, no-cache' },
  body: JSON.stringify(body),
});

const oauthError = (error: string, code: number, description: string, status = 400): Answer =>
  plainJson({ error, error_description: `AADSTS${code}: ${description}`, error_codes: [code] }, status);
