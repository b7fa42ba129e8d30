/** Pairs: claiming one for a run, and fencing its writes. */
import { sql } from 'kysely';
import { type Baseline, LANES, type Lane, type RawValue, type RowControl, type Table } from '../core/types';
import type { Database, Db } from './database';
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
  /** What the page read for this record, if it covers `seq`. */
  readonly snapshots: Snapshots | null;
  readonly overwritten: Readonly<Record<string, RawValue>> | null;
}

export type ClaimResult = { readonly claim: Claim } | { readonly fencedForMs: number } | { readonly unknownKey: true };

interface InboxHead {
  readonly seq: number;
  readonly lane: number;
  readonly entity: 'person' | Table;
  readonly id: string;
  readonly pair_id: number | null;
  readonly snapshot: Snapshots | null;
  readonly snapshot_seq: number | null;
  readonly overwritten: Record<string, RawValue> | null;
}

/**
 * Claims the record of an inbox key: raises its pair's epoch, so that whoever held it before is superseded. A row without a pair
 * first gets a pending one under its unique identity. While a write may be under way (the fence) nobody can claim the pair:
 * `fencedForMs` says for how long.
 */
export async function claim(db: Database, key: string): Promise<ClaimResult> {
  return db.transaction().execute(async (tx) => {
    const head = await tx
      .selectFrom('inbox')
      .select(['seq', 'lane', 'entity', 'id', 'pair_id', 'snapshot', 'snapshot_seq', 'overwritten'])
      .where('key', '=', key)
      .executeTakeFirst();
    if (head === undefined) return { unknownKey: true };
    const pairId = await pairOf(tx, key, head);
    const held = await raiseEpoch(tx, pairId);
    if (held.fencedForMs !== null) return { fencedForMs: held.fencedForMs };
    const ids = await currentIds(tx, pairId);
    return {
      claim: {
        pairId,
        epoch: held.epoch,
        seq: head.seq,
        lane: laneOf(head.lane),
        state: held.state,
        table: held.table_name,
        ...ids,
        baseline: held.baseline,
        control: held.control,
        snapshots: head.snapshot !== null && (head.snapshot_seq ?? 0) >= head.seq ? head.snapshot : null,
        overwritten: head.overwritten,
      },
    };
  });
}

/** The pair of an inbox row; made, pending, when a row without a person is seen for the first time. */
async function pairOf(tx: Db, key: string, head: InboxHead): Promise<number> {
  const side = head.entity === 'person' ? 'marketo' : 'dynamics';
  const known = await tx
    .selectFrom('identity')
    .select('pair_id')
    .where('side', '=', side)
    .where('entity', '=', head.entity)
    .where('id', '=', head.id)
    .executeTakeFirst();
  let pairId = known?.pair_id ?? head.pair_id ?? undefined;
  if (pairId === undefined) {
    const made = await tx
      .insertInto('pair')
      .values({ state: 'pending', table_name: head.entity === 'person' ? null : head.entity, baseline: '{}' })
      .returning('id')
      .executeTakeFirstOrThrow();
    pairId = made.id;
    await tx.insertInto('identity').values({ side, entity: head.entity, id: head.id, pair_id: pairId, current: true }).execute();
  }
  if (head.pair_id !== pairId) await tx.updateTable('inbox').set({ pair_id: pairId }).where('key', '=', key).execute();
  return pairId;
}

interface HeldPair {
  readonly epoch: number;
  readonly state: PairState;
  readonly table_name: Table | null;
  readonly baseline: Baseline;
  readonly control: RowControl | null;
  readonly fencedForMs: number | null;
}

async function raiseEpoch(tx: Db, pairId: number): Promise<HeldPair> {
  const { rows } = await sql<HeldPair>`
    select epoch, state, table_name, baseline, control,
      case when writing_until > now() then extract(epoch from writing_until - now())::float8 * 1000 end as "fencedForMs"
    from pair where id = ${pairId} for update`.execute(tx);
  const pair = rows[0];
  if (pair === undefined) throw new Error(`Pair ${pairId} vanished while it was being claimed`);
  if (pair.fencedForMs !== null) return pair;
  await sql`update pair set epoch = epoch + 1, writing_until = null where id = ${pairId}`.execute(tx);
  return { ...pair, epoch: pair.epoch + 1 };
}

