/** Pairs as runs hold them: claimed under an epoch, read back by the run's later steps, void once a newer claim has come. */
import { sql } from 'kysely';
import type { FieldChange } from '../core/ports';
import { type Baseline, LANES, type Lane, type RowControl, type Table } from '../core/types';
import { type Database, type Db, inTransaction } from './database';
import type { PairState, Snapshots } from './schema';

/** A pair as one run holds it. Everything the run does later carries `epoch`; a newer claim makes it void. */
export interface Claim {
  readonly pairId: number;
  readonly epoch: number;
  readonly seq: number;
  readonly lane: Lane;
  readonly state: PairState;
  readonly table: Table | null;
  readonly marketoId: string | null;
  readonly microsoftId: string | null;
  readonly baseline: Baseline;
  readonly control: RowControl | null;
  /** What was read for this record, if it covers `seq`. */
  readonly snapshots: Snapshots | null;
  /** What Marketo's feed has said about fields since the record was opened, in order: not judged by any run that ended. */
  readonly entries: readonly FieldChange[];
}

export type ClaimResult =
  | { readonly claim: Claim }
  /** A write may be under way: nobody can claim the pair for so long. */
  | { readonly fencedForMs: number }
  /** The key is unknown, or its record has ended and nothing has come in since. */
  | { readonly nothingOpen: true };

/**
 * Claims the record of an inbox key: raises its pair's epoch, so that whoever held it before is superseded. A row without a pair first
 * gets a pending one under its unique identity. Only open records can be claimed: while one is open no echo of its pair is dropped,
 * which is what makes writing safe.
 */
export async function claim(db: Database, key: string): Promise<ClaimResult> {
  return inTransaction(db, async (tx) => {
    const pairId = await lockPairOf(tx, key);
    return pairId === undefined ? { nothingOpen: true } : raiseEpoch(tx, key, pairId);
  });
}

/** Another run may make, join or absorb the pair between two looks, but not three times in a row. */
const MOST_LOOKS = 3;

/** Locks the pair that has the identity of an open inbox row, and makes a pending one if none has. */
async function lockPairOf(tx: Db, key: string): Promise<number | undefined> {
  for (let look = 1; look <= MOST_LOOKS; look += 1) {
    const { rows } = await sql<{ id: number }>`
      select p.id from inbox b
        join identity i on i.side = case b.entity when 'person' then 'marketo' else 'dynamics' end and i.entity = b.entity and i.id = b.id
        join pair p on p.id = i.pair_id
      where b.key = ${key} and b.state <> 'closed' for update of p`.execute(tx);
    if (rows[0] !== undefined) return rows[0].id;
    if (!(await makePending(tx, key))) return undefined;
  }
  throw new Error(`The pair of ${key} changed hands each time it was looked for`);
}

