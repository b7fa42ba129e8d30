/** What a client learns of the tenant before it asks for a token. */
import { TENANT_ID } from '../directory';
import type { Answer } from '../http/call';
import { type AskedOf, oauthRefusal, plainJson } from './oauthAnswer';

/** The OpenID configuration. Endpoints are where the request came to; the issuer is a name that nobody calls, and always https. */
export const configuration = (tenant: string, origin: string): object => ({
  token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
  token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
  jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
  response_modes_supported: ['query', 'fragment', 'form_post'],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
  response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
  scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
  issuer: `https://${hostIn(origin)}/${TENANT_ID}/v2.0`,
  authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
  end_session_endpoint: `${origin}/${tenant}/oauth2/v2.0/logout`,
  tenant_region_scope: null,
  cloud_instance_name: hostIn(origin),
});

/** Whether an authority is one of this cloud: that of the sandbox itself is the only one. */
export function instances(endpoint: string | null, origin: string, asked: AskedOf): Answer {
  if (endpoint === null) {
    const description = "The request body must contain the following parameter: 'authorization_endpoint'.";
    return oauthRefusal('invalid_request', 900144, description, asked);
  }
  const host = hostIn(origin);
  if (hostIn(endpoint) !== host) return oauthRefusal('invalid_instance', 50049, 'Unknown or invalid instance.', asked);
  const tenant = /^https?:\/\/[^/]+\/([^/]+)/i.exec(endpoint)?.[1] ?? TENANT_ID;
  return plainJson({
    tenant_discovery_endpoint: `${origin}/${tenant}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  });
}

const hostIn = (url: string): string => /^https?:\/\/([^/]+)/i.exec(url)?.[1]?.toLowerCase() ?? '';
