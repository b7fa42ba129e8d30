/** The end of creations: the one transaction that makes their outcomes true. */
import { sql } from 'kysely';
import type { CreationOutcome } from '../../core/ports';
import type { PairOrigin } from '../../core/story';
import type { FieldBaseline, RowControl, Table } from '../../core/types';
import { recordKey } from '../../temporal/names';
import { type Database, type Db, inTransaction } from '../database';
import { closeDecisions } from '../decisions';
import { closeUnchanged } from '../inbox';
import { joinHalves } from '../joining';
import { type RunRef, standings } from '../pairs';
import { type NewRejection, replaceRejections } from '../rejections';
import { endRequests, outcomeOf } from '../requests';
import { closeMatches } from '../reviews/matches';
import { lockRecords, openReview, type Settlement, settledRun } from '../settle';

export interface EndWithoutWork {
  readonly marketoId: string;
  readonly seq: number;
  readonly requestIds: readonly string[];
  readonly outcome?: CreationOutcome;
}

/** Answers requests that need no work, and closes each person's inbox row unless another request has come in. */
export async function endAllWithoutWork(db: Database, ends: readonly EndWithoutWork[]): Promise<void> {
  await inTransaction(db, async (tx) => {
    await endRequests(
      tx,
      ends.flatMap(({ requestIds, outcome }) => (outcome === undefined ? [] : [{ requestIds, outcome, others: outcome }])),
    );
    await closeUnchanged(
      tx,
      ends.map(({ marketoId, seq, outcome }) => ({
        key: recordKey.create(marketoId),
        seq,
        outcome: outcome?.status ?? 'unchanged',
      })),
    );
  });
}

export const endWithoutWork = (db: Database, end: EndWithoutWork): Promise<void> => endAllWithoutWork(db, [end]);

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
 * Makes outcomes true, in the order of `runs`: the pair is live, the requests are answered, the pair is queued once. Answers each outcome as
 * it became: `review` when another pair has the row; `undefined` when nothing was changed, because a newer claim holds the pair or the
 * person has got a row since it was looked at. Repeating it changes nothing and answers the same.
 */
export async function settleCreations(
  db: Database,
  runs: readonly CreationSettlement[],
): Promise<readonly (CreationOutcome | undefined)[]> {
  return inTransaction(db, async (tx) => {
    const stands = await standings(tx, runs);
    const live = await livePairs(tx, runs);
    const held = runs.filter((run, index) => stands[index] === 'held' && (run.row === undefined || !live.has(run.pairId)));
    const outcomes = await settleHeld(tx, held);
    const answers: (CreationOutcome | undefined)[] = [];
    for (const [index, run] of runs.entries())
      answers.push(stands[index] === 'settled' ? await outcomeOfFirst(tx, run) : outcomes.get(run));
    return answers;
  });
}

export const settleCreation = async (db: Database, run: CreationSettlement): Promise<CreationOutcome | undefined> =>
  (await settleCreations(db, [run]))[0];

/** Asked while the pairs are locked. A person has one row: another one must neither be made nor take its place. */
async function livePairs(tx: Db, runs: readonly CreationSettlement[]): Promise<ReadonlySet<number>> {
  const { rows } = await sql<{ id: number }>`
    select id from pair where id = any(${runs.map(({ pairId }) => pairId)}) and state = 'live'`.execute(tx);
  return new Set(rows.map(({ id }) => id));
}

async function settleHeld(
  tx: Db,
  runs: readonly CreationSettlement[],
): Promise<ReadonlyMap<CreationSettlement, CreationOutcome>> {
  if (runs.length === 0) return new Map();
  const withRow = runs.flatMap((run) => (run.row === undefined ? [] : [{ run, row: run.row }]));
  await lockRecords(tx, {
    keys: [
      ...runs.map(({ key }) => key),
      ...withRow.flatMap(({ run, row }) => [recordKey.pair(run.marketoId), recordKey.row(row.table, row.id)]),
    ],
    pairIds: runs.map(({ pairId }) => pairId),
  });
  const joined = await joinHalves(
    tx,
    withRow.map(({ run: { pairId, marketoId, outcome }, row }) => ({
      pairId,
      marketoId,
      half: { side: 'dynamics', entity: row.table, id: row.id },
      lane: 'create',
      outcome: outcome.status,
    })),
  );
  const lost = withRow.filter(({ run }) => !joined.has(run.pairId));
  const losers = new Set(lost.map(({ run }) => run));
  const outcomes = new Map(runs.map((run) => [run, losers.has(run) ? PAIRED_ELSEWHERE : run.outcome]));
  const outcome = (run: CreationSettlement): CreationOutcome => outcomes.get(run) ?? run.outcome;
  await movePairs(tx, runs, joined, outcome);
  await closeMatches(
    tx,
    withRow
      .filter(({ run }) => joined.has(run.pairId))
      .map(({ run: { pairId, marketoId }, row: { table, id } }) => ({ pairId, marketoId, table, microsoftId: id })),
  );
  for (const { run, row } of lost)
    await openReview(tx, run, { kind: 'rowPairedElsewhere', detail: { table: row.table, microsoftId: row.id } });
  for (const run of runs) if (run.review !== undefined) await openReview(tx, run, run.review);
  await closeDecisions(
    tx,
    runs.map((run) => ({ ...run, results: run.results ?? [] })),
  );
  await replaceRejections(
    tx,
    runs.map((run) => ({
      pairId: run.pairId,
      // What became of the row is the pair's business; without a row there is only the request to try again.
      key: run.row === undefined ? run.key : recordKey.pair(run.marketoId),
      found: run.rejections,
      still: [],
    })),
  );
  await endRequests(
    tx,
    runs.map((run) => ({ requestIds: run.requestIds, outcome: outcome(run), others: afterwards(outcome(run)) })),
  );
  await closeUnchanged(
    tx,
    runs.map((run) => ({ key: run.key, seq: run.seq, pairId: run.pairId, outcome: outcome(run).status })),
  );
  return outcomes;
}

async function movePairs(
  tx: Db,
  runs: readonly CreationSettlement[],
  joined: ReadonlySet<number>,
  outcome: (run: CreationSettlement) => CreationOutcome,
): Promise<void> {
  const moves = runs.map((run) => ({
    id: run.pairId,
    outcome: outcome(run).status,
    joined: joined.has(run.pairId),
    baseline: run.baseline,
    control: run.row?.control ?? null,
    origin: run.row?.origin ?? null,
  }));
  await sql`
    update pair set settled_epoch = epoch, settled_outcome = x.outcome,
      state = case when x.joined then 'live' else pair.state end,
      baseline = case when x.joined then x.baseline else pair.baseline end,
      control = case when x.joined then x.control else pair.control end,
      origin = case when x.joined then x.origin else pair.origin end,
      origin_at = case when x.joined then now() else pair.origin_at end
    from jsonb_to_recordset(${JSON.stringify(moves)}::jsonb)
      as x(id bigint, outcome text, joined boolean, baseline jsonb, control jsonb, origin text)
    where pair.id = x.id`.execute(tx);
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
