/** The end of a run: one transaction that makes its outcome true. Repeating it changes nothing. */
import { sql } from 'kysely';
import type { FieldBaseline, Lane, RowControl, SideName } from '../core/types';
import type { SyncOutcome } from '../temporal/names';
import { type Database, type Db, inTransaction } from './database';
import { closeDecisions } from './decisions';
import { closeIfUnchanged } from './inbox';
import { joinHalf } from './joining';
import { type RunRef, standing } from './pairs';
import { type NewRejection, replaceRejections } from './rejections';
import { noteCollisions } from './reviews/collisions';
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

export type Settled =
  /** A newer claim holds the pair: nothing was changed, the record stays open and the newer run decides. */
  | { readonly superseded: true }
  /**
   * Everything is settled. `outcome` is `review` when another pair turned out to have the person; `closed` is false when something
   * came in after what was read: then the record is due again at once.
   */
  | { readonly superseded: false; readonly outcome: SyncOutcome; readonly closed: boolean };

/**
 * Settles a run. A fence that still stands is left alone: an earlier try of this run may be under way, and until it must have ended
 * nobody may claim the pair.
 */
export async function settle(db: Database, run: Settlement): Promise<Settled> {
  return inTransaction(db, async (tx) => {
    const stands = await standing(tx, run);
    if (stands === 'superseded') return { superseded: true };
    if (stands === 'settled') return settledBefore(tx, run);
    const joined = run.person === undefined || (await join(tx, run, run.person));
    const outcome = joined ? run.outcome : 'review';
    await closeDecisions(tx, run, run.results);
    await movePair(tx, run, { joined, outcome });
    await replaceRejections(tx, { pairId: run.pairId, key: run.key, found: run.rejections, still: run.stillRejected });
    for (const review of run.reviews ?? []) await openReview(tx, run, review);
    if (run.results.length > 0) await noteCollisions(tx, run.pairId);
    return { superseded: false, outcome, closed: await closeIfUnchanged(tx, run, outcome) };
  });
}

async function join(tx: Db, run: Settlement, { marketoId, lane }: NonNullable<Settlement['person']>): Promise<boolean> {
  const half = { side: 'marketo', entity: 'person', id: marketoId } as const;
  const joined = await joinHalf(tx, { pairId: run.pairId, marketoId, half, lane, outcome: run.outcome });
  if (!joined) await openReview(tx, run, { kind: 'personPairedElsewhere', detail: { marketoId } });
  return joined;
}

/** Without its other half a pair stays what it was: a baseline would speak of a person it does not have. */
async function movePair(
  tx: Db,
  run: Settlement,
  end: { readonly joined: boolean; readonly outcome: SyncOutcome },
): Promise<void> {
  const reset = end.joined && run.resetBaseline === true;
  const baseline = end.joined ? run.baseline : {};
  const state = end.joined ? run.state : undefined;
  await sql`
    update pair set settled_epoch = epoch, settled_outcome = ${end.outcome},
      baseline = case when ${reset} then '{}' else baseline end || ${JSON.stringify(baseline)}::jsonb,
      control = coalesce(${run.control ? JSON.stringify(run.control) : null}::jsonb, control),
      gone_since = case when ${state ?? null}::text is null then gone_since end,
      state = coalesce(${state ?? null}::text, state)
    where id = ${run.pairId}`.execute(tx);
  if (state === 'personDeleted')
    await sql`update identity set current = false where pair_id = ${run.pairId} and side = 'marketo'`.execute(tx);
}

async function settledBefore(tx: Db, run: RunRef): Promise<Settled> {
  const { rows } = await sql<{ outcome: SyncOutcome; closed: boolean }>`
    select settled_outcome as outcome,
      not exists (select 1 from inbox where key = ${run.key} and state <> 'closed') as closed
    from pair where id = ${run.pairId}`.execute(tx);
  const [end] = rows;
  if (end === undefined) throw new Error(`Pair ${run.pairId} vanished while it was locked`);
  return { superseded: false, ...end };
}

/**
 * How a run ended that was settled already, with the code of a refusal that is open: for a run that was killed after its settlement and
 * before it could say so. `undefined` when it was not settled, or a newer claim has come since.
 */
export async function settledRun(
  db: Db,
  run: Pick<RunRef, 'pairId' | 'epoch'>,
): Promise<{ readonly outcome: SyncOutcome; readonly rejectCode?: string } | undefined> {
  const { rows } = await sql<{ outcome: SyncOutcome; code: string | null }>`
    select settled_outcome as outcome,
      (select code from rejection where pair_id = pair.id and closed_at is null order by opened_at, id limit 1) as code
    from pair where id = ${run.pairId} and epoch = ${run.epoch} and settled_epoch = epoch`.execute(db);
  const [row] = rows;
  return row && { outcome: row.outcome, ...(row.code === null ? {} : { rejectCode: row.code }) };
}

export async function openReview(
  tx: Db,
  run: { readonly key: string; readonly pairId?: number },
  review: { readonly kind: string; readonly detail: object },
): Promise<void> {
  await tx
    .insertInto('review')
    .values({ pair_id: run.pairId ?? null, key: run.key, kind: review.kind, detail: JSON.stringify(review.detail) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Marks a run's planned decisions as overtaken: what they were made on is not true any more. */
export async function supersede(db: Db, run: Pick<RunRef, 'pairId' | 'epoch'>): Promise<void> {
  await sql`
    update decision set result = 'superseded', settled_at = now()
    where pair_id = ${run.pairId} and epoch = ${run.epoch} and result = 'planned'`.execute(db);
}
