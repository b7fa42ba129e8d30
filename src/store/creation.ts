/** Serving a creation request: the pending pair, the row's generation, and the one transaction that makes the outcome true. */
import { sql } from 'kysely';
import type { CreationOutcome } from '../core/ports';
import type { PairOrigin } from '../core/story';
import type { FieldBaseline, RowControl, Table } from '../core/types';
import { recordKey } from '../temporal/names';
import { type Database, type Db, inTransaction } from './database';
import { closeDecisions } from './decisions';
import { closeIfUnchanged } from './inbox';
import { joinHalf } from './joining';
import { type RunRef, standing } from './pairs';
import { type NewRejection, replaceRejections } from './rejections';
import { endRequests, outcomeOf } from './requests';
import { closeMatches } from './reviews/matches';
import { openReview, type Settlement, settledRun } from './settle';

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
  return {
    seq: row?.seq ?? 0,
    unlogged: row?.unlogged ?? false,
    ...(row?.microsoftId ? { live: { microsoftId: row.microsoftId } } : {}),
  };
}

/** Answers requests that need no work, and closes their inbox row unless another request has come in. */
export async function endWithoutWork(
  db: Database,
  args: {
    readonly marketoId: string;
    readonly seq: number;
    readonly requestIds: readonly string[];
    readonly outcome?: CreationOutcome;
  },
): Promise<void> {
  const { marketoId, seq, requestIds, outcome } = args;
  await inTransaction(db, async (tx) => {
    if (outcome !== undefined) await endRequests(tx, requestIds, outcome, outcome);
    await closeIfUnchanged(tx, { key: recordKey.create(marketoId), seq }, outcome?.status ?? 'unchanged');
  });
}

export interface RowToCreate {
  readonly table: Table;
  /** The row's GUID, from how often a row was created for this person. */
  readonly idOf: (generation: number) => string;
}

/**
 * Reserves the GUID of the row that is going to be created, before anything is sent: when the row then comes back in a feed, it is known
 * whose it is, and nobody makes a second person for it. A pair whose row was deleted moves on to the next generation, once: its new
 * row must not take the dead one's id. Repeating it answers the same; `undefined` when there is nothing to create any more: a newer claim
 * holds the pair, or the person has got a row since it was looked at.
 */
export async function reserveRow(
  db: Database,
  held: Pick<RunRef, 'pairId' | 'epoch'>,
  { table, idOf }: RowToCreate,
): Promise<string | undefined> {
  return inTransaction(db, async (tx) => {
    if ((await standing(tx, held)) !== 'held' || (await isLive(tx, held.pairId))) return undefined;
    const again = await sql`
      update pair set generation = generation + 1, state = 'pending', baseline = '{}', control = null
      where id = ${held.pairId} and state = 'rowDeleted'`.execute(tx);
    if (Number(again.numAffectedRows ?? 0) > 0)
      await sql`update identity set current = false where pair_id = ${held.pairId} and side = 'dynamics'`.execute(tx);
    const pair = await tx.selectFrom('pair').select('generation').where('id', '=', held.pairId).executeTakeFirstOrThrow();
    const id = idOf(pair.generation);
    await tx
      .insertInto('identity')
      .values({ side: 'dynamics', entity: table, id, pair_id: held.pairId, current: false })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return id;
  });
}

export interface CreationSettlement extends RunRef {
  readonly marketoId: string;
  /** The first is answered with `outcome`, the others found it done. */
  readonly requestIds: readonly string[];
  readonly outcome: CreationOutcome;
  /** The row that was created or linked. */
  readonly row?: { readonly table: Table; readonly id: string; readonly origin: PairOrigin; readonly control?: RowControl };
  readonly baseline: Readonly<Record<string, FieldBaseline>>;
  readonly rejections: readonly NewRejection[];
  /** Of decisions that were planned: what became of the defaults. */
  readonly results?: Settlement['results'];
  readonly review?: { readonly kind: string; readonly detail: object };
}

