/** The one way out to a vendor: HTTP with keep-alive, a time limit, a budget, and failures as values. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { create as createAxios } from 'axios';
import type { Failure, Pace } from '../core/ports';
import { createGate } from './gate';
import { describeTransportError } from './transportError';
import { placesFor } from './urgent';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export type HttpResult = { readonly answer: HttpAnswer } | { readonly failure: Failure };

export interface HttpClient {
  /**
   * Sends one request. Every status is an answer; a failure means that there was none (`outcomeUnknown` when the request may have
   * reached the server) or no place in the budget. Never throws, redirects are not followed.
   */
  send(request: HttpRequest): Promise<HttpResult>;
}

export interface HttpClientOptions {
  /** From the first byte sent to the last byte received; waiting for a place does not count. */
  readonly timeoutMs: number;
  readonly pace?: Pace;
  /** Calls under way at once; further ones wait in order. With a budget, some are kept for urgent ones. */
  readonly concurrency: number;
  /** How names become addresses; the system's way when absent. */
  readonly lookup?: LookupFunction;
}

/** An HTTP client for one vendor. An AxiosError never leaves it: it would carry the bearer token. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { timeoutMs, pace, concurrency, lookup } = options;
  const gate = createGate(concurrency, pace === undefined ? concurrency : placesFor(concurrency, false));
  const sockets = { keepAlive: true, maxSockets: concurrency, ...(lookup && { lookup }) };
  const client = createAxios({
    httpAgent: new HttpAgent(sockets),
    httpsAgent: new HttpsAgent(sockets),
    validateStatus: () => true,
    responseType: 'text',
    // Bodies go out and come in to the letter; axios would parse and re-trim JSON text.
    transformRequest: [],
    transformResponse: [],
    maxRedirects: 0,
  });

  async function exchange(request: HttpRequest): Promise<HttpResult> {
    const limit = startTimeLimit(timeoutMs, request.signal);
    try {
      const { status, headers, data } = await client.request<string>({
        method: request.method,
        url: request.url,
        headers: { ...request.headers },
        data: request.body,
        signal: limit.signal,
        // A proxy from the environment is honoured, but can never reach this machine's own servers.
        ...(isLoopback(request.url) ? { proxy: false } : {}),
      });
      return { answer: { status, headers: flatten(headers), text: data ?? '' } };
    } catch (error) {
      return { failure: describeTransportError(error, limit.ended()) };
    } finally {
      limit.clear();
    }
  }

  return {
    send: (request) =>
      gate(async () => {
        // The caller may give up while it waits in line, and while it waits for a place in the budget.
        if (request.signal?.aborted) return { failure: NEVER_SENT };
        const refused = await refusedPlace(pace);
        if (refused !== undefined) return { failure: refused };
        return request.signal?.aborted ? { failure: NEVER_SENT } : exchange(request);
      }),
  };
}

/** Why there is no place for a call now; `undefined` when there is one. */
async function refusedPlace(pace: Pace | undefined): Promise<Failure | undefined> {
  if (pace === undefined) return undefined;
  try {
    const place = await pace.acquire();
    return 'waitMs' in place ? outOfBudget(place.waitMs) : undefined;
  } catch {
    // A value and not an exception: the caller must know that nothing was sent.
    return NO_LEDGER;
  }
}

const NO_LEDGER: Failure = {
  kind: 'retry',
  scope: 'side',
  code: 'noLedger',
  message: 'The call was not sent: the store, which keeps the budget of calls, does not answer',
};

const NEVER_SENT: Failure = {
  kind: 'retry',
  scope: 'request',
  code: 'aborted',
  message: 'The call was given up before it was sent',
};

const outOfBudget = (waitMs: number): Failure => ({
  kind: 'throttled',
  scope: 'side',
  waitMs,
  code: 'budget',
  message: 'Our share of the calls allowed is used up',
});

interface TimeLimit {
  readonly signal: AbortSignal;
  ended(): 'timeout' | 'aborted' | undefined;
  clear(): void;
}

/** Ends a call after `timeoutMs` or when its caller gives up. Axios' own time limit watches idle sockets only, not the whole call. */
function startTimeLimit(timeoutMs: number, outer: AbortSignal | undefined): TimeLimit {
  const controller = new AbortController();
  let why: 'timeout' | 'aborted' | undefined;
  const end = (reason: 'timeout' | 'aborted') => {
    why ??= reason;
    controller.abort();
  };
  const timer = setTimeout(() => end('timeout'), timeoutMs);
  const onAbort = () => end('aborted');
  outer?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    ended: () => why,
    clear() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onAbort);
    },
  };
}

function flatten(headers: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : String(value)]),
  );
}

const isLoopback = (url: string): boolean => /^https?:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?:[:/]|$)/i.test(url);

/** The value of a JSON text, or `undefined` when it is none (vendors' gateways answer with HTML or nothing). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How long `Retry-After` asks to stay away, given as seconds or as a date. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, now: Date): number | undefined {
  const value = headers['retry-after']?.trim();
  if (!value) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds >= 0 ? Math.ceil(seconds * 1_000) : undefined;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - now.getTime());
}
