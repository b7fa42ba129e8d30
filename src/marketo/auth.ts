/** Access tokens of the API-only user, by client credentials. */
import { z } from 'zod';
import type { Clock, Failure } from '../core/ports';
import { type HttpAnswer, type HttpClient, parseJson, retryAfterMs } from '../remote/http';
import { holdToken, type TokenSource } from '../remote/tokens';

/** Tokens of one API-only user. */
export interface MarketoTokens extends TokenSource {
  /** Whose tokens these are, by the name Marketo's statistics have for it; unknown until the first one is granted. */
  apiUser(): string | undefined;
}

export interface TokenOptions {
  /** The instance, without a slash at its end: `https://284-RPR-133.mktorest.com`. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly http: HttpClient;
  readonly clock: Clock;
}

const grantShape = z.object({
  access_token: z.string().min(1),
  /** Seconds that are left of the token's life. */
  expires_in: z.coerce.number().positive().catch(0),
  /** The API user's e-mail address. */
  scope: z.string().optional().catch(undefined),
});
const refusalShape = z.object({ error: z.string().catch(''), error_description: z.string().catch('') });

/**
 * Keeps one token until it has expired. It is not replaced early: until then Marketo hands out the same token, with what is left of its
 * life. One that expires on its way is answered with 602, not executed, and sent again.
 */
export function createTokenSource(options: TokenOptions): MarketoTokens {
  const { baseUrl, clientId, clientSecret, http, clock } = options;
  // The endpoint takes its parameters from the query, whatever the method.
  const query = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });
  const request = {
    method: 'GET',
    url: `${baseUrl}/identity/oauth/token?${query.toString()}`,
    headers: { Accept: 'application/json' },
  };
  let apiUser: string | undefined;
  const tokens = holdToken({
    async grant() {
      const result = await http.send(request);
      if ('failure' in result) return result;
      const { answer } = result;
      const grant = grantShape.safeParse(parseJson(answer.text));
      if (answer.status !== 200 || !grant.success) return { failure: refusalOf(answer, clientSecret, clock.now()) };
      apiUser = grant.data.scope;
      return { ok: { token: grant.data.access_token, goodForSec: grant.data.expires_in } };
    },
    clock,
  });
  return { ...tokens, apiUser: () => apiUser };
}

const BAD_CREDENTIALS =
  'Marketo does not accept MARKETO_CLIENT_ID and MARKETO_CLIENT_SECRET: copy both from Admin, LaunchPoint, View Details';
const NO_SERVICE = 'Marketo grants no tokens there: check that MARKETO_BASE_URL is the address from Admin, Web Services';

/** OAuth's own shape, not the envelope: `{error: "invalid_client", error_description: "Bad client credentials"}`. */
function refusalOf({ status, headers, text }: HttpAnswer, secret: string, now: Date): Failure {
  const body = refusalShape.safeParse(parseJson(text));
  const { error = '', error_description: description = '' } = body.success ? body.data : {};
  const code = error || `token${status}`;
  const waitMs = retryAfterMs(headers, now);
  if (status === 429 || status >= 500 || status < 300)
    return { kind: 'retry', scope: 'side', code, message: 'Marketo granted no access token', ...(waitMs && { waitMs }) };
  const words = description.replaceAll(secret, '***').slice(0, 200);
  const advice = body.success && error !== '' ? BAD_CREDENTIALS : NO_SERVICE;
  return { kind: 'config', scope: 'side', code, message: words === '' ? advice : `${advice} (${words})` };
}
