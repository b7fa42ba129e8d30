/** Calls to Marketo's REST API: token, envelope, and what failed answers mean. Failures are values. */
import type { z } from 'zod';
import type { Clock, Failure, Log, Pace, Result } from '../core/ports';
import { type HttpClient, type HttpRequest, parseJson } from '../remote/http';
import type { TokenSource } from './auth';
import { classify, classifyStatus, isExpiredToken } from './classify';
import { type Envelope, envelope } from './envelope';

export type Query = Readonly<Record<string, string | undefined>>;

export interface Api {
  get(path: string, query?: Query): Promise<Result<Envelope>>;
  post(path: string, body: unknown): Promise<Result<Envelope>>;
}

export interface ApiOptions {
  readonly baseUrl: string;
  readonly http: HttpClient;
  readonly tokens: TokenSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly pace?: Pace;
}

/** Marketo refuses addresses over 8 KB; a long query travels as a form instead, which Marketo takes for the same GET. */
const MAX_URL_CHARACTERS = 7_000;

export function createApi({ baseUrl, http, tokens, clock, log, pace }: ApiOptions): Api {
  /** Sends with a token, and once more with a new one when Marketo says that it has expired. */
  async function call(request: Omit<HttpRequest, 'headers'>, headers: Record<string, string>): Promise<Result<Envelope>> {
    for (let attempt = 1; ; attempt += 1) {
      const token = await tokens.token();
      if ('failure' in token) return token;
      const sent = await http.send({
        ...request,
        headers: { Accept: 'application/json', ...headers, Authorization: `Bearer ${token.ok}` },
      });
      if ('failure' in sent) return sent;
      const { status, text } = sent.answer;
      const read = envelope.safeParse(parseJson(text));
      if (!read.success) return { failure: await noted(classifyStatus(status, text)) };
      if (read.data.success) return { ok: read.data };
      if (isExpiredToken(read.data.errors) && attempt === 1) {
        tokens.invalidate(token.ok);
        continue;
      }
      const failure = classify(read.data.errors, 'response', clock.now());
      // The request id is what Marketo's support asks for.
      log.debug({ code: failure.code, kind: failure.kind, requestId: read.data.requestId }, 'Marketo refused');
      return { failure: await noted(failure) };
    }
  }

  /** Tells every process when Marketo wants to be left alone. */
  async function noted(failure: Failure): Promise<Failure> {
    const limit = failure.scope === 'side' && (failure.kind === 'throttled' || failure.kind === 'quota');
    if (limit && failure.waitMs !== undefined) {
      log.warn({ code: failure.code, waitMs: failure.waitMs }, 'Marketo asks to be left alone');
      await pace?.block(failure.waitMs, failure.code);
    }
    return failure;
  }

  return {
    get(path, query = {}) {
      const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : [[name, value]],
      );
      const form = new URLSearchParams(given).toString();
      const url = `${baseUrl}${path}`;
      return url.length + form.length < MAX_URL_CHARACTERS
        ? call({ method: 'GET', url: form === '' ? url : `${url}?${form}` }, {})
        : call(
            { method: 'POST', url: `${url}?_method=GET`, body: form },
            { 'Content-Type': 'application/x-www-form-urlencoded' },
          );
    },
    post: (path, body) =>
      call(
        { method: 'POST', url: `${baseUrl}${path}`, body: body === undefined ? undefined : JSON.stringify(body) },
        { 'Content-Type': 'application/json' },
      ),
  };
}

/** The items of an answer by their schema; an answer of another shape is a failure, never a guess. */
export function itemsOf<S extends z.ZodType>(answer: Result<Envelope>, schema: S): Result<z.output<S>[]> {
  if ('failure' in answer) return answer;
  const items: z.output<S>[] = [];
  for (const item of answer.ok.result ?? []) {
    const read = schema.safeParse(item);
    if (!read.success) return { failure: strange };
    items.push(read.data);
  }
  return { ok: items };
}

export const strange: Failure = {
  kind: 'retry',
  scope: 'request',
  outcomeUnknown: true,
  code: 'unreadable',
  message: 'Marketo answered in a shape that is not documented',
};

/** Cuts a list into calls of at most `size` items. */
export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}
