/** How many records of a page ended in which way. */
import type { SyncOutcome } from '../temporal/names';

export type Outcomes = Partial<Record<SyncOutcome, number>>;

export function count(outcomes: Outcomes, outcome: SyncOutcome): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}
