/** What Marketo's reaction to an answer means, from status codes of which the interface defines two. */
import type { Failure } from '../../core/ports';
import { type HttpAnswer, type HttpResult, retryAfterMs } from '../../remote/http';
import { FORBIDDEN_ADDRESS } from '../../remote/transportError';
import type { AnswerTry } from '../../store/flowStepAnswer';

const RETRY_AFTER_MOST_MS = 10 * 60_000;

export type Verdict =
  | { readonly is: 'taken'; readonly code: string }
  | { readonly is: 'refused'; readonly code: string }
  | { readonly is: 'again'; readonly code: string; readonly inDoubt: boolean; readonly waitMs?: number };

/**
 * What an answer to the answer means. Success has no status of its own in the interface, so any 2xx is one. After a try that was lost
 * on its way, 404 is too: the token is used, and nobody else has it. A redirect is not followed: it may lead anywhere.
 */
export function judge(result: HttpResult, { inDoubt }: Pick<AnswerTry, 'inDoubt'>, now: Date): Verdict {
  if ('failure' in result) return judgeSilence(result.failure, inDoubt);
  const { status, headers } = result.answer;
  const code = String(status);
  if (status >= 200 && status < 300) return { is: 'taken', code };
  if (status === 404 && inDoubt) return { is: 'taken', code };
  // Turned away at the door, so nothing was done.
  if (status === 429) return { is: 'again', code, inDoubt, ...waitOf(headers, now) };
  if (status >= 500) return { is: 'again', code, inDoubt: true, ...waitOf(headers, now) };
  return { is: 'refused', code };
}

function judgeSilence({ code, outcomeUnknown }: Failure, inDoubt: boolean): Verdict {
  if (code === FORBIDDEN_ADDRESS) return { is: 'refused', code };
  return { is: 'again', code, inDoubt: inDoubt || outcomeUnknown === true };
}

function waitOf(headers: HttpAnswer['headers'], now: Date): { waitMs?: number } {
  const waitMs = retryAfterMs(headers, now);
  return waitMs === undefined ? {} : { waitMs: Math.min(waitMs, RETRY_AFTER_MOST_MS) };
}