/** Answers false when the key is not open. Of two runs that make a pair for one identity, the second finds the first one's. */
async function makePending(tx: Db, key: string): Promise<boolean> {
  const row = await tx
    .selectFrom('inbox')
    .select(['entity', 'id'])
    .where('key', '=', key)
    .where('state', '<>', 'closed')
    .executeTakeFirst();
  if (row === undefined) return false;
  const { entity, id } = row;
  const made = await tx
    .insertInto('pair')
    .values({ state: 'pending', table_name: entity === 'person' ? null : entity, baseline: '{}' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const named = await tx
    .insertInto('identity')
    .values({ side: entity === 'person' ? 'marketo' : 'dynamics', entity, id, pair_id: made.id, current: true })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (named.numInsertedOrUpdatedRows === 0n) await tx.deleteFrom('pair').where('id', '=', made.id).execute();
  return true;
}

interface ClaimedRow extends Omit<Claim, 'epoch' | 'lane' | 'pairId' | 'entries'> {
  readonly open: boolean;
  readonly fencedForMs: number | null;
  readonly epoch: number | null;
  readonly lane: number;
  readonly inboxPairId: number | null;
  readonly entries: readonly FieldChange[] | null;
}

/** The pair is locked, so this statement sees everything that was committed before: a snapshot it finds is as new as the baseline. */
async function raiseEpoch(tx: Db, key: string, pairId: number): Promise<ClaimResult> {
  const { rows } = await sql<ClaimedRow>`
    with raised as (
      update pair set epoch = epoch + 1, writing_until = null
      where id = ${pairId} and (writing_until is null or writing_until <= now())
        and exists (select 1 from inbox where key = ${key} and state <> 'closed')
      returning epoch)
    select b.state <> 'closed' as open, greatest(extract(epoch from p.writing_until - now()), 0)::float8 * 1000 as "fencedForMs",
      (select epoch from raised), b.seq, b.lane, b.entries, b.pair_id as "inboxPairId",
      case when b.snapshot_seq >= b.seq then b.snapshot end as snapshots,
      p.state, p.table_name as "table", p.baseline, p.control, m.id as "marketoId", d.id as "microsoftId"
    from inbox b
      join pair p on p.id = ${pairId}
      left join identity m on m.pair_id = p.id and m.side = 'marketo' and m.current
      left join identity d on d.pair_id = p.id and d.side = 'dynamics' and d.current
    where b.key = ${key}`.execute(tx);
  const [row] = rows;
  if (row === undefined || !row.open) return { nothingOpen: true };
  const { open: _open, inboxPairId, fencedForMs, epoch, ...found } = row;
  if (epoch === null) return { fencedForMs: fencedForMs ?? 0 };
  if (inboxPairId !== pairId || found.entries !== null)
    await sql`
      update inbox set pair_id = ${pairId}, entries_claimed = ${found.entries?.length ?? 0} where key = ${key}`.execute(tx);
  return { claim: { ...found, pairId, epoch, lane: laneOf(found.lane), entries: found.entries ?? [] } };
}

function laneOf(priority: number): Lane {
  const found = Object.entries(LANES).find(([, value]) => value === priority);
  return (found?.[0] ?? 'live') as Lane;
}

/** A run and what it claimed. */
export interface RunRef {
  /** The inbox key. */
  readonly key: string;
  readonly pairId: number;
  readonly epoch: number;
  /** The number of the inbox row when it was claimed: what came in later has a higher one. */
  readonly seq: number;
}

export type HeldRecord = Omit<Claim, 'snapshots'> & { readonly snapshots: Snapshots };

/**
 * A claimed record as `fetch` left it; `undefined` when a newer claim holds the pair, the run is settled, or nothing has been read. After
 * its settlement a run must never decide again: what it read is older than the baseline by then, and would look like somebody's edit.
 */
export async function heldRecord(db: Db, run: RunRef): Promise<HeldRecord | undefined> {
  const { rows } = await sql<Omit<HeldRecord, 'lane' | 'pairId' | 'epoch' | 'seq'> & { lane: number }>`
    select b.lane, b.snapshot as snapshots, p.state, p.table_name as "table", p.baseline, p.control,
      m.id as "marketoId", d.id as "microsoftId",
      (select coalesce(jsonb_agg(e.value order by e.ordinality), '[]')
        from jsonb_array_elements(b.entries) with ordinality e where e.ordinality <= b.entries_claimed) as entries
    from pair p
      join inbox b on b.key = ${run.key}
      left join identity m on m.pair_id = p.id and m.side = 'marketo' and m.current
      left join identity d on d.pair_id = p.id and d.side = 'dynamics' and d.current
    where p.id = ${run.pairId} and p.epoch = ${run.epoch} and p.settled_epoch < p.epoch and b.snapshot_seq >= ${run.seq}`.execute(
    db,
  );
  const [row] = rows;
  return row && { ...row, lane: laneOf(row.lane), pairId: run.pairId, epoch: run.epoch, seq: run.seq };
}

/**
 * Locks a pair and says how a run stands with it: it holds it, has settled it before, or has been superseded by a newer claim. For the
 * transaction that ends the run.
 */
export async function standing(tx: Db, run: Pick<RunRef, 'pairId' | 'epoch'>): Promise<'held' | 'settled' | 'superseded'> {
  const { rows } = await sql<{ settled: boolean }>`
    select settled_epoch >= epoch as settled from pair where id = ${run.pairId} and epoch = ${run.epoch} for update`.execute(tx);
  const [row] = rows;
  if (row === undefined) return 'superseded';
  return row.settled ? 'settled' : 'held';
}

/** The Marketo id a pair has now. */
export async function currentPerson(db: Db, pairId: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('identity')
    .select('id')
    .where('pair_id', '=', pairId)
    .where('side', '=', 'marketo')
    .where('current', '=', true)
    .executeTakeFirst();
  return row?.id;
}
