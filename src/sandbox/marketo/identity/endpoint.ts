/** `/identity/oauth/token`: answers as OAuth servers do, not in the envelope. */
import type { Sent } from '../http/call';
import type { PlainAnswer } from '../http/envelope';
import { callerNamed } from './callers';
import type { Tokens } from './tokens';

export const TOKEN_PATH = '/identity/oauth/token';

/** Answers a request for a token. The parameters may stand in the query or in a form, whatever the method. */
export function answerToken({ method, parameters }: Sent, tokens: Tokens): PlainAnswer {
  if (method !== 'GET' && method !== 'POST') return refuse(405, 'method_not_allowed', `Request method '${method}' not supported`);
  const grant = parameters.get('grant_type');
  if (grant === null) return refuse(400, 'invalid_request', 'Missing grant type');
  if (grant !== 'client_credentials') return refuse(400, 'unsupported_grant_type', `Unsupported grant type: ${grant}`);
  const clientId = parameters.get('client_id');
  const caller = callerNamed(clientId);
  if (caller === undefined) return refuse(401, 'unauthorized', `No client with requested id: ${clientId ?? ''}`);
  if (caller.secret !== parameters.get('client_secret')) return refuse(401, 'invalid_client', 'Bad client credentials');
  const { token, expiresInSec } = tokens.issue(caller);
  return json(200, { access_token: token, token_type: 'bearer', expires_in: expiresInSec, scope: caller.user });
}

const refuse = (status: number, error: string, description: string): PlainAnswer =>
  json(status, { error, error_description: description });

function json(status: number, body: object): PlainAnswer {
  const headers = { 'content-type': 'application/json;charset=UTF-8', 'cache-control': 'no-store' };
  return { status, headers, body: JSON.stringify(body) };
}
