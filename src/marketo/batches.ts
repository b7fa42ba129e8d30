/** From many items to calls of the size Marketo takes, and back to one result per item, in order. */
import type { Failure, Result } from '../core/ports';
import { classifyRecord, type Asked } from './classify';
import type { WrittenItem } from './envelope';

/** The most records of one call, for reads and writes of the lead database alike. */
const PER_CALL = 300;

/** Sends one call; the results stand in the order of `items`, one each, or the call failed as a whole. */
export type SendBatch<I, O> = (items: readonly I[]) => Promise<Result<readonly Result<O>[]>>;

/** One refused record is found with 17 further calls; a call whose every record is refused must not cost hundreds. */
const MAX_FURTHER_CALLS = 40;

/**
 * Sends all items in as few calls as there can be. A failure of a whole call is each of its items' failure, but when something in it was
 * refused it is sent again in halves, until what is refused stands alone. Marketo has done nothing of a refused call.
 */
export async function sendInBatches<I, O>(
  items: readonly I[],
  send: SendBatch<I, O>,
  isRefused: (failure: Failure) => boolean = isRefusal,
): Promise<Result<O>[]> {
  const chunks: Promise<Result<O>[]>[] = [];
  for (let start = 0; start < items.length; start += PER_CALL)
    chunks.push(sendDivided(items.slice(start, start + PER_CALL), send, isRefused));
  return (await Promise.all(chunks)).flat();
}

async function sendDivided<I, O>(
  items: readonly I[],
  send: SendBatch<I, O>,
  isRefused: (failure: Failure) => boolean,
): Promise<Result<O>[]> {
  let furtherCalls = 0;
  const attempt = async (batch: readonly I[]): Promise<Result<O>[]> => {
    const answer = await send(batch);
    if ('ok' in answer) return batch.map((_item, index) => answer.ok[index] ?? { failure: strayAnswer });
    if (batch.length === 1 || !isRefused(answer.failure)) return batch.map(() => answer);
    // Which of them is refused was not found out: none of them is blamed.
    if (furtherCalls >= MAX_FURTHER_CALLS) return batch.map(() => ({ failure: { ...answer.failure, kind: 'retry' } }));
    furtherCalls += 2;
    const middle = Math.ceil(batch.length / 2);
    return [...(await attempt(batch.slice(0, middle))), ...(await attempt(batch.slice(middle)))];
  };
  return attempt(items);
}

const isRefusal = ({ kind, outcomeUnknown }: Failure): boolean => kind === 'rejected' && outcomeUnknown !== true;

/**
 * The results of a write by the items they belong to. They belong by position alone, so one too few or too many makes all of them
 * worthless.
 */
export function matchResults<I, O, R extends WrittenItem>(
  items: readonly I[],
  results: readonly R[],
  asked: (item: I) => Asked,
  take: (item: I, result: R) => Result<O>,
  now: Date,
): Result<readonly Result<O>[]> {
  if (results.length !== items.length) return { failure: strayAnswer };
  return {
    ok: items.map((item, index) => {
      const result = results[index];
      if (result === undefined) return { failure: strayAnswer };
      const skipped = result.status === 'skipped' || result.problems.length > 0;
      return skipped ? { failure: classifyRecord(result.problems, asked(item), now) } : take(item, result);
    }),
  };
}

/** An answer that cannot be about what was asked; taken as a success it would confirm a write that never was. */
export const strayAnswer: Failure = {
  kind: 'retry',
  scope: 'record',
  outcomeUnknown: true,
  code: 'strayAnswer',
  message: 'Marketo answered about other records than it was asked about',
};
