/** What operators read on a cycle while it runs, and on a run of many records when it has ended. */
import type { Outcomes } from '../activities/outcomes';
import type { CycleState } from './syncCycle';

/** How far the initial load is. */
export interface Bulk {
  readonly done: number;
  readonly left: number;
  /** When this cycle began with it, in milliseconds since 1970. */
  readonly since: number;
}

export function describe(state: CycleState, leftOnPage: number, nowMs: number): string {
  const { outcomes, found, failed, bulk } = state;
  const written = (outcomes.written ?? 0) + (outcomes.created ?? 0) + (outcomes.linked ?? 0);
  return [
    `found ${found}, written ${written}, rejected ${outcomes.rejected ?? 0}, failed ${failed}, left on this page ${leftOnPage}`,
    '',
    ...(bulk === undefined ? [] : [`- initial load: ${progressOf(bulk, nowMs)}`]),
    ...linesOf(outcomes),
  ].join('\n');
}

function progressOf({ done, left, since }: Bulk, nowMs: number): string {
  const perSecond = (done * 1_000) / Math.max(1, nowMs - since);
  if (perSecond === 0) return `${left} left`;
  const end = new Date(nowMs + (left / perSecond) * 1_000).toISOString();
  return `${done} done, ${left} left, ${perSecond.toFixed(1)} a second, expected to end at ${end}`;
}

/** `alone`: how many of the records need a run of their own. */
export const describeLot = (outcomes: Outcomes, alone: number): string =>
  [...linesOf(outcomes), `- left to a run of their own: ${alone}`].join('\n');

const linesOf = (outcomes: Outcomes): readonly string[] =>
  Object.entries(outcomes).map(([outcome, number]) => `- ${outcome}: ${number}`);