/**
 * Makes the outcome true: the pair is live, the requests are answered, the pair is queued once. Answers the outcome as it became:
 * `review` when another pair has the row; `undefined` when nothing was changed, because a newer claim holds the pair or the person has got
 * a row since it was looked at. Repeating it changes nothing and answers the same.
 */
export async function settleCreation(db: Database, run: CreationSettlement): Promise<CreationOutcome | undefined> {
  return inTransaction(db, async (tx) => {
    const stands = await standing(tx, run);
    if (stands === 'superseded') return undefined;
    if (stands === 'settled') return outcomeOfFirst(tx, run);
    if (run.row !== undefined && (await isLive(tx, run.pairId))) return undefined;
    const joined = run.row === undefined || (await join(tx, run, run.row));
    const outcome = joined ? run.outcome : PAIRED_ELSEWHERE;
    await sql`update pair set settled_epoch = epoch, settled_outcome = ${outcome.status} where id = ${run.pairId}`.execute(tx);
    if (run.review !== undefined) await openReview(tx, run, run.review);
    await closeDecisions(tx, [{ ...run, results: run.results ?? [] }]);
    // What became of the row is the pair's business; without a row there is only the request to try again.
    const key = run.row === undefined ? run.key : recordKey.pair(run.marketoId);
    await replaceRejections(tx, [{ pairId: run.pairId, key, found: run.rejections, still: [] }]);
    await endRequests(tx, run.requestIds, outcome, afterwards(outcome));
    await closeIfUnchanged(tx, run, outcome.status);
    return outcome;
  });
}

/** Asked while the pair is locked. A person has one row: another one must neither be made nor take its place. */
async function isLive(tx: Db, pairId: number): Promise<boolean> {
  const { state } = await tx.selectFrom('pair').select('state').where('id', '=', pairId).executeTakeFirstOrThrow();
  return state === 'live';
}

async function join(tx: Db, run: CreationSettlement, row: NonNullable<CreationSettlement['row']>): Promise<boolean> {
  const { pairId, marketoId } = run;
  const { table, id, origin, control } = row;
  const half = { side: 'dynamics', entity: table, id } as const;
  const joined = await joinHalf(tx, { pairId, marketoId, half, lane: 'create', outcome: run.outcome.status });
  if (joined) {
    await closeMatches(tx, [{ pairId, marketoId, table, microsoftId: id }]);
    await sql`
      update pair set state = 'live', baseline = ${JSON.stringify(run.baseline)}::jsonb,
        control = ${control ? JSON.stringify(control) : null}::jsonb, origin = ${origin}, origin_at = now()
      where id = ${pairId}`.execute(tx);
  } else await openReview(tx, run, { kind: 'rowPairedElsewhere', detail: { table, microsoftId: id } });
  return joined;
}

const PAIRED_ELSEWHERE: CreationOutcome = {
  status: 'review',
  code: 'rowPairedElsewhere',
  reason: 'The row belongs to another person already; an operator has to decide',
};

/** How a run ended that was settled already; `undefined` when it was not, or a newer claim has come since. */
export async function settledCreation(
  db: Db,
  run: Pick<CreationSettlement, 'pairId' | 'epoch' | 'requestIds'>,
): Promise<CreationOutcome | undefined> {
  return (await settledRun(db, run)) && outcomeOfFirst(db, run);
}

async function outcomeOfFirst(
  db: Db,
  { requestIds }: Pick<CreationSettlement, 'requestIds'>,
): Promise<CreationOutcome | undefined> {
  const [first] = requestIds;
  return first === undefined ? undefined : outcomeOf(db, first);
}

/** What the second of two requests is told: the first one's work is done by then. */
function afterwards(outcome: CreationOutcome): CreationOutcome {
  const { status, microsoftId } = outcome;
  if (status !== 'created' && status !== 'linked') return outcome;
  return { status: 'alreadySynced', ...(microsoftId === undefined ? {} : { microsoftId }) };
}
