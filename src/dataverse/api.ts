/** Requests to the Web API: headers, token, `$batch`, and what failed answers mean. One answer per operation, in order. */
import type { Clock, Failure, Log, Pace, Result } from '../core/ports';
import { type HttpAnswer, type HttpClient, type HttpRequest, type HttpResult, parseJson } from '../remote/http';
import type { TokenSource } from '../remote/tokens';
import { decodeBatch, encodeBatch } from './batch';
import { type Asked, classify } from './classify';
import { isObject, type Json } from './json';

export interface Operation {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below `/api/data/v9.2/`, or a link as the vendor gave it, which is used to the letter. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly asked: Asked;
}

export type Reply = Result<HttpAnswer>;

export interface Api {
  /** Sends one operation by itself. */
  one(operation: Operation): Promise<Reply>;
  /** Sends operations that do not depend on each other, in batches of up to 100. */
  each(operations: readonly Operation[]): Promise<Reply[]>;
}

export interface ApiOptions {
  /** The environment, for example `https://contoso.crm.dynamics.com`. */
  readonly url: string;
  readonly http: HttpClient;
  readonly tokens: TokenSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly pace?: Pace;
}

/** Dataverse takes 1,000 operations; execution time is limited too, and a lost answer should not put too many writes in doubt. */
const BATCH_SIZE = 100;

const HEADERS = {
  Accept: 'application/json',
  'OData-MaxVersion': '4.0',
  'OData-Version': '4.0',
  // The text "null" keeps caches on the way from answering.
  'If-None-Match': 'null',
} as const;

