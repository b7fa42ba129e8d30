/** The tenant's own endpoints: tokens, and what clients ask before they ask for one. */
import { TENANT, TENANT_ID } from '../directory';
import type { Answer, Headers } from '../http/call';
import { configuration, instances } from './discovery';
import { type AskedOf, oauthRefusal, plainJson } from './oauthAnswer';
import { answerToken, type TokenRequest } from './tokenEndpoint';
import type { Tokens } from './tokens';

const TOKEN = /^\/([^/]+)\/oauth2(\/v2\.0)?\/token$/;
const DISCOVERY = /^\/([^/]+)(?:\/v2\.0)?\/\.well-known\/openid-configuration$/;
const KEYS = /^\/[^/]+\/discovery(?:\/v2\.0)?\/keys$/;
const INSTANCES = '/common/discovery/instance';
/** Stand for whichever tenant a user belongs to. */
const ANY_TENANT = ['common', 'organizations'];

export const isTokenPath = (path: string): boolean => TOKEN.test(path);

export interface TenantRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly headers: Headers;
  /** `http://127.0.0.1:3302` */
  readonly origin: string;
}

/** `undefined` for a path that is not the tenant's. */
export function answerTenant(request: TenantRequest, tokens: Tokens, now: Date): Answer | undefined {
  const { path, origin, query, headers } = request;
  const asked: AskedOf = { correlationId: headers['client-request-id'], at: now };
  const token = TOKEN.exec(path);
  if (token !== null) {
    const tenant = token[1] ?? '';
    if (!isKnown(tenant)) return tenantNotFound(tenant, 'invalid_request', asked);
    const tokenRequest: TokenRequest = { ...request, isOlder: token[2] === undefined };
    return answerToken(tokenRequest, tokens, asked);
  }
  const tenant = DISCOVERY.exec(path)?.[1];
  if (tenant !== undefined) {
    const isThere = isKnown(tenant) || ANY_TENANT.includes(tenant.toLowerCase());
    return isThere ? plainJson(configuration(tenant, origin)) : tenantNotFound(tenant, 'invalid_tenant', asked);
  }
  if (path === INSTANCES) return instances(query.get('authorization_endpoint'), origin, asked);
  // Tokens are signed by a key that the sandbox alone has.
  return KEYS.test(path) ? plainJson({ keys: [] }) : undefined;
}

const isKnown = (tenant: string): boolean => [TENANT, TENANT_ID].includes(tenant.toLowerCase());

const tenantNotFound = (tenant: string, error: string, asked: AskedOf): Answer =>
  oauthRefusal(
    error,
    90002,
    `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
    asked,
  );
