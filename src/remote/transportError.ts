/** What it means when a request got no answer. */
import type { Failure } from '../core/ports';

/** The connection was never made, so nothing was sent. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
]);
/** The server's certificate was not accepted: no waiting mends that. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/;
/** A look-up of ours refused to lead there: see `publicAddresses`. */
export const FORBIDDEN_ADDRESS = 'ERR_FORBIDDEN_ADDRESS';
/** The URL itself is wrong; the last is axios' word for a protocol it does not speak, as every status is an answer to us. */
const NO_URL = new Set(['ERR_INVALID_URL', 'ERR_BAD_OPTION_VALUE', 'ERR_INVALID_PROTOCOL', 'ERR_BAD_REQUEST']);

/**
 * Turns what the HTTP library threw into a `Failure`. Only the error's code is kept: its other members hold the request, token included.
 * `ended` says whether we ended the call ourselves.
 */
export function describeTransportError(error: unknown, ended: 'timeout' | 'aborted' | undefined): Failure {
  const { code, syscall } = facts(error);
  if (ended === undefined) {
    if (UNTRUSTED.test(code)) return { kind: 'config', scope: 'side', code, message: "The server's certificate is not trusted" };
    if (code === FORBIDDEN_ADDRESS)
      return { kind: 'config', scope: 'side', code, message: 'The name leads to an address that may not be called' };
    if (NO_URL.has(code)) return { kind: 'config', scope: 'side', code, message: 'The URL is not valid' };
    if (NEVER_CONNECTED.has(code) || syscall === 'connect' || syscall === 'getaddrinfo')
      return { kind: 'retry', scope: 'side', code: 'unreachable', message: `The server cannot be reached (${code})` };
  }
  const lost = { kind: 'retry', scope: 'request', outcomeUnknown: true } as const;
  if (ended === 'aborted') return { ...lost, code: 'aborted', message: 'The call was given up before its answer came' };
  if (ended === 'timeout' || code === 'ETIMEDOUT' || code === 'ECONNABORTED')
    return { ...lost, code: 'timeout', message: 'No answer came in time' };
  return { ...lost, code: 'reset', message: `The connection broke before the answer was complete (${code})` };
}

/** Axios wraps the socket's error, and Node wraps one error per address tried. */
function facts(error: unknown): { code: string; syscall?: string } {
  const own = asRecord(error);
  const cause = asRecord(own.cause);
  const code = [own.code, cause.code].find((value) => typeof value === 'string');
  const syscall = [own.syscall, cause.syscall].find((value) => typeof value === 'string');
  return { code: typeof code === 'string' ? code : 'unknown', ...(typeof syscall === 'string' ? { syscall } : {}) };
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
