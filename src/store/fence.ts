/**
 * The fence: while it stands a write of the pair may be under way, so nobody claims the pair and nobody else writes it. It belongs to the
 * epoch that raised it: a merge or a take-over may raise the pair's epoch meanwhile, and the write goes on all the same.
 */
import { sql } from 'kysely';
import type { Db } from './database';
import type { RunRef } from './pairs';

export type Fenced = Pick<RunRef, 'pairId' | 'epoch'>;

/**
 * Raises the fence for one flush, in the statement that checks its epochs: answers the pairs that may be written. The others have
 * been superseded, or somebody's write is still under way.
 */
export async function raiseFence(db: Db, items: readonly Fenced[], seconds: number): Promise<ReadonlySet<number>> {
  const { rows } = await sql<{ id: number }>`
    with locked as (
      select p.id from pair p join ${recordset(items)} on p.id = x."pairId" and p.epoch = x.epoch
      where p.writing_until is null or p.writing_until <= now() order by p.id for update of p)
    update pair set writing_until = clock_timestamp() + make_interval(secs => ${seconds}), writing_epoch = epoch
    from locked where pair.id = locked.id returning pair.id`.execute(db);
  return new Set(rows.map((row) => row.id));
}

/**
 * Keeps fences up for another `seconds` from now. A flush may wait for its place in the budget: it renews its fences until its answer is
 * there, so that they need stand only as long as one call can take after the process has died.
 */
export async function renewFence(db: Db, items: readonly Fenced[], seconds: number): Promise<void> {
  await changeFence(db, items, sql`clock_timestamp() + make_interval(secs => ${seconds})`);
}

/** Takes the fence down after a definite answer. An unknown answer leaves it up until it ends by itself. */
export async function lowerFence(db: Db, items: readonly Fenced[]): Promise<void> {
  await changeFence(db, items, sql`null`);
}

async function changeFence(db: Db, items: readonly Fenced[], until: ReturnType<typeof sql>): Promise<void> {
  if (items.length === 0) return;
  await sql`
    with locked as (
      select p.id from pair p join ${recordset(items)} on p.id = x."pairId" and p.writing_epoch = x.epoch
      where p.writing_until is not null order by p.id for update of p)
    update pair set writing_until = ${until} from locked where pair.id = locked.id`.execute(db);
}

const recordset = (items: readonly Fenced[]) =>
  sql`jsonb_to_recordset(${JSON.stringify(items.map(({ pairId, epoch }) => ({ pairId, epoch })))}::jsonb) as x("pairId" bigint, epoch bigint)`;

/** How long the fence of a pair still stands, ms; 0 when it does not. */
export async function fencedForMs(db: Db, pairId: number): Promise<number> {
  const { rows } = await sql<{ ms: number | null }>`
    select extract(epoch from writing_until - now())::float8 * 1000 as ms from pair where id = ${pairId}`.execute(db);
  return Math.max(0, rows[0]?.ms ?? 0);
}
