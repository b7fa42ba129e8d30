import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { HttpError } from './errors';

const REALM = 'marketo-dynamics-sync';

/**
 * A hook that lets a request pass only with `Authorization: Bearer <token>`; it runs before the body is read.
 * `setting` names the variable that holds the token, for the person who has to mend a 401.
 */
export function requireBearer(token: string, setting: string): (request: FastifyRequest) => Promise<void> {
  const expected = digest(token);
  return async (request) => {
    const sent = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (sent === undefined) {
      throw refused(`Send the header Authorization: Bearer <token>, with the token of ${setting}.`, `Bearer realm="${REALM}"`);
    }
    if (!timingSafeEqual(digest(sent), expected)) {
      throw refused(`This is not the token of ${setting}.`, `Bearer realm="${REALM}", error="invalid_token"`);
    }
  };
}

/** The same with a header of its own that carries the token alone: Marketo's flow steps have no bearer. */
export function requireApiKey(header: string, token: string, setting: string): (request: FastifyRequest) => Promise<void> {
  const expected = digest(token);
  return async (request) => {
    const sent = request.headers[header];
    if (typeof sent !== 'string' || sent === '') {
      throw refused(`Send the header ${header} with the token of ${setting}.`, `ApiKey realm="${REALM}"`);
    }
    if (!timingSafeEqual(digest(sent), expected))
      throw refused(`This is not the token of ${setting}.`, `ApiKey realm="${REALM}"`);
  };
}

/** Both sides are hashed so that they have one length, which `timingSafeEqual` asks for, and reveal none. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function refused(message: string, challenge: string): HttpError {
  return new HttpError(401, 'unauthorized', message, {}, { 'www-authenticate': challenge });
}
