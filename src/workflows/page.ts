/** The records that one run of a cycle takes, in children, a bounded number at once. */
import { ChildWorkflowFailure, isCancellation, sleep } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { PageRef } from '../activities/collect';
import { runPool } from './pool';

/**
 * How many records one run of a cycle takes, all of them at once: so many that their writes travel in full groups, and so few that the
 * parent's history stays far below what makes its replay slow.
 */
export const PAGE = 500;

/** The initial load goes by the page, whose records share a child: what travels in one of Marketo's calls. */
const RECORDS_PER_PAGE = 300;
/** Pages are read while others are decided and written: all that one run of a cycle takes are under way together. */
export const PAGES_AT_ONCE = 5;
/** Edits made meanwhile wait for no more than these. */
export const BULK_PAGE = PAGES_AT_ONCE * RECORDS_PER_PAGE;

/** A straggler does not hold the page for longer than this; it runs on by itself. */
const PAGE_LIMIT = '10 minutes';

/** Records that share a child. */
export interface Lot {
  readonly number: number;
  readonly refs: readonly PageRef[];
}

export function inLots(refs: readonly PageRef[]): readonly Lot[] {
  return Array.from({ length: Math.ceil(refs.length / RECORDS_PER_PAGE) }, (_, number) => ({
    number,
    refs: refs.slice(number * RECORDS_PER_PAGE, (number + 1) * RECORDS_PER_PAGE),
  }));
}

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
  width: number,
  child: (item: T) => Promise<R>,
  onEnd: (item: T, result: R | undefined) => void,
): Promise<PageEnd<T>> {
  if (items.length === 0) return { busy: [], notTaken: [] };
  const busy: T[] = [];
  const pool = runPool(items, width, async (item) => {
    try {
      onEnd(item, await child(item));
    } catch (error) {
      if (isCancellation(error)) throw error;
      if (error instanceof WorkflowExecutionAlreadyStartedError) busy.push(item);
      else if (error instanceof ChildWorkflowFailure) onEnd(item, undefined);
      else throw error;
    }
  });
  await Promise.race([pool.done, sleep(PAGE_LIMIT, { summary: 'no longer than this for one page' })]);
  return { busy, notTaken: pool.stop() };
}
