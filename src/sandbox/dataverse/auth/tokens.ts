/** Bearer tokens: signed, so that none need be kept; all survive a restart, and none a reset. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SandboxClock } from '../../clock';
import type { Journal } from '../../journal';
import { type Application, TENANT_ID } from '../directory';

export interface IssuedToken {
  readonly text: string;
  readonly expiresInSec: number;
  /** Seconds since 1970. */
  readonly expiresOnSec: number;
}

export interface Tokens {
  /** For one resource (the organisation's URL). */
  issue(application: Application, resource: string): IssuedToken;
  /** The client id of a token that is ours and has not expired. */
  clientOf(token: string): string | undefined;
}

const LIVES_SEC = 3599;
const KEY_BYTES = 32;

interface Claims {
  readonly appid: string;
  /** Seconds since 1970. */
  readonly exp: number;
}

export function createTokens(journal: Journal, clock: SandboxClock): Tokens {
  const keys = journal.table<string>('signingKey');
  const key = keys.get('key') ?? randomBytes(KEY_BYTES).toString('hex');
  keys.set('key', key);
  const sign = (head: string): string => createHmac('sha256', key).update(head).digest('base64url');
  return {
    issue({ clientId, objectId }, resource) {
      const now = Math.floor(clock.now().getTime() / 1000);
      const claims = { aud: resource, iat: now, nbf: now, exp: now + LIVES_SEC, appid: clientId, oid: objectId, tid: TENANT_ID };
      // In the form of a JSON web token, which some clients look into.
      const head = `${encode({ typ: 'JWT', alg: 'HS256' })}.${encode(claims)}`;
      return { text: `${head}.${sign(head)}`, expiresInSec: LIVES_SEC, expiresOnSec: claims.exp };
    },
    clientOf(token) {
      const cut = Math.max(token.lastIndexOf('.'), 0);
      const head = token.slice(0, cut);
      if (!isEqual(token.slice(cut + 1), sign(head))) return undefined;
      const claims = JSON.parse(Buffer.from(head.split('.')[1] ?? '', 'base64url').toString('utf8')) as Claims;
      return claims.exp * 1000 > clock.now().getTime() ? claims.appid : undefined;
    },
  };
}

const encode = (part: object): string => Buffer.from(JSON.stringify(part), 'utf8').toString('base64url');

const isEqual = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
