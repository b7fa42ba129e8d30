/** What the routes of the operators' desk share. */
import type { CheckToken } from './auth';
import type { GatewayDeps, OperatorDesk, Waits } from './deps';
import { HttpError } from './errors';

export interface DeskRoutes extends Pick<GatewayDeps, 'temporal' | 'log' | 'clock'> {
  readonly desk: OperatorDesk;
  readonly onRequest: CheckToken;
  readonly waits: Waits;
  readonly closing: AbortSignal;
  /** Asks the store; answers 503 when it does not. */
  readonly stored: <T>(work: Promise<T>) => Promise<T>;
}

/** Thrown while a write of the record may be under way. */
export function busyFor(waitMs: number): HttpError {
  const waitSec = String(Math.ceil(waitMs / 1_000));
  const message = `The record may be being written right now. Ask again in ${waitSec} s.`;
  return new HttpError(503, 'busy', message, {}, { 'retry-after': waitSec });
}

/** Thrown for an id or number that nothing has. */
export function notKnown(message: string): HttpError {
  return new HttpError(404, 'notKnown', message);
}
