/** A token for client id and secret. */
import { type Application, applicationOf, TENANT } from '../directory';
import type { Answer, Headers } from '../http/call';
import { decode } from '../http/parameters';
import { type AskedOf, oauthRefusal, plainJson } from './oauthAnswer';
import type { Tokens } from './tokens';

export interface TokenRequest {
  readonly method: string;
  readonly form: URLSearchParams;
  readonly headers: Headers;
  readonly origin: string;
  /** The older endpoint asks for a `resource`, the newer for a `scope`. */
  readonly isOlder: boolean;
}

export function answerToken(request: TokenRequest, tokens: Tokens, asked: AskedOf): Answer {
  const { method, form, headers } = request;
  const refuse = (error: string, code: number, description: string, status = 400): Answer =>
    oauthRefusal(error, code, description, asked, status);
  if (method !== 'POST')
    return refuse('invalid_request', 900561, `The endpoint only accepts POST requests. Received a ${method} request.`);
  const { clientId, secret } = credentialsIn(form, headers);
  const missing = form.has('grant_type') ? (clientId === '' ? 'client_id' : undefined) : 'grant_type';
  if (missing !== undefined)
    return refuse('invalid_request', 900144, `The request body must contain the following parameter: '${missing}'.`);
  const grant = form.get('grant_type') ?? '';
  if (grant !== 'client_credentials')
    return refuse('unsupported_grant_type', 70003, `The app requested an unsupported grant type '${grant}'.`);
  const application = applicationOf(clientId);
  if (application === undefined) {
    const description = `Application with identifier '${clientId}' was not found in the directory '${TENANT}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`;
    return refuse('unauthorized_client', 700016, description);
  }
  if (secret === '') {
    const description = "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
    return refuse('invalid_client', 7000216, description, 401);
  }
  if (secret !== application.secret) {
    const description = `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`;
    return refuse('invalid_client', 7000215, description, 401);
  }
  return answerResource(request, application, tokens, refuse);
}

type Refuse = (error: string, code: number, description: string, status?: number) => Answer;

function answerResource(
  { form, origin, isOlder }: TokenRequest,
  application: Application,
  tokens: Tokens,
  refuse: Refuse,
): Answer {
  const name = isOlder ? 'resource' : 'scope';
  const given = form.get(name) ?? '';
  if (given === '') return refuse('invalid_request', 90014, `The required field '${name}' is missing from the credential.`);
  const resource = isOlder ? given : /^(\S+)\/\.default$/.exec(given)?.[1];
  if (resource === undefined) {
    const description = `The provided value for scope ${given} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`;
    return refuse('invalid_scope', 1002012, description);
  }
  if (hostOf(resource) !== hostOf(origin)) {
    const description = `The resource principal named ${resource} was not found in the tenant named ${TENANT}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.`;
    return refuse('invalid_resource', 500011, description);
  }
  const { text, expiresInSec, expiresOnSec } = tokens.issue(application, resource);
  const token = { token_type: 'Bearer', expires_in: expiresInSec, ext_expires_in: expiresInSec, access_token: text };
  if (!isOlder) return plainJson(token);
  // The older endpoint answers its numbers as text.
  const older = {
    expires_in: `${expiresInSec}`,
    ext_expires_in: `${expiresInSec}`,
    expires_on: `${expiresOnSec}`,
    resource: given,
  };
  return plainJson({ ...token, ...older });
}

/** In the form, or as a basic authorization. */
function credentialsIn(form: URLSearchParams, headers: Headers): { readonly clientId: string; readonly secret: string } {
  const basic = /^Basic (\S+)$/i.exec(headers['authorization'] ?? '')?.[1];
  const [id = '', ...rest] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString('utf8').split(':');
  const inHeader = { clientId: decode(id), secret: decode(rest.join(':')) };
  return { clientId: form.get('client_id') ?? inHeader.clientId, secret: form.get('client_secret') ?? inHeader.secret };
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
