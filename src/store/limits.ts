/** One budget per side for all processes, on database time. */
import { sql } from 'kysely';
import type { SideName } from '../core/types';
import type { Db } from './database';

export interface Budget {
  readonly calls: number;
  readonly windowMs: number;
}

/**
 * Takes one call out of the side's budget, or says how long there is none: the window is used up, or the side is blocked.
 * Fixed windows: a burst across a border can take twice the budget within one window's length, which is why the default share is
 * half of what Marketo allows.
 */
export async function takePermit(
  db: Db,
  side: SideName,
  budget: Budget,
): Promise<{ readonly ok: true } | { readonly waitMs: number }> {
  const { rows } = await sql<{ granted: boolean; waitMs: number }>`
    insert into limits as l (side, window_start, used) values (${side}, now(), 1)
    on conflict (side) do update set
      window_start = case when l.window_start <= now() - make_interval(secs => ${budget.windowMs / 1000}) then now() else l.window_start end,
      used = case
        when l.blocked_until > now() then l.used
        when l.window_start <= now() - make_interval(secs => ${budget.windowMs / 1000}) then 1
        else least(l.used + 1, ${budget.calls} + 1) end
    returning used <= ${budget.calls} and (blocked_until is null or blocked_until <= now()) as granted,
      greatest(0, extract(epoch from greatest(
        coalesce(blocked_until, now()), window_start + make_interval(secs => ${budget.windowMs / 1000})) - now()) * 1000)::float8 as "waitMs"`.execute(
    db,
  );
  const row = rows[0];
  return row === undefined || row.granted ? { ok: true } : { waitMs: Math.ceil(row.waitMs) };
}

/** Blocks a side for everybody for `waitMs`; a longer block that stands already is kept. */
export async function blockSide(db: Db, side: SideName, waitMs: number, code: string): Promise<void> {
  await sql`
    insert into limits as l (side, window_start, used, blocked_until, block_code)
    values (${side}, now(), 0, now() + make_interval(secs => ${waitMs / 1000}), ${code})
    on conflict (side) do update set
      block_code = case when coalesce(l.blocked_until, '-infinity') < excluded.blocked_until then excluded.block_code else l.block_code end,
      blocked_until = greatest(coalesce(l.blocked_until, '-infinity'), excluded.blocked_until)`.execute(db);
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

/**
 * Holds a named lease for `seconds`; the holder may take it again. Used around match-then-create, so that two runs do not both find
 * no twin and both create.
 */
export async function takeLease(db: Db, name: string, holder: string, seconds: number): Promise<boolean> {
  const taken = await sql`
    insert into lease (name, holder, until) values (${name}, ${holder}, now() + make_interval(secs => ${seconds}))
    on conflict (name) do update set holder = excluded.holder, until = excluded.until
    where lease.until <= now() or lease.holder = excluded.holder`.execute(db);
  return Number(taken.numAffectedRows ?? 0) > 0;
}

export async function endLease(db: Db, name: string, holder: string): Promise<void> {
  await db.deleteFrom('lease').where('name', '=', name).where('holder', '=', holder).execute();
}
