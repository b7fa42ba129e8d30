/** Who may call what. */
import type { FastifyRequest } from 'fastify';
import { HttpError } from './errors';
import type { Keyring } from './keyring';

const REALM = 'marketo-dynamics-sync';

declare module 'fastify' {
  interface FastifyRequest {
    /** The name of the token it came with, once that was checked. */
    caller?: string;
  }
}

/** A hook that lets a request pass only with a token of a keyring; it runs before the body is read. */
export type CheckToken = (request: FastifyRequest) => Promise<void>;

/** The words for a person who has to mend a 401. */
export const OPERATORS = 'the token of MDSYNC_OPERATOR_TOKEN';
export const CAMPAIGNS = 'a token of MDSYNC_GATEWAY_TOKEN, MDSYNC_GATEWAY_TOKENS or MDSYNC_GATEWAY_TOKENS_FILE';

/** `Authorization: Bearer <token>`. `wanted` names the token that is asked for. */
export function requireBearer(keyring: Keyring, wanted: string): CheckToken {
  return async (request) => {
    const sent = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (sent === undefined)
      throw refused(`Send the header Authorization: Bearer <token>, with ${wanted}.`, `Bearer realm="${REALM}"`);
    admit(request, keyring, sent, wanted, `Bearer realm="${REALM}", error="invalid_token"`);
  };
}

/** The same with a header of its own that carries the token alone: Marketo's flow steps have no bearer. */
export function requireApiKey(header: string, keyring: Keyring, wanted: string): CheckToken {
  const challenge = `ApiKey realm="${REALM}"`;
  return async (request) => {
    const sent = request.headers[header];
    if (typeof sent !== 'string' || sent === '') throw refused(`Send the header ${header} with ${wanted}.`, challenge);
    admit(request, keyring, sent, wanted, challenge);
  };
}

function admit(request: FastifyRequest, keyring: Keyring, sent: string, wanted: string, challenge: string): void {
  const name = keyring.nameOf(sent);
  if (name === undefined) throw refused(`This is not ${wanted}.`, challenge);
  request.caller = name;
}

function refused(message: string, challenge: string): HttpError {
  return new HttpError(401, 'unauthorized', message, {}, { 'www-authenticate': challenge });
}
