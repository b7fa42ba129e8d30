/** The ledger: what was decided for one field and why, planned until it has a result. */
import { sql } from 'kysely';
import type { Decision, FieldBaseline } from '../core/types';
import type { Db } from './database';
import type { RunRef } from './pairs';
import type { DecidedWrite, DecisionTable } from './schema';

/** A decision with what becomes of it: held writes are not sent, `after` is the baseline once every write is confirmed. */
export interface LedgerEntry {
  readonly decision: Decision;
  readonly writes: readonly DecidedWrite[];
  readonly after?: FieldBaseline;
  readonly result: DecisionTable['result'];
}

/** Writes a run's decisions down before anything is sent. Repeating it changes nothing. */
export async function planDecisions(db: Db, run: RunRef, entries: readonly LedgerEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await db
    .insertInto('decision')
    .values(
      entries.map(({ decision, writes, after, result }) => ({
        pair_id: run.pairId,
        key: run.key,
        epoch: run.epoch,
        seq: run.seq,
        field: decision.field,
        group_name: decision.group,
        rule: decision.rule,
        winner: decision.winner ?? null,
        baseline: decision.baseline ? JSON.stringify(decision.baseline) : null,
        marketo: JSON.stringify({ value: decision.marketo }),
        dynamics: JSON.stringify({ value: decision.dynamics }),
        writes: JSON.stringify(writes),
        after: after ? JSON.stringify(after) : null,
        result,
      })),
    )
    .onConflict((conflict) => conflict.columns(['pair_id', 'epoch', 'field']).doNothing())
    .execute();
}

/** Gives a run's decisions their results. What was planned and is not among them came to nothing: it was decided otherwise in the end. */
export async function closeDecisions(
  tx: Db,
  run: Pick<RunRef, 'pairId' | 'epoch'>,
  results: readonly { readonly field: string; readonly result: string; readonly writes: readonly DecidedWrite[] }[],
): Promise<void> {
  if (results.length === 0) return;
  await sql`
    update decision set result = coalesce(x.result, 'superseded'), writes = coalesce(x.writes, decision.writes), settled_at = now()
    from decision as planned
      left join jsonb_to_recordset(${JSON.stringify(results)}::jsonb) as x(field text, result text, writes jsonb) on x.field = planned.field
    where planned.pair_id = ${run.pairId} and planned.epoch = ${run.epoch} and (x.field is not null or planned.result = 'planned')
      and decision.id = planned.id`.execute(tx);
}
