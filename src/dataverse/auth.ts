/** Bearer tokens for the application user, by client credentials. */
import type { Clock, Failure } from '../core/ports';
import { type HttpAnswer, type HttpClient, parseJson, retryAfterMs } from '../remote/http';
import { type Grant, holdToken, type TokenSource } from '../remote/tokens';
import { isObject } from './json';

export interface TokenOptions {
  /** For example `https://login.microsoftonline.com`. */
  readonly authority: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The environment's URL; the scope is everything the application user may do there. */
  readonly scopeUrl: string;
  readonly http: HttpClient;
  readonly clock: Clock;
}

/** A token is replaced this long before it expires, so that none expires on its way; short-lived ones after four fifths of their life. */
const EARLY_SEC = 300;

/** Keeps one token until a while before it expires. */
export function createTokenSource(options: TokenOptions): TokenSource {
  const { http, clock } = options;
  const request = {
    method: 'POST',
    url: `${trimSlash(options.authority)}/${encodeURIComponent(options.tenantId)}/oauth2/v2.0/token`,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: options.clientId,
      client_secret: options.clientSecret,
      scope: `${trimSlash(options.scopeUrl)}/.default`,
    }).toString(),
  };
  return holdToken({
    request,
    read(answer) {
      const ok = readGrant(answer);
      return ok === undefined ? { failure: refusalOf(answer, clock.now()) } : { ok };
    },
    http,
    clock,
  });
}

function readGrant(answer: HttpAnswer): Grant | undefined {
  const body = parseJson(answer.text);
  if (answer.status !== 200 || !isObject(body) || typeof body.access_token !== 'string') return undefined;
  // Some token services answer with the number as text.
  const said = Number(body.expires_in);
  const expiresInSec = said > 0 ? said : 0;
  return { token: body.access_token, goodForSec: Math.max(expiresInSec - EARLY_SEC, expiresInSec * 0.8) };
}

/** OAuth's own shape: `{error: "invalid_client", error_description: "AADSTS7000215: ..."}`. */
function refusalOf(answer: HttpAnswer, now: Date): Failure {
  const body = parseJson(answer.text);
  const word = isObject(body) && typeof body.error === 'string' ? body.error : undefined;
  const message = isObject(body) && typeof body.error_description === 'string' ? body.error_description : 'No token was granted';
  const waitMs = retryAfterMs(answer.headers, now);
  const common = { code: word ?? `token${answer.status}`, message, ...(waitMs === undefined ? {} : { waitMs }) };
  const passing = answer.status === 429 || answer.status >= 500 || word === 'temporarily_unavailable';
  return passing || answer.status === 200
    ? { kind: 'retry', scope: 'side', ...common }
    : { kind: 'config', scope: 'side', ...common };
}

const trimSlash = (url: string): string => url.replace(/\/+$/, '');
