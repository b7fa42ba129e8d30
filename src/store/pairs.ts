/** Pairs as runs hold them: claimed under an epoch, read back by the run's later steps, void once a newer claim has come. */
import { sql } from 'kysely';
import type { FieldChange } from '../core/ports';
import { type Baseline, LANES, type Lane, type RowControl, type Table } from '../core/types';
import type { Db } from './database';
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
  /** Whether both sides have been read for this record, as of `seq`. */
  readonly isRead: boolean;
  /** What Marketo's feed has said about fields since the record was opened, in order: not judged by any run that ended. */
  readonly entries: readonly FieldChange[];
}

export function laneOf(priority: number): Lane {
  const found = Object.entries(LANES).find(([, value]) => value === priority);
  return (found?.[0] ?? 'live') as Lane;
}

/** Rows of many pairs, sorted to the pairs that were asked for. */
export function byPair<R extends { readonly pairId: number }>(
  pairIds: readonly number[],
  rows: readonly R[],
): readonly (readonly R[])[] {
  const found = new Map<number, R[]>();
  for (const row of rows) {
    const before = found.get(row.pairId);
    if (before === undefined) found.set(row.pairId, [row]);
    else before.push(row);
  }
  return pairIds.map((pairId) => found.get(pairId) ?? []);
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

export type HeldRecord = Omit<Claim, 'isRead'> & { readonly snapshots: Snapshots };

/**
 * Claimed records as `fetch` left them, in the order of `runs`; `undefined` when a newer claim holds the pair, the run is settled, or nothing
 * has been read. After its settlement a run must never decide again: what it read is older than the baseline by then, and would look like
 * somebody's edit.
 */
export async function heldRecords(db: Db, runs: readonly RunRef[]): Promise<readonly (HeldRecord | undefined)[]> {
  const { rows } = await sql<HeldRecord & { readonly key: string; readonly priority: number }>`
    select x.key, x."pairId", x.epoch, x.seq, b.lane as priority, b.snapshot as snapshots, p.state, p.table_name as "table", p.baseline,
      p.control, m.id as "marketoId", d.id as "microsoftId",
      (select coalesce(jsonb_agg(e.value order by e.ordinality), '[]')
        from jsonb_array_elements(b.entries) with ordinality e where e.ordinality <= b.entries_claimed) as entries
    from jsonb_to_recordset(${refsOf(runs)}::jsonb) as x(key text, "pairId" bigint, epoch bigint, seq bigint)
      join pair p on p.id = x."pairId" and p.epoch = x.epoch and p.settled_epoch < p.epoch
      join inbox b on b.key = x.key and b.snapshot_seq >= x.seq and not b.snapshot ? 'part'
      left join identity m on m.pair_id = p.id and m.side = 'marketo' and m.current
      left join identity d on d.pair_id = p.id and d.side = 'dynamics' and d.current`.execute(db);
  const byRun = new Map(
    rows.map(({ key, priority, ...row }) => [`${key} ${row.epoch} ${row.seq}`, { ...row, lane: laneOf(priority) }]),
  );
  return runs.map(({ key, epoch, seq }) => byRun.get(`${key} ${epoch} ${seq}`));
}

const refsOf = (runs: readonly RunRef[]): string =>
  JSON.stringify(runs.map(({ key, pairId, epoch, seq }) => ({ key, pairId, epoch, seq })));

/** One record of `heldRecords`. */
export const heldRecord = async (db: Db, run: RunRef): Promise<HeldRecord | undefined> => (await heldRecords(db, [run]))[0];

export type Standing = 'held' | 'settled' | 'superseded';

/**
 * Locks pairs and says how their runs stand with them, in the order of `runs`: a run holds its pair, has settled it before, or has been
 * superseded by a newer claim. For the transaction that ends them.
 */
export async function standings(tx: Db, runs: readonly Pick<RunRef, 'pairId' | 'epoch'>[]): Promise<readonly Standing[]> {
  const asked = runs.map(({ pairId, epoch }) => ({ pairId, epoch }));
  const { rows } = await sql<{ pairId: number; epoch: number; settled: boolean }>`
    select p.id as "pairId", p.epoch, p.settled_epoch >= p.epoch as settled
    from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as x("pairId" bigint, epoch bigint)
      join pair p on p.id = x."pairId" and p.epoch = x.epoch
    order by p.id for update of p`.execute(tx);
  const settled = new Map(rows.map((row) => [`${row.pairId} ${row.epoch}`, row.settled]));
  return runs.map(({ pairId, epoch }) => {
    const before = settled.get(`${pairId} ${epoch}`);
    if (before === undefined) return 'superseded';
    return before ? 'settled' : 'held';
  });
}

/** How one run stands with its pair, which is locked by asking. */
export const standing = async (tx: Db, run: Pick<RunRef, 'pairId' | 'epoch'>): Promise<Standing> =>
  (await standings(tx, [run]))[0] ?? 'superseded';

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
