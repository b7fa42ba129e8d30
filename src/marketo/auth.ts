/** Bearer tokens of Marketo's identity service. */
import { z } from 'zod';
import type { Clock, Failure, Result } from '../core/ports';
import { type HttpClient, parseJson } from '../remote/http';

export interface TokenSource {
  /** A token that is good for a while yet; callers at the same time share one request for it. */
  token(): Promise<Result<string>>;
  /** Forgets a token that Marketo refused; a newer one is kept. */
  invalidate(token: string): void;
}

export interface TokenOptions {
  /** Without a trailing slash, such as `https://123-ABC-456.mktorest.com`. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly http: HttpClient;
  readonly clock: Clock;
}

/** `expires_in` counts seconds, and what is left of a token that was handed out before. */
const grant = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number() });
const refusal = z.object({ error: z.string().optional(), error_description: z.string().optional() });

/** A token is replaced this long before its end, so that none ends on its way. */
const EARLY_SEC = 60;

export function createTokenSource({ baseUrl, clientId, clientSecret, http, clock }: TokenOptions): TokenSource {
  // The identity service takes query parameters only, for GET and POST alike.
  const query = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });
  const request = {
    method: 'POST',
    url: `${baseUrl}/identity/oauth/token?${query.toString()}`,
    headers: { Accept: 'application/json' },
  };
  let held: { readonly token: string; readonly goodUntilMs: number } | undefined;
  let pending: Promise<Result<string>> | undefined;

  async function fetchToken(): Promise<Result<string>> {
    const askedAtMs = clock.now().getTime();
    const result = await http.send(request);
    // Whatever became of the token request, nothing was asked of Marketo itself.
    if ('failure' in result) return { failure: { ...result.failure, outcomeUnknown: false } };
    const { status, text } = result.answer;
    const granted = grant.safeParse(parseJson(text));
    if (status === 200 && granted.success) {
      const { access_token: token, expires_in: expiresInSec } = granted.data;
      held = { token, goodUntilMs: askedAtMs + Math.max(0, expiresInSec - EARLY_SEC) * 1_000 };
      return { ok: token };
    }
    return { failure: refused(status, parseJson(text)) };
  }

  return {
    async token() {
      if (held !== undefined && clock.now().getTime() < held.goodUntilMs) return { ok: held.token };
      pending ??= fetchToken().finally(() => {
        pending = undefined;
      });
      return pending;
    },
    invalidate(token) {
      if (held?.token === token) held = undefined;
    },
  };
}

function refused(status: number, body: unknown): Failure {
  const { error, error_description: words } = refusal.safeParse(body).data ?? {};
  const code = error ?? `http${status}`;
  if (status === 401 || status === 400 || status === 403)
    return {
      kind: 'config',
      scope: 'side',
      code,
      message: `Marketo's identity service refuses the client id or secret: check MARKETO_CLIENT_ID and MARKETO_CLIENT_SECRET (${words ?? code})`,
    };
  if (status === 404)
    return { kind: 'config', scope: 'side', code, message: 'There is no Marketo identity service there: check MARKETO_BASE_URL' };
  return { kind: 'retry', scope: 'side', code, message: words ?? `The identity service answered ${status}` };
}
