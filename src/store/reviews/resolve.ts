/** What an operator chose becomes true in one transaction; the record goes back to work in lane `retry`, and the engine does the rest. */
import { sql } from 'kysely';
import { type Candidate, type Choice, type Decide, type Resolved, REVIEW_KINDS, type ReviewKind } from '../../core/reviews';
import type { SideName, Table } from '../../core/types';
import { recordKey } from '../../temporal/names';
import { type Database, type Db, inTransaction } from '../database';
import { enqueue, type InboxEntry, pairEntry } from '../inbox';
import { joinHalf } from '../joining';
import { acceptRequest } from '../requests';
import { writeSetting } from '../settings';
import { letWin } from './collisions';
import { candidatesOf, type ReviewDetail } from './list';

/** How long approved deletes may go on without being asked about again. */
const APPROVED_FOR_MS = 24 * 3_600_000;

interface Review {
  readonly number: number;
  readonly pairId: number | null;
  readonly key: string;
  readonly kind: ReviewKind;
  readonly detail: ReviewDetail;
}

/** Thrown to undo the transaction: the choice cannot be made true. */
class Refused extends Error {
  constructor(readonly answer: Resolved) {
    super('refused');
  }
}

export async function resolveReview(db: Database, decide: Decide, now: Date): Promise<Resolved> {
  try {
    return await inTransaction(db, (tx) => resolve(tx, decide, now));
  } catch (error) {
    if (error instanceof Refused) return error.answer;
    throw error;
  }
}

async function resolve(tx: Db, decide: Decide, now: Date): Promise<Resolved> {
  const { number, choice, id } = decide;
  const { rows } = await sql<Review>`
    select id as number, pair_id as "pairId", key, kind, detail from review
    where id = ${number} and closed_at is null`.execute(tx);
  const [review] = rows;
  if (review === undefined)
    return { refused: 'notOpen', why: `Review ${number} is not open: "mdsync review list" shows those that are` };
  const possible = Object.keys(REVIEW_KINDS[review.kind].choices);
  if (!possible.includes(choice))
    return { refused: 'notAChoice', why: `Review ${number} (${review.kind}) can be resolved with: ${possible.join(', ')}` };
  if (review.pairId !== null) await takePair(tx, review.pairId);
  const queued = await CARRY_OUT[choice](tx, review, decide, now);
  const closed = await close(tx, review, id === undefined ? choice : `${choice} ${id}`);
  return { closed, queued };
}

/** Locks the pair and voids a run that may have read it; not while something may be on its way. */
async function takePair(tx: Db, pairId: number): Promise<void> {
  const { rows } = await sql<{ fencedForMs: number }>`
    select greatest(extract(epoch from writing_until - now()), 0)::float8 * 1000 as "fencedForMs"
    from pair where id = ${pairId} for update`.execute(tx);
  const busyForMs = rows[0]?.fencedForMs ?? 0;
  if (busyForMs > 0) throw new Refused({ busyForMs });
  await sql`update pair set epoch = epoch + 1 where id = ${pairId}`.execute(tx);
}

/** Makes a choice true, and answers the keys of the records it put to work. */
type CarryOut = (tx: Db, review: Review, decide: Decide, now: Date) => Promise<readonly string[]>;

const CARRY_OUT: Readonly<Record<Choice, CarryOut>> = {
  close: async (tx, { kind, pairId }) => (kind === 'pingPong' ? queuePair(tx, pairId) : []),
  link: async (tx, review, { id }) => (review.pairId === null ? [] : link(tx, review, review.pairId, id)),
  // The engine does not look for a twin by e-mail where a review was resolved so (see `keptApart`).
  create: async (tx, review) => (review.detail.people === undefined ? requestAgain(tx, review) : queuePair(tx, review.pairId)),
  approve: async (tx, { kind, detail }, _decide, now) => {
    if (kind === 'massClear') return queueHeld(tx, detail);
    await writeSetting(tx, 'deletesApprovedUntil', new Date(now.getTime() + APPROVED_FOR_MS).toISOString());
    return queueGuarded(tx);
  },
  marketo: async (tx, { pairId }) => letWinAndQueue(tx, pairId, 'marketo'),
  dynamics: async (tx, { pairId }) => letWinAndQueue(tx, pairId, 'dynamics'),
  retry: async (tx, review) => {
    if (review.kind === 'massClear') return queueHeld(tx, review.detail);
    return review.key.startsWith(recordKey.create('')) ? requestAgain(tx, review) : queuePair(tx, review.pairId);
  },
};

async function letWinAndQueue(tx: Db, pairId: number | null, winner: SideName): Promise<readonly string[]> {
  if (pairId !== null) await letWin(tx, pairId, winner);
  return queuePair(tx, pairId);
}

