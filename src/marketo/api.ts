/** Calls to Marketo's REST API: token, envelope, and what failed answers mean. Failures are values. */
import type { z } from 'zod';
import type { Clock, Failure, Log, Pace, Result } from '../core/ports';
import { type HttpAnswer, type HttpClient, type HttpRequest, parseJson } from '../remote/http';
import type { TokenSource } from '../remote/tokens';
import { type Asked, classifyAnswer, isLostToken, isNothingFound } from './classify';
import { type Envelope, envelopeShape } from './envelope';

/** Parameters by name; those without a value are left out. */
export type Query = Readonly<Record<string, string | undefined>>;

/** A successful answer. */
export interface Reply<T> {
  readonly items: readonly T[];
  /** Where to go on reading. */
  readonly nextPageToken?: string;
  readonly more: boolean;
  /** When Marketo answered, by its own clock. */
  readonly at?: Date;
}

export interface Api {
  /** Reads; the items of the answer must have the shape given. */
  get<S extends z.ZodType>(path: string, query: Query, shape: S, asked: Asked): Promise<Result<Reply<z.output<S>>>>;
  /** Sends JSON, or no body when `body` is undefined. */
  post<S extends z.ZodType>(path: string, body: unknown, shape: S, asked: Asked): Promise<Result<Reply<z.output<S>>>>;
}

export interface ApiOptions {
  /** The instance, without a slash at its end. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  readonly tokens: TokenSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly pace?: Pace;
}

/** Marketo refuses addresses over 8 KB; gateways on the way may be stricter. */
const MAX_URL_BYTES = 7_000;
const READING: ReadonlySet<Asked['doing']> = new Set(['read', 'feed', 'look']);
const HEADERS = { Accept: 'application/json' } as const;
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' } as const;
const JSON_TYPE = { 'Content-Type': 'application/json' } as const;

export function createApi({ baseUrl, http, tokens, clock, log, pace }: ApiOptions): Api {
  type Exchanged = { readonly answer: HttpAnswer; readonly envelope: Envelope | undefined; readonly token: string };

  async function sendOnce(request: HttpRequest): Promise<Result<Exchanged>> {
    const token = await tokens.token();
    if ('failure' in token) {
      await noteLimit(token.failure);
      return token;
    }
    const result = await http.send({
      ...request,
      headers: { ...HEADERS, ...request.headers, Authorization: `Bearer ${token.ok}` },
    });
    if ('failure' in result) return result;
    const read = envelopeShape.safeParse(parseJson(result.answer.text));
    return { ok: { answer: result.answer, envelope: read.data, token: token.ok } };
  }

  /** Sends with a token. One that has expired is replaced and the call sent once more: Marketo promises not to have executed it. */
  async function exchange(request: HttpRequest): Promise<Result<Exchanged>> {
    const first = await sendOnce(request);
    if ('failure' in first || !isLostToken(first.ok.envelope?.errors ?? [])) return first;
    tokens.invalidate(first.ok.token);
    return sendOnce(request);
  }

  async function call<S extends z.ZodType>(request: HttpRequest, shape: S, asked: Asked): Promise<Result<Reply<z.output<S>>>> {
    const result = await exchange(request);
    if ('failure' in result) return result;
    const { answer, envelope, token } = result.ok;
    const success = envelope?.success === true && answer.status < 300;
    const nothing = READING.has(asked.doing) && isNothingFound(envelope?.errors ?? []);
    if (envelope !== undefined && (success || nothing)) {
      noteWarnings(envelope);
      return toReply(envelope, answer, shape);
    }
    const failure = classifyAnswer(answer, envelope?.errors ?? [], asked, clock.now());
    // The request id is what Marketo's support asks for.
    const { code, kind } = failure;
    log.debug({ status: answer.status, code, kind, doing: asked.doing, requestId: envelope?.requestId }, 'Marketo refused');
    await noteLimit(failure);
    return { failure: { ...failure, message: failure.message.replaceAll(token, '***') } };
  }

  /** Warnings may quote what was sent: only their codes are told. */
  function noteWarnings({ warnings, requestId }: Envelope): void {
    if (warnings.length > 0) log.info({ codes: warnings.map(({ code }) => code), requestId }, 'Marketo answered with warnings');
  }

  /** Tells every process when Marketo wants to be left alone. */
  async function noteLimit({ kind, scope, waitMs, code }: Failure): Promise<void> {
    const isLimit = scope === 'side' && (kind === 'throttled' || kind === 'quota' || kind === 'retry');
    if (!isLimit || waitMs === undefined) return;
    log.warn({ code, waitMs }, 'Marketo asks to be left alone');
    await pace?.block(waitMs, code);
  }

  return {
    async get(path, query, shape, asked) {
      const form = formOf(query);
      const url = `${baseUrl}${path}`;
      const full = form === '' ? url : `${url}?${form}`;
      // A query that is too long for an address travels as a form, which Marketo takes for the same GET.
      const asForm = { method: 'POST', url: `${url}?_method=GET`, headers: FORM, body: form };
      if (Buffer.byteLength(full) > MAX_URL_BYTES) return call(asForm, shape, asked);
      const result = await call({ method: 'GET', url: full }, shape, asked);
      return 'failure' in result && result.failure.code === 'http414' ? call(asForm, shape, asked) : result;
    },
    post: (path, body, shape, asked) =>
      call(
        {
          method: 'POST',
          url: `${baseUrl}${path}`,
          headers: JSON_TYPE,
          body: body === undefined ? undefined : JSON.stringify(body),
        },
        shape,
        asked,
      ),
  };
}

function formOf(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  return new URLSearchParams(given).toString();
}

function toReply<S extends z.ZodType>(envelope: Envelope, answer: HttpAnswer, shape: S): Result<Reply<z.output<S>>> {
  const items: z.output<S>[] = [];
  for (const item of envelope.result) {
    const read = shape.safeParse(item);
    if (!read.success) return { failure: unreadable };
    items.push(read.data);
  }
  const atMs = Date.parse(answer.headers.date ?? '');
  return {
    ok: {
      items,
      ...(envelope.nextPageToken === undefined ? {} : { nextPageToken: envelope.nextPageToken }),
      more: envelope.moreResult,
      ...(Number.isNaN(atMs) ? {} : { at: new Date(atMs) }),
    },
  };
}

const unreadable: Failure = {
  kind: 'retry',
  scope: 'request',
  outcomeUnknown: true,
  code: 'unreadable',
  message: 'Marketo answered in a shape that is not documented',
};
