/**
 * The store as runs use it, one record each: what many of them ask or say while a statement is under way travels together in the next
 * one. A page of the initial load and a cycle full of edits cost the store a few statements that way, and a lone record waits for nobody.
 */
import { claimAll, type ClaimResult } from '../store/claims';
import type { Database } from '../store/database';
import { type LedgerEntry, planAllDecisions } from '../store/decisions';
import { type HeldRecord, heldRecords, type RunRef } from '../store/pairs';
import { restlessFields } from '../store/parking';
import { type OpenRejection, openRejections } from '../store/rejections';
import { settleAll, type Settled, type Settlement } from '../store/settle';
import { grouped } from './grouped';

/** Each of these is what its namesake in `store/` does for many. They reject with what the store said about this one record. */
export interface Runs {
  claim(key: string): Promise<ClaimResult>;
  held(run: RunRef): Promise<HeldRecord | undefined>;
  openRejections(pairId: number): Promise<readonly OpenRejection[]>;
  restlessFields(pairId: number): Promise<ReadonlySet<string>>;
  planDecisions(run: RunRef, entries: readonly LedgerEntry[]): Promise<void>;
  settle(settlement: Settlement): Promise<Settled>;
}

export function createRuns(db: Database): Runs {
  const plan = grouped(
    ({ run }) => String(run.pairId),
    async (plans: readonly { readonly run: RunRef; readonly entries: readonly LedgerEntry[] }[]) => {
      await planAllDecisions(db, plans);
      return plans.map(() => undefined);
    },
  );
  return {
    claim: grouped(String, (keys) => claimAll(db, keys)),
    held: grouped(pairOf, (runs) => heldRecords(db, runs)),
    openRejections: grouped(String, (pairIds: readonly number[]) => openRejections(db, pairIds)),
    restlessFields: grouped(String, (pairIds: readonly number[]) => restlessFields(db, pairIds)),
    planDecisions: async (run, entries) => {
      if (entries.length > 0) await plan({ run, entries });
    },
    settle: grouped(pairOf, (settlements: readonly Settlement[]) => settleAll(db, settlements)),
  };
}

const pairOf = ({ pairId }: RunRef): string => String(pairId);
