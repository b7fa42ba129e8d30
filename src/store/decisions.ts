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

/** Writes the decisions of runs down before anything is sent. Repeating it changes nothing. */
export async function planAllDecisions(
  db: Db,
  runs: readonly { readonly run: RunRef; readonly entries: readonly LedgerEntry[] }[],
): Promise<void> {
  const rows = runs.flatMap(({ run, entries }) => entries.map((entry) => rowOf(run, entry)));
  if (rows.length === 0) return;
  await sql`
    insert into decision (pair_id, key, epoch, seq, field, group_name, rule, winner, baseline, marketo, dynamics, writes, after, result)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x(pair_id bigint, key text, epoch bigint, seq bigint, field text,
      group_name text, rule text, winner text, baseline jsonb, marketo jsonb, dynamics jsonb, writes jsonb, after jsonb, result text)
    on conflict (pair_id, epoch, field) do nothing`.execute(db);
}

export const planDecisions = (db: Db, run: RunRef, entries: readonly LedgerEntry[]): Promise<void> =>
  planAllDecisions(db, [{ run, entries }]);

function rowOf(run: RunRef, { decision, writes, after, result }: LedgerEntry): object {
  return {
    pair_id: run.pairId,
    key: run.key,
    epoch: run.epoch,
    seq: run.seq,
    field: decision.field,
    group_name: decision.group,
    rule: decision.rule,
    winner: decision.winner,
    baseline: decision.baseline,
    marketo: { value: decision.marketo },
    dynamics: { value: decision.dynamics },
    writes,
    after,
    result,
  };
}

export interface DecisionResults extends Pick<RunRef, 'pairId' | 'epoch'> {
  readonly results: readonly { readonly field: string; readonly result: string; readonly writes: readonly DecidedWrite[] }[];
}

/**
 * Gives the decisions of runs their results. What was planned and is not among them came to nothing: it was decided otherwise in the end, or its
 * run was killed before it could say what became of it, and this later one has looked again.
 */
export async function closeDecisions(tx: Db, runs: readonly DecisionResults[]): Promise<void> {
  const ended = runs.filter(({ results }) => results.length > 0);
  if (ended.length === 0) return;
  const asked = ended.map(({ pairId, epoch, results }) => ({
    pairId,
    epoch,
    // Looked up by the field: as rows to join they would be compared with every decision of every run.
    results: Object.fromEntries(results.map(({ field, result, writes }) => [field, { result, writes }])),
  }));
  await sql`
    update decision set settled_at = now(),
      result = case when decision.epoch = run.epoch then coalesce(run.results->field->>'result', 'superseded') else 'superseded' end,
      writes = case when decision.epoch = run.epoch then coalesce(run.results->field->'writes', writes) else writes end
    from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as run("pairId" bigint, epoch bigint, results jsonb)
    where decision.pair_id = run."pairId"
      and (decision.epoch = run.epoch and run.results ? field or decision.epoch <= run.epoch and result = 'planned')`.execute(tx);
}
