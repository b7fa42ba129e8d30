/** One page of records, each in a child of its own, a bounded number at once. */
import { ChildWorkflowFailure, isCancellation, sleep } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { runPool } from './pool';

/** A page keeps the parent's history far below what makes its replay slow. */
export const PAGE = 500;
/** Wide enough that writes travel in full groups. */
const WINDOW = 100;
/** A straggler does not hold the page for longer than this; it runs on by itself. */
const PAGE_LIMIT = '10 minutes';

export interface PageEnd<T> {
  /** Another run had these, and may have read them before the change. */
  readonly busy: readonly T[];
  /** The page took too long to get to these. */
  readonly notTaken: readonly T[];
}

/**
 * Runs `child` for each item and waits for all of them, within limits. `onEnd` is told of each child that ended, with what it answered, or
 * nothing when it failed: one bad record never fails the cycle; its own run shows why.
 */
export async function runPageOf<T, R>(
  items: readonly T[],
  child: (item: T) => Promise<R>,
  onEnd: (result: R | undefined) => void,
): Promise<PageEnd<T>> {
  const busy: T[] = [];
  const pool = runPool(items, WINDOW, async (item) => {
    try {
      onEnd(await child(item));
    } catch (error) {
      if (isCancellation(error)) throw error;
      if (error instanceof WorkflowExecutionAlreadyStartedError) busy.push(item);
      else if (error instanceof ChildWorkflowFailure) onEnd(undefined);
      else throw error;
    }
  });
  await Promise.race([pool.done, sleep(PAGE_LIMIT, { summary: 'no longer than this for one page' })]);
  return { busy, notTaken: pool.stop() };
}
