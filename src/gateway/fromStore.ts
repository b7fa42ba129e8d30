import type { Log } from '../core/ports';
import { within } from './deadline';
import { HttpError } from './errors';

/** Asks the store on behalf of an operator. Throws a 503 when it fails or does not answer within `waitMs`. */
export async function fromStore<T>(work: Promise<T>, waitMs: number, log: Log): Promise<T> {
  const answered = await within(
    work.then(
      (value) => ({ value }),
      // Only the code: the text of a database error may quote values.
      (error: { readonly code?: unknown }) => log.error({ code: error.code }, 'the store could not answer an operator'),
    ),
    waitMs,
  );
  if (answered) return answered.value;
  throw new HttpError(
    503,
    'unavailable',
    'The store (PostgreSQL) could not answer. GET /health says which part is down, the log of the gateway says why. Ask again later.',
    {},
    { 'retry-after': '10' },
  );
}