export function createApi({ url, http, tokens, clock, log, pace }: ApiOptions): Api {
  const root = `${url.replace(/\/+$/, '')}/api/data/v9.2/`;
  const absolute = (path: string): string => (/^https?:\/\//i.test(path) ? path : root + path);

  /** Sends with a token. A 401 is tried once more with a new one: tokens are revoked before their time when permissions change. */
  async function exchange(request: HttpRequest): Promise<HttpResult> {
    const token = await tokenOrLimit();
    if ('failure' in token) return token;
    const result = await http.send(withToken(request, token.ok));
    if ('failure' in result || result.answer.status !== 401) return result;
    tokens.invalidate(token.ok);
    const next = await tokenOrLimit();
    return 'failure' in next ? next : http.send(withToken(request, next.ok));
  }

  /** Without tokens the side is as closed as by a limit of its own. */
  async function tokenOrLimit(): Promise<Result<string>> {
    const token = await tokens.token();
    if ('failure' in token) await settle([token]);
    return token;
  }

  function failureOf(answer: HttpAnswer, asked: Asked): Failure {
    const failure = classify(answer, asked, clock.now());
    // REQ_ID is what Microsoft's support asks for.
    const requestId = answer.headers.req_id ?? answer.headers['x-ms-service-request-id'];
    log.debug(
      { status: answer.status, code: failure.code, kind: failure.kind, doing: asked.doing, requestId },
      'Dataverse refused',
    );
    return failure;
  }

  /** Tells every process when the side wants to be left alone: once per exchange, for the longest wait asked. */
  async function settle(replies: Reply[]): Promise<Reply[]> {
    const limits = replies.flatMap((reply) => ('failure' in reply && isLimit(reply.failure) ? [reply.failure] : []));
    const worst = limits.sort((a, b) => (b.waitMs ?? 0) - (a.waitMs ?? 0))[0];
    if (worst?.waitMs !== undefined) {
      log.warn({ code: worst.code, waitMs: worst.waitMs }, 'Dataverse asks to be left alone');
      await pace?.block(worst.waitMs, worst.code);
    }
    return replies;
  }

  const toReply = (answer: HttpAnswer, asked: Asked): Reply =>
    isSuccess(answer) && (!isWrite(asked) || tellsOfWrite(answer)) ? { ok: answer } : { failure: failureOf(answer, asked) };

  async function one(operation: Operation): Promise<Reply> {
    const { method, path, headers, body, asked } = operation;
    const result = await exchange({
      method,
      url: absolute(path),
      headers: { ...HEADERS, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if ('failure' in result) return result;
    const [reply] = await settle([toReply(result.answer, asked)]);
    return reply ?? { failure: lostAnswer };
  }

  async function batch(operations: readonly Operation[]): Promise<Reply[]> {
    const [only] = operations;
    if (operations.length === 1 && only !== undefined) return [await one(only)];
    const { contentType, body } = encodeBatch(operations.map(toPart));
    const result = await exchange({
      method: 'POST',
      url: `${root}$batch`,
      // Without this preference everything after the first refusal would not be run.
      headers: { ...HEADERS, 'Content-Type': contentType, Prefer: 'odata.continue-on-error' },
      body,
    });
    if ('failure' in result) return operations.map(() => result);
    const { answer } = result;
    const parts = decodeBatch(answer.headers['content-type'], answer.text);
    // Answers belong to requests by order alone, so one too few or too many makes all of them worthless.
    if (parts?.length === operations.length)
      return settle(parts.map((part, index) => toReply(part, operations[index]?.asked ?? LOOKING)));
    const whole = isSuccess(answer) ? lostAnswer : failureOf(answer, LOOKING);
    if (whole !== lostAnswer && whole.kind !== 'rejected') return settle(operations.map(() => ({ failure: whole })));
    // Everything we send may be sent twice: reads, writes bound to a version, creates with our own id. So halves find the culprit.
    log.info({ operations: operations.length, code: whole.code }, 'a batch failed as a whole and is split');
    const middle = Math.ceil(operations.length / 2);
    return [...(await batch(operations.slice(0, middle))), ...(await batch(operations.slice(middle)))];
  }

  const toPart = ({ method, path, headers, body }: Operation) => ({
    method,
    url: absolute(path),
    headers: {
      ...(body === undefined ? { Accept: 'application/json' } : { 'Content-Type': 'application/json;type=entry' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

  return {
    one,
    async each(operations) {
      const chunks: Promise<Reply[]>[] = [];
      for (let start = 0; start < operations.length; start += BATCH_SIZE)
        chunks.push(batch(operations.slice(start, start + BATCH_SIZE)));
      return (await Promise.all(chunks)).flat();
    },
  };
}

const LOOKING: Asked = { doing: 'look' };

const lostAnswer: Failure = {
  kind: 'retry',
  scope: 'request',
  outcomeUnknown: true,
  code: 'unreadable',
  message: 'The answer could not be read, or did not have one part for each request',
};

/** A page with status 200 is some gateway's, not an answer; taken as success it would confirm a write that never was. */
function isSuccess(answer: HttpAnswer): boolean {
  return answer.status >= 200 && answer.status < 300 && !/^text\/html/i.test(answer.headers['content-type'] ?? '');
}

const isWrite = ({ doing }: Asked): boolean => doing === 'write' || doing === 'create';

/** Writes are answered with 204, or with the row. A 200 that holds nothing is no answer of Dataverse's, and proves no write. */
const tellsOfWrite = ({ status, text }: HttpAnswer): boolean => status === 204 || isObject(parseJson(text));

const isLimit = (failure: Failure): boolean =>
  failure.scope === 'side' && failure.waitMs !== undefined && (failure.kind === 'throttled' || failure.kind === 'retry');

function withToken(request: HttpRequest, token: string): HttpRequest {
  return { ...request, headers: { ...request.headers, Authorization: `Bearer ${token}` } };
}

/** The JSON object of a successful reply. */
export function objectOf(reply: Reply): Result<Json> {
  if ('failure' in reply) return reply;
  const body = parseJson(reply.ok.text);
  return isObject(body) ? { ok: body } : { failure: lostAnswer };
}
