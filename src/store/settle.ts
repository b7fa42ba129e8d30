/** The end of a run: one transaction that makes its outcome true. Repeating it changes nothing. */
import { sql } from 'kysely';
import type { PairOrigin } from '../core/story';
import type { FieldBaseline, Lane, RecordRef, RowControl, SideName, Snapshot } from '../core/types';
import { recordKey, type SyncOutcome } from '../temporal/names';
import { holdFeeds } from './cursors';
import { type Database, type Db, inTransaction } from './database';
import { closeDecisions } from './decisions';
import { carryRows, closeUnchanged, enqueue } from './inbox';
import { joinHalves } from './joining';
import { type RunRef, standings } from './pairs';
import { type NewRejection, replaceRejections } from './rejections';
import { dropTakenBack, noteCollisions } from './reviews/collisions';
import { closeMatches } from './reviews/matches';
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
  /** Both sides were held against each other, in every field. */
  readonly compared?: true;
  /** The pair has a new half: what was agreed with the old one says nothing about it. */
  readonly resetBaseline?: boolean;
  readonly control?: RowControl | null;
  readonly state?: PairState;
  readonly rejections: readonly NewRejection[];
  /** Rejections found open and still true: their values were held back. */
  readonly stillRejected: readonly { readonly side: SideName; readonly group: string }[];
  /** A row that is to be looked at once more, now that it is by itself. */
  readonly again?: RecordRef & { readonly lane: Lane };
  readonly reviews?: readonly { readonly kind: string; readonly detail: object }[];
  /** The person that this run created or found for a row. */
  readonly person?: {
    readonly marketoId: string;
    readonly origin: PairOrigin;
    readonly lane: Lane;
    /** What the row held when this was decided: the pair's next run need not read it again, unless something has come in since. */
    readonly row?: Snapshot;
    /** Where Marketo's feeds stood when the new person was read back and held what was agreed on in every field: `feedsStand`. */
    readonly agreedAt?: string;
  };
}

export type FieldResult = Settlement['results'][number];

export type Settled =
  /** A newer claim holds the pair: nothing was changed, the record stays open and the newer run decides. */
  | { readonly superseded: true }
  /**
   * Everything is settled. `outcome` is `review` when another pair turned out to have the person; `closed` is false when something
   * came in after what was read: then the record is due again at once.
   */
  | { readonly superseded: false; readonly outcome: SyncOutcome; readonly closed: boolean };

/**
 * Settles runs of different pairs in one transaction, each as if it were alone, and answers in their order. A fence that still stands is
 * left alone: an earlier try of its run may be under way, and until it must have ended nobody may claim the pair.
 */
export async function settleAll(db: Database, runs: readonly Settlement[]): Promise<readonly Settled[]> {
  return inTransaction(db, async (tx) => {
    const feedsNow = runs.some(({ person }) => person?.agreedAt !== undefined) ? await holdFeeds(tx, 'marketo') : undefined;
    const stands = await standings(tx, runs);
    const records = await lockRecords(tx, {
      keys: runs.flatMap(({ key, person }) => (person === undefined ? [key] : [key, recordKey.pair(person.marketoId)])),
      pairIds: runs.map(({ pairId }) => pairId),
    });
    const ends = await endsOf(
      tx,
      runs.filter((_, index) => stands[index] === 'held'),
      (run) => isWhole(run, feedsNow, records),
    );
    const left = await settleHeld(tx, ends);
    await carryRows(
      tx,
      ends.flatMap(({ run: { key, seq, person }, joined, whole }) =>
        joined && !whole && person?.row !== undefined && records.some((record) => record.key === key && record.seq === seq)
          ? [{ key: recordKey.pair(person.marketoId), row: person.row }]
          : [],
      ),
    );
    const outcomes = new Map(ends.map(({ run, outcome }) => [run, outcome]));
    const settled: Settled[] = [];
    for (const [index, run] of runs.entries()) {
      const outcome = outcomes.get(run);
      if (outcome !== undefined) settled.push({ superseded: false, outcome, closed: !left.has(run.key) });
      else settled.push(stands[index] === 'settled' ? await settledBefore(tx, run) : { superseded: true });
    }
    return settled;
  });
}

/** Settles one run. */
export async function settle(db: Database, run: Settlement): Promise<Settled> {
  return (await settleAll(db, [run]))[0] ?? { superseded: true };
}

interface LockedRecord {
  readonly key: string;
  readonly seq: number;
  readonly pairId: number | null;
  readonly open: boolean;
}

/** Locks inbox rows, these and all of these pairs, in the order in which everybody locks them, so that nobody waits for somebody who waits. */
export async function lockRecords(
  tx: Db,
  { keys, pairIds }: { readonly keys: readonly string[]; readonly pairIds: readonly number[] },
): Promise<readonly LockedRecord[]> {
  const { rows } = await sql<LockedRecord>`
    select key, seq, pair_id as "pairId", state <> 'closed' as open
    from inbox where key = any(${keys}) or pair_id = any(${pairIds})
    order by key for update`.execute(tx);
  return rows;
}

/**
 * Whether a pair that is about to get its person needs no second look. Until it is joined its person is nobody's, and what a feed says of it
 * is not kept: so no page of Marketo's may have come since the person was read back. What came in about the row stands in the inbox.
 */
function isWhole(
  { key, seq, pairId, person }: Settlement,
  feedsNow: string | undefined,
  records: readonly LockedRecord[],
): boolean {
  if (person?.agreedAt === undefined || person.agreedAt !== feedsNow) return false;
  const personKey = recordKey.pair(person.marketoId);
  return records.every((record) =>
    record.key === key ? record.seq === seq : !record.open || (record.pairId !== pairId && record.key !== personKey),
  );
}