async function currentIds(tx: Db, pairId: number): Promise<{ marketoId: string | null; microsoftId: string | null }> {
  const rows = await tx
    .selectFrom('identity')
    .select(['side', 'id'])
    .where('pair_id', '=', pairId)
    .where('current', '=', true)
    .execute();
  return {
    marketoId: rows.find((row) => row.side === 'marketo')?.id ?? null,
    microsoftId: rows.find((row) => row.side === 'dynamics')?.id ?? null,
  };
}

function laneOf(priority: number): Lane {
  const found = Object.entries(LANES).find(([, value]) => value === priority);
  return (found?.[0] ?? 'live') as Lane;
}

/** The Marketo id a pair has now. */
export async function currentPerson(db: Db, pairId: number): Promise<string | undefined> {
  return (await currentIds(db, pairId)).marketoId ?? undefined;
}

export interface Fenced {
  readonly pairId: number;
  readonly epoch: number;
}

/**
 * Raises the fence for one flush, in the statement that checks its epochs: answers the pairs that may be written. The others have
 * been superseded, or somebody's write is still under way.
 */
export async function raiseFence(db: Db, items: readonly Fenced[], seconds: number): Promise<ReadonlySet<number>> {
  const { rows } = await sql<{ id: number }>`
    update pair set writing_until = now() + make_interval(secs => ${seconds})
    from (select * from jsonb_to_recordset(${JSON.stringify(items)}::jsonb) as x("pairId" bigint, epoch bigint) order by "pairId") x
    where pair.id = x."pairId" and pair.epoch = x.epoch and (pair.writing_until is null or pair.writing_until <= now())
    returning pair.id`.execute(db);
  return new Set(rows.map((row) => row.id));
}

/** Takes the fence down after a definite answer. An unknown answer leaves it up until it ends by itself. */
export async function lowerFence(db: Db, items: readonly Fenced[]): Promise<void> {
  if (items.length === 0) return;
  await sql`
    update pair set writing_until = null
    from jsonb_to_recordset(${JSON.stringify(items)}::jsonb) as x("pairId" bigint, epoch bigint)
    where pair.id = x."pairId" and pair.epoch = x.epoch`.execute(db);
}

/** How long the fence of a pair still stands, ms; 0 when it does not. */
export async function fencedForMs(db: Db, pairId: number): Promise<number> {
  const { rows } = await sql<{ ms: number | null }>`
    select extract(epoch from writing_until - now())::float8 * 1000 as ms from pair where id = ${pairId}`.execute(db);
  return Math.max(0, rows[0]?.ms ?? 0);
}

/** Locks a pair and says whether this run still holds it. */
export async function stillHeld(tx: Db, held: Fenced): Promise<boolean> {
  const { rows } = await sql`select 1 from pair where id = ${held.pairId} and epoch = ${held.epoch} for update`.execute(tx);
  return rows.length > 0;
}

/** A claimed record as `fetch` left it; `undefined` when a newer claim holds the pair or nothing has been read. */
export async function heldRecord(
  db: Db,
  run: { readonly key: string; readonly pairId: number; readonly epoch: number },
): Promise<(Omit<Claim, 'snapshots'> & { readonly snapshots: Snapshots }) | undefined> {
  const row = await db
    .selectFrom('pair')
    .innerJoin('inbox', (join) => join.on('inbox.key', '=', run.key))
    .select(['pair.epoch', 'pair.state', 'pair.table_name', 'pair.baseline', 'pair.control'])
    .select(['inbox.seq', 'inbox.lane', 'inbox.snapshot', 'inbox.overwritten'])
    .where('pair.id', '=', run.pairId)
    .where('pair.epoch', '=', run.epoch)
    .executeTakeFirst();
  if (row === undefined || row.snapshot === null) return undefined;
  return {
    pairId: run.pairId,
    epoch: row.epoch,
    seq: row.seq,
    lane: laneOf(row.lane),
    state: row.state,
    table: row.table_name,
    ...(await currentIds(db, run.pairId)),
    baseline: row.baseline,
    control: row.control,
    snapshots: row.snapshot,
    overwritten: row.overwritten,
  };
}
