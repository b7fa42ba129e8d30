/** How a record that was tried again stands. */
import type { RecordProgress } from '../core/ports';

/**
 * - through: nothing is left to do
 * - refused: a side refused a value because of its rules
 * - review: a person has to decide
 * - failed: it could not be done, or not yet
 * - unfinished: it waits, or is being worked on
 */
export type Verdict = 'through' | 'refused' | 'review' | 'failed' | 'unfinished';

/** Nothing more happens to it by itself. */
export function hasEnded({ state }: RecordProgress): boolean {
  return state === 'done' || state === 'quarantined';
}

export function verdictOf(record: RecordProgress): Verdict {
  const { state, outcome, rejections, failure } = record;
  if (state === 'quarantined') return 'failed';
  if (state !== 'done') return failure === undefined ? 'unfinished' : 'failed';
  if (outcome === 'review') return 'review';
  return outcome === 'rejected' || rejections.length > 0 ? 'refused' : 'through';
}
