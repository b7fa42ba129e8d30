/** Access tokens of the API-only user, by client credentials. */
import { z } from 'zod';
import type { Clock, Failure, Result } from '../core/ports';
import { type HttpAnswer, type HttpClient, parseJson } from '../remote/http';

export interface TokenSource {
  /** A token that has not expired; callers at the same time share one request for it. */
  token(): Promise<Result<string>>;
  /** Forgets the token at hand, after Marketo refused it. A request for a new one that is under way goes on. */
  invalidate(): void;
}

export interface TokenOptions {
  /** The instance, for example `https://284-RPR-133.mktorest.com`. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly http: HttpClient;
  readonly clock: Clock;
}

const Grant = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive().catch(0) });
const Refusal = z.object({ error: z.string().catch(''), error_description: z.string().catch('') });

/**
 * Keeps one token until it has expired. It is not replaced early: Marketo hands out the same token, with what is left of its life, until
 * then. One that expires on its way is answered with 602, not executed, and sent again.
 */
export function createTokenSource(options: TokenOptions): TokenSource {
  const { baseUrl, clientId, clientSecret, http, clock } = options;
  // The endpoint takes its parameters from the query, whatever the method.
  const query = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });
  const url = `${baseUrl}/identity/oauth/token?${query.toString()}`;
  let held: { readonly token: string; readonly goodUntilMs: number } | undefined;
  let pending: Promise<Result<string>> | undefined;

  const fetchToken = async (): Promise<Result<string>> => {
    const askedAtMs = clock.now().getTime();
    const result = await http.send({ method: 'GET', url, headers: { Accept: 'application/json' } });
    if ('failure' in result) return { failure: withoutBlame(result.failure) };
    const grant = Grant.safeParse(parseJson(result.answer.text));
    if (result.answer.status !== 200 || !grant.success) return { failure: refusalOf(result.answer, clientSecret) };
    const { access_token: token, expires_in: expiresInSec } = grant.data;
    held = { token, goodUntilMs: askedAtMs + expiresInSec * 1_000 };
    return { ok: token };
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

/** No token means that nothing was asked of the lead database, whatever became of the token request. */
function withoutBlame({ outcomeUnknown: _ignored, ...failure }: Failure): Failure {
  return failure;
}

/** OAuth's own shape, not the envelope: `{error: "invalid_client", error_description: "Bad client credentials"}`. */
function refusalOf({ status, text }: HttpAnswer, secret: string): Failure {
  const body = Refusal.safeParse(parseJson(text));
  const { error = '', error_description: words = '' } = body.success ? body.data : {};
  const code = error || `token${status}`;
  if (status === 429 || status >= 500 || status < 300)
    return { kind: 'retry', scope: 'side', code, message: 'Marketo granted no access token' };
  const advice = 'Marketo does not accept the client id and secret: copy both from Admin, LaunchPoint, View Details';
  const message = words === '' ? advice : `${advice} (${words.replaceAll(secret, '***').slice(0, 200)})`;
  return { kind: 'config', scope: 'side', code, message };
}
