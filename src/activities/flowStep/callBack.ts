/** `callBack`: sends the answer to a flow step's call. Marketo takes one per token, so repeating it ends the same. */
import { ApplicationFailure } from '@temporalio/common';
import { callbackUrlProblem, isCallbackHost } from '../../core/callbackAddress';
import type { Failure } from '../../core/ports';
import { createHttpClient, type HttpResult } from '../../remote/http';
import { createPublicLookup } from '../../remote/publicAddresses';
import { type AnswerTry, noteFailedAnswer, type PersonResult } from '../../store/flowStepAnswer';
import type { ActivityDeps } from '../deps';
import { callbackBody } from './callbackBody';
import type { Chunks } from './chunks';
import { judge } from './verdict';

/** Generous: Marketo writes a thousand people while it holds the line. */
const TIMEOUT_MS = 30_000;
/** Longer than a sending can take: until then nobody else sends. */
export const RESERVED_SEC = TIMEOUT_MS / 1_000 + 10;
/** How many answers are under way is for the worker to say: whoever waited here would outlive the reservation. */
const CONCURRENCY = 1_000;

export interface AnswerReport {
  /** `known`: there was nothing to send any more. */
  readonly answered: 'sent' | 'known';
  readonly people: number;
  readonly unfinished: number;
}

type Deps = Pick<ActivityDeps, 'db' | 'clock' | 'log'> & { readonly options: Pick<ActivityDeps['options'], 'callbackHosts'> };

export function createCallBack(deps: Deps, chunks: Pick<Chunks, 'begin' | 'people' | 'end'>) {
  const { db, log } = deps;
  const { callbackHosts } = deps.options;
  const http = createHttpClient({
    timeoutMs: TIMEOUT_MS,
    concurrency: CONCURRENCY,
    // Other names that are looked up are those of a proxy.
    lookup: createPublicLookup((name) => isCallbackHost(name, callbackHosts)),
  });

  return async function callBack({ chunk }: { chunk: string }): Promise<AnswerReport> {
    const begun = await chunks.begin(chunk);
    if ('ended' in begun) return { answered: 'known', people: 0, unfinished: 0 };
    if ('busyForMs' in begun) throw again('Another worker may be sending this answer', 'Busy', begun.busyForMs);
    const { answer } = begun;
    const people = await chunks.people(chunk);
    const verdict = judge(await send(answer, people), answer, deps.clock.now());
    if (verdict.is === 'taken') return taken(chunk, people, verdict.code);
    if (verdict.is === 'refused') return refused(chunk, people, verdict.code);
    await noteFailedAnswer(db, chunk, { tries: answer.tries, inDoubt: verdict.inDoubt });
    log.warn({ chunk, code: verdict.code, tries: answer.tries }, 'Marketo could not be answered; it is tried again');
    throw again(`Marketo could not be answered (${verdict.code})`, 'Retry', verdict.waitMs);
  };

  function send(answer: AnswerTry, people: readonly PersonResult[]): Promise<HttpResult> {
    // The gateway has looked already, by settings of its own: what this process may call, this process says.
    if (callbackUrlProblem(answer.callbackUrl, callbackHosts) !== undefined) return Promise.resolve({ failure: NOT_ALLOWED });
    return http.send({
      method: 'POST',
      url: answer.callbackUrl,
      headers: headersOf(answer),
      body: callbackBody(answer.munchkinId, people),
    });
  }

  async function taken(chunk: string, people: readonly PersonResult[], code: string): Promise<AnswerReport> {
    await chunks.end({ id: chunk, state: 'answered', code });
    const unfinished = people.filter(({ refusal, outcome }) => refusal === null && outcome === null).length;
    log.info({ chunk, code, people: people.length, unfinished }, 'a flow step was answered');
    return { answered: 'sent', people: people.length, unfinished };
  }

  async function refused(chunk: string, people: readonly PersonResult[], code: string): Promise<never> {
    await chunks.end({ id: chunk, state: 'refused', code });
    const message = `Marketo did not take the answer to a flow step (${code}): the campaign goes on without it`;
    log.error({ chunk, code, people: people.length }, message);
    throw ApplicationFailure.nonRetryable(message, 'CallbackRefused');
  }
}

const NOT_ALLOWED: Failure = {
  kind: 'config',
  scope: 'side',
  code: 'hostNotAllowed',
  message: 'The worker may not call this host: MDSYNC_CALLBACK_HOSTS is not the same as that of the gateway',
};

function headersOf({ token, callbackKey }: AnswerTry): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    ...(callbackKey !== null && { 'x-api-key': callbackKey }),
    ...(token !== null && { 'x-callback-token': token }),
  };
}

function again(message: string, type: 'Busy' | 'Retry', waitMs?: number): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type,
    ...(waitMs !== undefined && waitMs > 0 && { nextRetryDelay: Math.ceil(waitMs) }),
  });
}
