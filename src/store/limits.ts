/** One budget per side for all processes, on database time. */
import { sql } from 'kysely';
import type { SideName } from '../core/types';
import type { Db } from './database';

export interface Budget {
  readonly calls: number;
  /** No stretch of time of this length sees more than `calls`. */
  readonly windowMs: number;
}

/** The window is counted in this many slots and a begun one, so that a fiftieth of the share is left unused at most. */
const SLOTS = 50;
/** How long the others wait for what becomes of the one call that goes first after a block. */
const PROBE_MS = 2_000;

/** Marketo's days begin at midnight, US Central time. Dynamics counts none. */
const TODAY = sql`(now() at time zone 'America/Chicago')::date`;

const BLOCKED = sql`(l.blocked_until is not null and l.blocked_until > now())`;
const PROBED = sql`(l.blocked_until is not null and l.probe_until is not null and l.probe_until > now())`;

/**
 * Takes one call out of the side's budget, or says how long there is none: the window is used up, or the side is blocked. When a block
 * has passed, one call of all processes goes first; if it does not meet the limit again, the others follow after two seconds.
 */
export async function takePermit(
  db: Db,
  side: SideName,
  budget: Budget,
): Promise<{ readonly ok: true } | { readonly waitMs: number }> {
  const window = windowOf(budget);
  const taken = await sql`
    update limits l set slot = ${window.slot}, counts = array[${window.counts}[1] + 1] || ${window.counts}[2:],
      day = ${TODAY}, day_calls = case when l.day = ${TODAY} then l.day_calls else 0 end + 1,
      blocked_until = case when l.probe_until is not null then null else l.blocked_until end,
      block_code = case when l.probe_until is not null or l.blocked_until is null then null else l.block_code end,
      probe_until = case when l.probe_until is null and l.blocked_until is not null then now() + make_interval(secs => ${PROBE_MS / 1_000}) end
    where side = ${side} and not ${BLOCKED} and not ${PROBED} and not ${window.full}`.execute(db);
  if (Number(taken.numAffectedRows ?? 0) > 0) return { ok: true };
  // What stood in the way may be gone by the second look: then the next try is due at once.
  return { waitMs: Math.max(1, await noPermitForMs(db, side, budget)) };
}

/** How long there is no place in the side's budget, ms; 0 when there is one. */
export async function noPermitForMs(db: Db, side: SideName, budget: Budget): Promise<number> {
  const window = windowOf(budget);
  const { rows } = await sql<{ waitMs: number | null }>`
    select extract(epoch from greatest(
      case when ${BLOCKED} then l.blocked_until end,
      case when ${PROBED} then l.probe_until end,
      case when ${window.full} then ${window.freeAt} end) - now())::float8 * 1000 as "waitMs"
    from limits l where side = ${side}`.execute(db);
  return Math.max(0, Math.ceil(rows[0]?.waitMs ?? 0));
}

/** A sliding window: calls per slot of time, the newest first, shifted to the slot that is now. */
function windowOf({ calls, windowMs }: Budget) {
  const slotMs = windowMs / SLOTS;
  const length = sql.lit(SLOTS + 1);
  const slot = sql`floor(extract(epoch from now()) * 1000 / ${slotMs}::float8)::bigint`;
  const shift = sql`least(greatest(${slot} - l.slot, 0), ${length})::int`;
  const counts = sql`(array_fill(0, array[${shift}]) || l.counts || array_fill(0, array[${length}]))[1:${length}]`;
  const counted = sql`unnest(${counts}) with ordinality as c(calls, place)`;
  return {
    slot: sql`greatest(${slot}, l.slot)`,
    counts: sql`(${counts})`,
    full: sql`(select sum(c.calls) from ${counted}) >= ${calls}`,
    /** When the oldest slot that holds calls leaves the window. */
    freeAt: sql`to_timestamp((select ${slot} - max(c.place) + 1 + ${length} from ${counted} where c.calls > 0) * ${slotMs}::float8 / 1000)`,
  };
}

/** Blocks a side for everybody for `waitMs`; a longer block that stands already is kept. */
export async function blockSide(db: Db, side: SideName, waitMs: number, code: string): Promise<void> {
  const until = sql`now() + make_interval(secs => ${waitMs / 1_000})`;
  await sql`
    update limits l set blocked_until = ${until}, block_code = ${code}, probe_until = null
    where side = ${side} and (l.blocked_until is null or l.blocked_until < ${until})`.execute(db);
}

export interface SideBlock {
  readonly side: SideName;
  readonly until: Date;
  readonly waitMs: number;
  readonly code: string;
}

/** The sides that are blocked now. */
export async function blockedSides(db: Db): Promise<readonly SideBlock[]> {
  const { rows } = await sql<SideBlock>`
    select side, blocked_until as until, extract(epoch from blocked_until - now())::float8 * 1000 as "waitMs",
      coalesce(block_code, '') as code
    from limits where blocked_until > now() order by side`.execute(db);
  return rows;
}

/** How many calls to a side have been let go on a day (`2026-11-25`), as Marketo divides days: of today, or of the last day there were any. */
export async function callsOnDay(db: Db, side: SideName, date: string): Promise<number> {
  const { rows } = await sql<{ calls: number }>`
    select day_calls as calls from limits where side = ${side} and day = ${date}::date`.execute(db);
  return rows[0]?.calls ?? 0;
}