/** Everybody who waits behind a guard is let go with the one that was asked about. */
async function close(tx: Db, review: Review, resolution: string): Promise<readonly number[]> {
  const all = review.kind === 'deleteGuard' && resolution === 'approve';
  const { rows } = await sql<{ number: number }>`
    update review set closed_at = now(), resolution = ${resolution}
    where closed_at is null and (id = ${review.number} or (${all} and kind = 'deleteGuard'))
    returning id as number`.execute(tx);
  return rows.map(({ number }) => number).toSorted((a, b) => a - b);
}

async function link(tx: Db, review: Review, pairId: number, id: string | undefined): Promise<readonly string[]> {
  const chosen = candidatesOf(review.detail).find((candidate) => candidate.id === id?.toLowerCase());
  if (chosen === undefined) throw new Refused(notACandidate(review));
  const marketoId = chosen.entity === 'person' ? chosen.id : await currentId(tx, pairId, 'marketo');
  if (marketoId === undefined) throw new Refused({ refused: 'takenMeanwhile', why: 'The person is not there any more' });
  const half = { side: sideOf(chosen), entity: chosen.entity, id: chosen.id } as const;
  if (!(await joinHalf(tx, { pairId, marketoId, half, lane: 'retry', outcome: 'linked' })))
    throw new Refused({ refused: 'takenMeanwhile', why: `${chosen.id} belongs to another pair by now` });
  await sql`update pair set state = 'live', baseline = '{}' where id = ${pairId}`.execute(tx);
  return [recordKey.pair(marketoId)];
}

const sideOf = ({ entity }: Candidate): SideName => (entity === 'person' ? 'marketo' : 'dynamics');

function notACandidate({ number, detail }: Review): Resolved {
  const ids = candidatesOf(detail).map((candidate) => candidate.id);
  return { refused: 'notACandidate', why: `Review ${number} can be linked with one of: ${ids.join(', ')}` };
}

/** The campaign has had its answer; what the operator wants now is a request of its own. */
async function requestAgain(tx: Db, { number, key }: Review): Promise<readonly string[]> {
  const marketoId = key.slice(recordKey.create('').length);
  const last = await tx
    .selectFrom('request')
    .select(['sync_as', 'assign_to'])
    .where('marketo_id', '=', marketoId)
    .orderBy('accepted_at', 'desc')
    .executeTakeFirst();
  await acceptRequest(tx, {
    requestId: `review/${number}`,
    marketoId,
    syncAs: last?.sync_as ?? 'lead',
    source: 'operator',
    ...(last?.assign_to ? { assignTo: last.assign_to } : {}),
  });
  return [key];
}

// ---------------------------------------------------------------- back to work

async function queuePair(tx: Db, pairId: number | null): Promise<readonly string[]> {
  return pairId === null ? [] : queuePairs(tx, [pairId]);
}

async function queueGuarded(tx: Db): Promise<readonly string[]> {
  const waiting = await tx
    .selectFrom('review')
    .select('pair_id as pairId')
    .where('kind', '=', 'deleteGuard')
    .where('closed_at', 'is', null)
    .execute();
  return queuePairs(
    tx,
    waiting.flatMap(({ pairId }) => pairId ?? []),
  );
}

/** Pairs whose value of a parked field was held back. */
async function queueHeld(tx: Db, { table, field }: ReviewDetail): Promise<readonly string[]> {
  const { rows } = await sql<{ pairId: number }>`
    select latest.pair_id as "pairId" from (
      select distinct on (pair_id) pair_id, result from decision where field = ${field ?? ''} order by pair_id, id desc) as latest
      join pair p on p.id = latest.pair_id
    where latest.result = 'held' and p.table_name = ${table ?? ''}`.execute(tx);
  return queuePairs(
    tx,
    rows.map(({ pairId }) => pairId),
  );
}

async function queuePairs(tx: Db, pairIds: readonly number[]): Promise<readonly string[]> {
  if (pairIds.length === 0) return [];
  const { rows } = await sql<{ pairId: number; marketoId: string | null; table: Table | null; rowId: string | null }>`
    select p.id as "pairId", m.id as "marketoId", d.entity as "table", d.id as "rowId" from pair p
      left join identity m on m.pair_id = p.id and m.side = 'marketo' and m.current
      left join identity d on d.pair_id = p.id and d.side = 'dynamics' and d.current
    where p.id = any(${pairIds})`.execute(tx);
  const entries = rows.flatMap(({ pairId, marketoId, table, rowId }): InboxEntry[] => {
    if (marketoId !== null) return [pairEntry(pairId, marketoId, 'retry')];
    if (table === null || rowId === null) return [];
    return [{ key: recordKey.row(table, rowId), kind: 'record', lane: 'retry', entity: table, id: rowId, pairId }];
  });
  await enqueue(tx, entries, { dueNow: true });
  return entries.map(({ key }) => key);
}

async function currentId(tx: Db, pairId: number, side: SideName): Promise<string | undefined> {
  const row = await tx
    .selectFrom('identity')
    .select('id')
    .where('pair_id', '=', pairId)
    .where('side', '=', side)
    .where('current', '=', true)
    .executeTakeFirst();
  return row?.id;
}
