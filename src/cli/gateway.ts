/** The gateway's operator API as functions. Nothing else here makes calls. */
import { create as createAxios, isAxiosError, type AxiosResponse } from 'axios';
import { isLoopback } from '../config/loopback';
import type { RetrySelector } from '../core/ports';
import type { ImportReport, ImportRow } from '../core/imports';
import type { PlanPage, PlanSummary } from '../core/plan';
import type { Choice } from '../core/reviews';
import type { CycleAnswer, ProgressAnswer, RetryAnswer, StatusAnswer } from '../gateway/operator';
import type { DoctorAnswer } from '../gateway/operatorDoctor';
import type { EraseAnswer } from '../gateway/operatorErase';
import type { ExplainAnswer } from '../gateway/operatorExplain';
import type { ResolveAnswer, ReviewsAnswer } from '../gateway/operatorReviews';
import type { SetUpAnswer } from '../gateway/setUp';
import { CliError, EXIT } from './errors';
import type { OperatorToken } from './token';

/** Longer than the gateway itself waits for anybody. */
const TIMEOUT_MS = 60_000;

/** Each function throws a CliError when the gateway does not do what was asked. */
export interface Gateway {
  status(): Promise<StatusAnswer>;
  retry(selector: RetrySelector): Promise<RetryAnswer>;
  progress(keys: readonly string[]): Promise<ProgressAnswer>;
  cycle(): Promise<CycleAnswer>;
  setUp(): Promise<SetUpAnswer>;
  explain(id: string, field?: string): Promise<ExplainAnswer>;
  doctor(): Promise<DoctorAnswer>;
  /** Has a plan made; throws a CliError `stillRunning` when that takes longer than one call should. */
  makePlan(): Promise<PlanSummary>;
  plan(after: number): Promise<PlanPage>;
  importPairs(pairs: readonly ImportRow[], check: boolean): Promise<ImportReport>;
  erase(id: string): Promise<EraseAnswer>;
  reviews(): Promise<ReviewsAnswer>;
  resolve(number: number, choice: Choice, id?: string): Promise<ResolveAnswer>;
}

export function openGateway(url: string, token: OperatorToken): Gateway {
  const http = createAxios({
    baseURL: url,
    timeout: TIMEOUT_MS,
    headers: { authorization: `Bearer ${token.value}` },
    validateStatus: () => true,
    // The token is for this address alone.
    maxRedirects: 0,
    ...(isLoopback(url) ? { proxy: false } : {}),
  });

  async function call<T>(method: 'GET' | 'POST', path: string, body: object = {}): Promise<T> {
    let response: AxiosResponse<unknown>;
    try {
      // A POST that has nothing to say is JSON all the same: without a body axios would call it a form.
      response = await http.request<unknown>({ method, url: path, ...(method === 'POST' && { data: body }) });
    } catch (error) {
      // The error itself carries the token.
      throw unreachable(url, isAxiosError(error) ? error.code : undefined);
    }
    if (response.status === 200 && isObject(response.data)) return response.data as T;
    throw refusal(url, token, response);
  }

  return {
    status: () => call('GET', '/operator/status'),
    retry: (selector) => call('POST', '/operator/retry', selector),
    progress: (keys) => call('POST', '/operator/progress', { keys }),
    cycle: () => call('POST', '/operator/cycle'),
    setUp: () => call('POST', '/operator/setup'),
    doctor: () => call('POST', '/operator/doctor'),
    makePlan: () => call('POST', '/operator/plan'),
    plan: (after) => call('GET', `/operator/plan${query({ after: String(after) })}`),
    importPairs: (pairs, check) => call('POST', '/operator/import', { pairs, ...(check ? { check } : {}) }),
    erase: (id) => call('POST', '/operator/erase', { id, confirm: true }),
    reviews: () => call('GET', '/operator/reviews'),
    resolve: (number, choice, id) => call('POST', `/operator/reviews/${number}`, { choice, ...(id === undefined ? {} : { id }) }),
    explain: (id, field) => call('GET', `/operator/explain/${encodeURIComponent(id)}${query({ field })}`),
  };
}

/** `?field=title`; empty when nothing is asked for. */
function query(members: Readonly<Record<string, string | undefined>>): string {
  const asked = Object.entries(members).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return asked.length === 0 ? '' : `?${new URLSearchParams(asked).toString()}`;
}

function unreachable(url: string, code = 'no answer'): CliError {
  return new CliError(
    'unreachable',
    `The gateway does not answer at ${url} (${code}).\n` +
      '`npm start` runs one on this machine; --gateway <url>, or MDSYNC_GATEWAY_PORT for another port here, names one that runs elsewhere.',
  );
}

function refusal(url: string, token: OperatorToken, { status, data }: AxiosResponse<unknown>): CliError {
  if (!isObject(data) || typeof data['error'] !== 'string' || typeof data['message'] !== 'string') {
    return new CliError('notTheGateway', `Something else than the gateway answers at ${url} (HTTP ${status}). Check --gateway.`);
  }
  if (status === 401) {
    return new CliError(
      'unauthorized',
      `The gateway at ${url} does not accept the token from ${token.source}.\nGive it the one it was started with: set MDSYNC_OPERATOR_TOKEN.`,
    );
  }
  const workflow = typeof data['workflowId'] === 'string' ? `\nIts run in Temporal: ${data['workflowId']}` : '';
  return new CliError(data['error'], `${data['message']}${workflow}`, status === 424 ? EXIT.failed : EXIT.unusable);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