interface End {
  readonly run: Settlement;
  /** False when the run found or made a person that another pair has. */
  readonly joined: boolean;
  /** Nobody has to look at the pair again. */
  readonly whole: boolean;
  readonly outcome: SyncOutcome;
}

/** Joins pairs with the persons that their runs found or made, and says how each run ends by that. */
async function endsOf(tx: Db, runs: readonly Settlement[], isWhole: (run: Settlement) => boolean): Promise<readonly End[]> {
  const whole = new Set(runs.filter(isWhole));
  const joined = await joinHalves(
    tx,
    runs.flatMap((run) => {
      const { pairId, outcome, person } = run;
      if (person === undefined) return [];
      const half = { side: 'marketo', entity: 'person', id: person.marketoId } as const;
      return [{ pairId, marketoId: person.marketoId, half, lane: person.lane, outcome, whole: whole.has(run) }];
    }),
  );
  return runs.map((run) => {
    const isJoined = run.person === undefined || joined.has(run.pairId);
    return { run, joined: isJoined, whole: whole.has(run), outcome: isJoined ? run.outcome : 'review' };
  });
}

/** Makes the ends of runs that hold their pairs true; answers the keys of records that stay open. */
async function settleHeld(tx: Db, ends: readonly End[]): Promise<ReadonlySet<string>> {
  if (ends.length === 0) return new Set();
  const runs = ends.map(({ run }) => run);
  await closeDecisions(tx, runs);
  await movePairs(tx, ends);
  await replaceRejections(
    tx,
    runs.map(({ pairId, key, rejections, stillRejected }) => ({ pairId, key, found: rejections, still: stillRejected })),
  );
  for (const { run, joined } of ends) {
    if (!joined) await openReview(tx, run, { kind: 'personPairedElsewhere', detail: { marketoId: run.person?.marketoId } });
    for (const review of run.reviews ?? []) await openReview(tx, run, review);
  }
  await closeMatches(
    tx,
    ends.flatMap(({ run: { pairId, person }, joined }) => {
      const { entity, id } = person?.row ?? {};
      if (!joined || person === undefined || id === undefined || entity === undefined || entity === 'person') return [];
      return [{ pairId, marketoId: person.marketoId, table: entity, microsoftId: id }];
    }),
  );
  await dropTakenBack(
    tx,
    runs.filter(({ compared }) => compared),
  );
  await noteCollisions(
    tx,
    runs.filter(({ compared, results }) => compared || results.length > 0).map(({ pairId }) => pairId),
  );
  const left = await closeUnchanged(
    tx,
    ends.map(({ run: { key, seq, pairId }, outcome }) => ({ key, seq, pairId, outcome })),
  );
  await enqueue(
    tx,
    runs.flatMap(({ pairId, again }) =>
      again === undefined || again.entity === 'person'
        ? []
        : [{ ...again, key: recordKey.row(again.entity, again.id), kind: 'record' as const, pairId }],
    ),
  );
  return left;
}

/** Without its other half a pair stays what it was: a baseline would speak of a person it does not have. */
async function movePairs(tx: Db, ends: readonly End[]): Promise<void> {
  const moves = ends.map(({ run, joined, outcome }) => ({
    id: run.pairId,
    outcome,
    reset: joined && run.resetBaseline === true,
    baseline: joined ? run.baseline : {},
    control: run.control ?? null,
    state: joined ? run.state : undefined,
    origin: joined ? run.person?.origin : undefined,
  }));
  await sql`
    update pair set settled_epoch = epoch, settled_outcome = x.outcome,
      baseline = case when x.reset then '{}' else pair.baseline end || x.baseline,
      control = coalesce(x.control, pair.control),
      gone_since = case when x.state is null then gone_since end,
      origin = coalesce(x.origin, pair.origin), origin_at = case when x.origin is null then origin_at else now() end,
      state = coalesce(x.state, pair.state)
    from jsonb_to_recordset(${JSON.stringify(moves)}::jsonb)
      as x(id bigint, outcome text, reset boolean, baseline jsonb, control jsonb, state text, origin text)
    where pair.id = x.id`.execute(tx);
  const without = moves.filter(({ state }) => state === 'personDeleted').map(({ id }) => id);
  if (without.length > 0)
    await sql`update identity set current = false where pair_id = any(${without}) and side = 'marketo'`.execute(tx);
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

/** One question is open about a record only once; asked again it may have other candidates. */
export async function openReview(
  tx: Db,
  run: { readonly key: string; readonly pairId?: number },
  review: { readonly kind: string; readonly detail: object },
): Promise<void> {
  await tx
    .insertInto('review')
    .values({ pair_id: run.pairId ?? null, key: run.key, kind: review.kind, detail: JSON.stringify(review.detail) })
    .onConflict((conflict) =>
      conflict
        .columns(['key', 'kind'])
        .where('closed_at', 'is', null)
        .doUpdateSet((row) => ({ detail: row.ref('excluded.detail') }))
        .where('review.kind', '=', 'ambiguousMatch'),
    )
    .execute();
}

/** Marks a run's planned decisions as overtaken: what they were made on is not true any more. */
export async function supersede(db: Db, run: Pick<RunRef, 'pairId' | 'epoch'>): Promise<void> {
  await sql`
    update decision set result = 'superseded', settled_at = now()
    where pair_id = ${run.pairId} and epoch = ${run.epoch} and result = 'planned'`.execute(db);
}
