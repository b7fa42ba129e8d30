/** The end of a run: one transaction that makes its outcome true. Repeating it changes nothing. */
import { sql } from 'kysely';
import type { FieldBaseline, Lane, RowControl, SideName } from '../core/types';
import type { SyncOutcome } from '../temporal/names';
import type { Database, Db } from './database';
import { closeDecisions, type RunRef } from './decisions';
import { closeIfUnchanged } from './inbox';
import { joinHalf } from './joining';
import { stillHeld } from './pairs';
import { type NewRejection, replaceRejections } from './rejections';
import type { DecidedWrite, DecisionTable, PairState } from './schema';

export interface Settlement extends RunRef {
  readonly outcome: SyncOutcome;
  readonly results: readonly {
    readonly field: string;
    readonly result: DecisionTable['result'];
    readonly writes: readonly DecidedWrite[];
  }[];
  /** Baselines that moved: only fields all of whose writes were confirmed. */
  readonly baseline: Readonly<Record<string, FieldBaseline>>;
  /** The pair has a new half: what was agreed with the old one says nothing about it. */
  readonly resetBaseline?: boolean;
  readonly control?: RowControl | null;
  readonly state?: PairState;
  readonly rejections: readonly NewRejection[];
  /** Rejections found open and still true: their values were held back. */
  readonly stillRejected: readonly { readonly side: SideName; readonly group: string }[];
  readonly reviews?: readonly { readonly kind: string; readonly detail: object }[];
  /** The person that this run created or found for a row. */
  readonly person?: { readonly marketoId: string; readonly lane: Lane };
}

export type Settled = 'closed' | 'changedMeanwhile' | 'superseded';

/**
 * Settles a run. `superseded` when a newer claim holds the pair: nothing is changed, the record stays open and the newer run decides.
 * `changedMeanwhile` when something came in after what was read: everything is settled, and the record is due again at once.
 */
export async function settle(db: Database, run: Settlement): Promise<Settled> {
  return db.transaction().execute(async (tx) => {
    if (!(await stillHeld(tx, run))) return 'superseded';
    await closeDecisions(tx, run, run.results);
    await movePair(tx, run);
    await replaceRejections(tx, { pairId: run.pairId, key: run.key, found: run.rejections, still: run.stillRejected });
    for (const review of run.reviews ?? []) await openReview(tx, run, review);
    const closed = await closeIfUnchanged(tx, run.key, run.seq, run.outcome);
    if (run.person !== undefined) {
      const { marketoId, lane } = run.person;
      const half = { side: 'marketo', entity: 'person', id: marketoId } as const;
      const joined = await joinHalf(tx, { pairId: run.pairId, marketoId, half, lane });
      if (!joined) await openReview(tx, run, { kind: 'personPairedElsewhere', detail: { marketoId: run.person.marketoId } });
    }
    return closed ? 'closed' : 'changedMeanwhile';
  });
}

async function movePair(tx: Db, run: Settlement): Promise<void> {
  await sql`
    update pair set writing_until = null,
      baseline = case when ${run.resetBaseline ?? false} then '{}'::jsonb else baseline end || ${JSON.stringify(run.baseline)}::jsonb,
      control = coalesce(${run.control ? JSON.stringify(run.control) : null}::jsonb, control),
      state = coalesce(${run.state ?? null}, state)
    where id = ${run.pairId}`.execute(tx);
  if (run.state === 'personDeleted')
    await sql`update identity set current = false where pair_id = ${run.pairId} and side = 'marketo'`.execute(tx);
}

export async function openReview(
  tx: Db,
  run: Pick<RunRef, 'key' | 'pairId'>,
  review: { readonly kind: string; readonly detail: object },
): Promise<void> {
  await tx
    .insertInto('review')
    .values({ pair_id: run.pairId, key: run.key, kind: review.kind, detail: JSON.stringify(review.detail) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Marks a run's planned decisions as overtaken: what they were made on is not true any more. */
export async function supersede(db: Db, run: Pick<RunRef, 'pairId' | 'epoch'>): Promise<void> {
  await sql`
    update decision set result = 'superseded', settled_at = now()
    where pair_id = ${run.pairId} and epoch = ${run.epoch} and result = 'planned'`.execute(db);
}
