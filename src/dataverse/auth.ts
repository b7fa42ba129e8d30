/** Bearer tokens for the application user: Microsoft's own library speaks to the token service, over our HTTP. */
import { ConfidentialClientApplication } from '@azure/msal-node';
import type { Clock, Failure, Result } from '../core/ports';
import { type HttpAnswer, type HttpClient, parseJson, retryAfterMs } from '../remote/http';
import { type Grant, holdToken, type TokenSource } from '../remote/tokens';
import { isObject, textOf } from './json';
import { createTokenNetwork, type TokenNetwork } from './tokenNetwork';

export interface TokenOptions {
  /** For example `https://login.microsoftonline.com`; national clouds have their own. */
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
  return holdToken({ grant: () => askForToken(options), clock: options.clock });
}

/**
 * Asks once. MSAL begins anew each time: who holds the token is `holdToken`, who waits and tries again is the caller, and MSAL's memory of
 * both would only be a second opinion.
 */
async function askForToken(options: TokenOptions): Promise<Result<Grant>> {
  const { tenantId, clientId, clientSecret, scopeUrl, clock } = options;
  const network = createTokenNetwork(options);
  try {
    const application = new ConfidentialClientApplication({
      auth: {
        clientId,
        clientSecret,
        authority: `${network.authority}/${encodeURIComponent(tenantId)}`,
        // Whoever configured it trusts it: MSAL need not ask Microsoft's public cloud whether it may.
        knownAuthorities: [network.authority],
      },
      system: { networkClient: network.client },
    });
    const granted = await application.acquireTokenByClientCredential({ scopes: [`${trimSlash(scopeUrl)}/.default`] });
    if (granted?.accessToken) return { ok: { token: granted.accessToken, goodForSec: goodForSec(granted.expiresOn) } };
    return { failure: refusalOf(network, clientSecret, clock.now()) ?? NO_TOKEN };
  } catch (error) {
    // MSAL's own errors repeat what was answered, in more words.
    return { failure: refusalOf(network, clientSecret, clock.now()) ?? notAsked(error) };
  }
}

/** MSAL reckons the end of a token's life by this machine's clock. */
function goodForSec(expiresOn: Date | null): number {
  const leftSec = Math.max(0, ((expiresOn?.getTime() ?? 0) - Date.now()) / 1_000);
  return Math.max(leftSec - EARLY_SEC, leftSec * 0.8);
}

/** Why the service granted nothing; `undefined` when it was not asked. */
function refusalOf(network: TokenNetwork, secret: string, now: Date): Failure | undefined {
  const result = network.last();
  if (result === undefined || 'failure' in result) return result?.failure;
  return answeredRefusal(result.answer, secret, now);
}

/** Tells a wrong secret from one that has expired, and an unknown application from an unknown tenant, where OAuth has one word. */
const AADSTS = /\bAADSTS\d+/;

/** OAuth's own shape: `{error: "invalid_client", error_description: "AADSTS7000215: ..."}`. */
function answeredRefusal(answer: HttpAnswer, secret: string, now: Date): Failure {
  const body = parseJson(answer.text);
  const word = isObject(body) ? textOf(body.error) : '';
  const description = isObject(body) ? textOf(body.error_description) : '';
  const waitMs = retryAfterMs(answer.headers, now);
  const passing = answer.status === 429 || answer.status >= 500 || answer.status < 300 || word === 'temporarily_unavailable';
  return {
    kind: passing ? 'retry' : 'config',
    scope: 'side',
    code: AADSTS.exec(description)?.[0] ?? (word || `token${answer.status}`),
    message: description.replaceAll(secret, '***') || (passing ? NO_TOKEN.message : NO_SERVICE),
    ...(waitMs === undefined ? {} : { waitMs }),
  };
}

const NO_TOKEN: Failure = { kind: 'retry', scope: 'side', code: 'noToken', message: 'No token was granted' };
const NO_SERVICE = 'No tokens are granted there: check DATAVERSE_AUTHORITY and DATAVERSE_TENANT_ID';

/** MSAL found fault with the settings before it asked anybody. Its code says which; its message is a link. */
function notAsked(error: unknown): Failure {
  const code = isObject(error) ? textOf(error.errorCode) : '';
  const message =
    'The settings do not make a token request: check DATAVERSE_TENANT_ID, which names one tenant, DATAVERSE_CLIENT_ID, DATAVERSE_CLIENT_SECRET and DATAVERSE_AUTHORITY';
  return { kind: 'config', scope: 'side', code: code || 'noTokenRequest', message };
}

const trimSlash = (url: string): string => url.replace(/\/+$/, '');
