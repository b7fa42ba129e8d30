/**
 * The store as runs use it, one record each: what many of them ask or say while a statement is under way travels together in the next
 * one. A page of the initial load and a cycle full of edits cost the store a few statements that way, and a lone record waits for nobody.
 */
import { claimAll, type ClaimResult } from '../store/claims';
import {
  type CreationHead,
  type CreationSettlement,
  creationHeads,
  endAllWithoutWork,
  type EndWithoutWork,
  reserveRows,
  type RowWish,
  settleCreations,
} from '../store/creation';
import type { CreationOutcome } from '../core/ports';
import type { Database } from '../store/database';
import { type LedgerEntry, planAllDecisions } from '../store/decisions';
import { type ReadRecord, saveSnapshots } from '../store/inbox';
import { type HeldRecord, heldRecords, type RunRef } from '../store/pairs';
import { restlessFields } from '../store/parking';
import { type OpenRejection, openRejections } from '../store/rejections';
import { markRequestsLogged, takeUnloggedRequests, type UnloggedRequest } from '../store/requests';
import { keptApart } from '../store/reviews/keptApart';
import { settleAll, type Settled, type Settlement } from '../store/settle';
import { grouped, groupedTelling } from './grouped';

/** Each of these is what its namesake in `store/` does for many. They reject with what the store said about this one record. */
export interface Runs {
  claim(key: string): Promise<ClaimResult>;
  held(run: RunRef): Promise<HeldRecord | undefined>;
  openRejections(pairId: number): Promise<readonly OpenRejection[]>;
  restlessFields(pairId: number): Promise<ReadonlySet<string>>;
  planDecisions(run: RunRef, entries: readonly LedgerEntry[]): Promise<void>;
  settle(settlement: Settlement): Promise<Settled>;
  saveSnapshot(read: ReadRecord): Promise<void>;
  /** Whether an operator has said that nobody with the same e-mail address is the other half of this record. */
  isKeptApart(key: string): Promise<boolean>;

  creationHead(marketoId: string): Promise<CreationHead>;
  reserveRow(wish: RowWish): Promise<string | undefined>;
  settleCreation(settlement: CreationSettlement): Promise<CreationOutcome | undefined>;
  endWithoutWork(end: EndWithoutWork): Promise<void>;
  takeUnlogged(marketoId: string): Promise<readonly UnloggedRequest[]>;
  markLogged(requestId: string): Promise<void>;
}

export function createRuns(db: Database): Runs {
  const plan = groupedTelling(
    ({ run }) => String(run.pairId),
    (plans: readonly { readonly run: RunRef; readonly entries: readonly LedgerEntry[] }[]) => planAllDecisions(db, plans),
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
    saveSnapshot: groupedTelling(
      ({ key }) => key,
      (reads: readonly ReadRecord[]) => saveSnapshots(db, reads),
    ),
    isKeptApart: grouped(String, async (keys: readonly string[]) => {
      const apart = await keptApart(db, keys);
      return keys.map((key) => apart.has(key));
    }),

    creationHead: grouped(String, (marketoIds: readonly string[]) => creationHeads(db, marketoIds)),
    reserveRow: grouped(
      ({ pairId }) => String(pairId),
      (wishes: readonly RowWish[]) => reserveRows(db, wishes),
    ),
    settleCreation: grouped(pairOf, (settlements: readonly CreationSettlement[]) => settleCreations(db, settlements)),
    endWithoutWork: groupedTelling(
      ({ marketoId }) => marketoId,
      (ends: readonly EndWithoutWork[]) => endAllWithoutWork(db, ends),
    ),
    takeUnlogged: grouped(String, (marketoIds: readonly string[]) => takeUnloggedRequests(db, marketoIds)),
    markLogged: groupedTelling(String, (requestIds: readonly string[]) => markRequestsLogged(db, requestIds)),
  };
}

const pairOf = ({ pairId }: RunRef): string => String(pairId);
