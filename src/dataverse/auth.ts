/** Bearer tokens for the application user, by client credentials. */
import type { Clock, Failure, Result } from '../core/ports';
import { type HttpAnswer, type HttpClient, parseJson, retryAfterMs } from '../remote/http';
import { isObject } from './json';

export interface TokenSource {
  /** A token that is good for a while yet; callers at the same time share one request for it. */
  token(): Promise<Result<string>>;
  /** Forgets the token at hand, after a 401. A request for a new one that is under way goes on. */
  invalidate(): void;
}

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
  let held: { readonly token: string; readonly goodUntilMs: number } | undefined;
  let pending: Promise<Result<string>> | undefined;

  const fetchToken = async (): Promise<Result<string>> => {
    const askedAtMs = clock.now().getTime();
    const result = await http.send(request);
    if ('failure' in result) return { failure: withoutBlame(result.failure) };
    const granted = readGrant(result.answer);
    if (granted === undefined) return { failure: refusalOf(result.answer, clock.now()) };
    const livesSec = Math.max(granted.expiresInSec - EARLY_SEC, granted.expiresInSec * 0.8);
    held = { token: granted.token, goodUntilMs: askedAtMs + livesSec * 1_000 };
    return { ok: granted.token };
  };

  return {
    async token() {
      if (held !== undefined && clock.now().getTime() < held.goodUntilMs) return { ok: held.token };
      pending ??= fetchToken().finally(() => {
        pending = undefined;
      });
      return pending;
    },
    invalidate() {
      held = undefined;
    },
  };
}

/** No token means that nothing was asked of Dataverse, whatever became of the token request. */
function withoutBlame({ outcomeUnknown: _ignored, ...failure }: Failure): Failure {
  return failure;
}

function readGrant(answer: HttpAnswer): { token: string; expiresInSec: number } | undefined {
  const body = parseJson(answer.text);
  if (answer.status !== 200 || !isObject(body) || typeof body.access_token !== 'string') return undefined;
  // Some token services answer with the number as text.
  const expiresInSec = Number(body.expires_in);
  return { token: body.access_token, expiresInSec: expiresInSec > 0 ? expiresInSec : 0 };
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
