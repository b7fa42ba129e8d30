/** A page of the initial load: the steps of `syncRecord` for many records at once, because they need not be seen one by one. */
import { setCurrentDetails } from '@temporalio/workflow';
import type { Outcomes } from '../activities/outcomes';
import { bulk } from './activities';
import { logRefusals } from './logRefusals';
import { runPool } from './pool';
import { describeLot } from './progress';

const LOGS_AT_ONCE = 10;

export interface PageInput {
  /** Inbox keys. */
  readonly keys: readonly string[];
}

export interface PageResult {
  readonly outcomes: Outcomes;
}

export async function syncPage({ keys }: PageInput): Promise<PageResult> {
  const { runs, outcomes: ended } = await bulk.fetchPage({ keys });
  setCurrentDetails(`${keys.length} records, ${runs.length} to be decided and written`);
  const { outcomes, refused, singles } = await bulk.writePage({ runs });
  await runPool(refused, LOGS_AT_ONCE, ({ key, pairId }) => logRefusals(key, pairId)).done;
  const all = sum(ended, outcomes);
  setCurrentDetails(describeLot(all, singles));
  return { outcomes: all };
}

/** Outcomes of two lots of records, added up. */
export function sum(left: Outcomes, right: Outcomes): Outcomes {
  const all: Outcomes = { ...left };
  for (const [outcome, number] of Object.entries(right) as [keyof Outcomes, number][])
    all[outcome] = (all[outcome] ?? 0) + number;
  return all;
}
