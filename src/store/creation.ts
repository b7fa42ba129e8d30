/** Serving a creation request: the pending pair, the row's generation, and the one transaction that makes the outcome true. */
import { sql } from 'kysely';
import type { CreationOutcome } from '../core/ports';
import type { FieldBaseline, RowControl, Table } from '../core/types';
import { recordKey } from '../temporal/names';
import type { Database, Db } from './database';
import { closeIfUnchanged } from './inbox';
import { joinHalf } from './joining';
import { stillHeld } from './pairs';
import { type NewRejection, replaceRejections } from './rejections';
import { endRequests } from './requests';
import { openReview } from './settle';

/** What was found for a person before anything is claimed. */
export interface CreationHead {
  /** The inbox row's number, or 0 when there is no row. */
  readonly seq: number;
  /** The row of a live pair: then there is nothing to create. */
  readonly live?: { readonly microsoftId: string };
  /** True when an earlier outcome is not on the person's activity log yet. */
  readonly unlogged: boolean;
}

/** Looks at a person's pair without claiming it, so that a request for someone who is in Dynamics disturbs nothing. */
export async function creationHead(db: Db, marketoId: string): Promise<CreationHead> {
  const { rows } = await sql<{ seq: number | null; microsoftId: string | null; unlogged: boolean }>`
    select (select seq from inbox where key = ${recordKey.create(marketoId)}) as seq,
      exists (select 1 from request where marketo_id = ${marketoId} and ended_at is not null and logged_at is null) as unlogged,
      (select d.id from identity m
         join pair p on p.id = m.pair_id and p.state = 'live'
         join identity d on d.pair_id = p.id and d.side = 'dynamics' and d.current
       where m.side = 'marketo' and m.entity = 'person' and m.id = ${marketoId} and m.current) as "microsoftId"`.execute(db);
  const row = rows[0];
  return { seq: row?.seq ?? 0, unlogged: row?.unlogged ?? false, ...(row?.microsoftId ? { live: { microsoftId: row.microsoftId } } : {}) };
}

/** Answers requests that need no work, and closes their inbox row unless another request has come in. */
export async function endWithoutWork(
  db: Database,
  args: { readonly marketoId: string; readonly seq: number; readonly requestIds: readonly string[]; readonly outcome?: CreationOutcome },
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    if (args.outcome !== undefined) await endRequests(tx, args.requestIds, args.outcome, args.outcome);
    await closeIfUnchanged(tx, recordKey.create(args.marketoId), args.seq, args.outcome?.status ?? 'unchanged');
  });
}

/**
 * The number that makes the GUID of the row to be created. A pair whose row was deleted gets the next one, once: its new row must not
 * take the dead one's id. Repeating it answers the same.
 */
export async function generationForCreate(db: Db, held: { readonly pairId: number; readonly epoch: number }): Promise<number | undefined> {
  await sql`
    update pair set generation = generation + 1, state = 'pending', baseline = '{}', control = null
    where id = ${held.pairId} and epoch = ${held.epoch} and state = 'rowDeleted'`.execute(db);
  const row = await db
    .selectFrom('pair')
    .select('generation')
    .where('id', '=', held.pairId)
    .where('epoch', '=', held.epoch)
    .executeTakeFirst();
  return row?.generation;
}

export interface CreationSettlement {
  readonly key: string;
  readonly pairId: number;
  readonly epoch: number;
  readonly seq: number;
  readonly marketoId: string;
  /** The first is answered with `outcome`, the others found it done. */
  readonly requestIds: readonly string[];
  readonly outcome: CreationOutcome;
  /** The row that was created or linked. */
  readonly row?: { readonly table: Table; readonly id: string; readonly control?: RowControl };
  readonly baseline: Readonly<Record<string, FieldBaseline>>;
  readonly rejections: readonly NewRejection[];
  readonly review?: { readonly kind: string; readonly detail: object };
}

/**
 * Makes the outcome true: the pair is live, the requests are answered, the pair is queued once. Answers the outcome as it became:
 * `review` when another pair has the row; `undefined` when a newer claim holds the pair and nothing was changed.
 */
export async function settleCreation(db: Database, run: CreationSettlement): Promise<CreationOutcome | undefined> {
  return db.transaction().execute(async (tx) => {
    if (!(await stillHeld(tx, run))) return undefined;
    let { outcome } = run;
    await sql`update pair set writing_until = null where id = ${run.pairId}`.execute(tx);
    if (run.row !== undefined) {
      const { table, id, control } = run.row;
      const half = { side: 'dynamics', entity: table, id } as const;
      const joined = await joinHalf(tx, { pairId: run.pairId, marketoId: run.marketoId, half, lane: 'create' });
      if (joined)
        await sql`
          update pair set state = 'live', baseline = ${JSON.stringify(run.baseline)}::jsonb,
            control = ${control ? JSON.stringify(control) : null}::jsonb
          where id = ${run.pairId}`.execute(tx);
      else {
        outcome = { status: 'review', reason: 'The row belongs to another person already; an operator has to decide' };
        await openReview(tx, run, { kind: 'rowPairedElsewhere', detail: { table, microsoftId: id } });
      }
    }
    if (run.review !== undefined) await openReview(tx, run, run.review);
    // What became of the row is the pair's business; without a row there is only the request to try again.
    const key = run.row === undefined ? run.key : recordKey.pair(run.marketoId);
    await replaceRejections(tx, { pairId: run.pairId, key, found: run.rejections, still: [] });
    await endRequests(tx, run.requestIds, outcome, afterwards(outcome));
    await closeIfUnchanged(tx, run.key, run.seq, outcome.status);
    return outcome;
  });
}

/** What the second of two requests is told: the first one's work is done by then. */
function afterwards(outcome: CreationOutcome): CreationOutcome {
  const { status, microsoftId } = outcome;
  if (status !== 'created' && status !== 'linked') return outcome;
  return { status: 'alreadySynced', ...(microsoftId === undefined ? {} : { microsoftId }) };
}
