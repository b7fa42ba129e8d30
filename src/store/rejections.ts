/** What a target refused: one open rejection per pair, side and field group. Data, not an outage. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { v4 as uuid } from 'uuid';
import type { RawValue, SideName, Table } from '../core/types';
import type { Db } from './database';
import { byPair } from './pairs';

export interface NewRejection {
  readonly side: SideName;
  readonly table: Table;
  readonly group: string;
  readonly field: string;
  readonly valueHash: string;
  /** The same for the same refusal, whether the vendor found it or we did before sending. */
  readonly refusalHash: string;
  readonly code: string;
  readonly message: string;
}

/**
 * Identifies what was refused: the same values under the same rules are not sent again. `rules` is whatever else the refusal may
 * depend on (the field's mapping and schema), so that a change of either lifts the hold.
 */
export function valueHash(values: Readonly<Record<string, RawValue>>, rules: unknown): string {
  const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([sorted, rules]))
    .digest('hex');
}

export interface OpenRejection {
  readonly side: SideName;
  readonly group: string;
  readonly valueHash: string;
  readonly code: string;
}

/** The open rejections of each pair, in the order of `pairIds`. */
export async function openRejections(db: Db, pairIds: readonly number[]): Promise<readonly (readonly OpenRejection[])[]> {
  const { rows } = await sql<OpenRejection & { readonly pairId: number }>`
    select pair_id as "pairId", side, group_name as "group", value_hash as "valueHash", code
    from rejection where pair_id = any(${pairIds}) and closed_at is null`.execute(db);
  return byPair(pairIds, rows);
}

/** What a run found refused on its pair, and which of the refusals known before still hold. */
export interface FoundRejections {
  readonly pairId: number;
  readonly key: string;
  readonly found: readonly NewRejection[];
  readonly still: readonly { readonly side: SideName; readonly group: string }[];
}

/**
 * Makes the open rejections of pairs what their runs found: new ones are opened, the ones in `still` stay, all others close because
 * their value went through, changed or is gone. The same refusal found again keeps its row, so it is logged once, and says what was found last.
 */
export async function replaceRejections(tx: Db, runs: readonly FoundRejections[]): Promise<void> {
  const asked = runs.map(({ pairId, found, still }) => ({
    pairId,
    stay: [...still, ...found].map(({ side, group }) => `${side}/${group}`),
  }));
  await sql`
    update rejection set closed_at = now()
    from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as x("pairId" bigint, stay jsonb)
    where rejection.pair_id = x."pairId" and closed_at is null and not x.stay ? (side || '/' || group_name)`.execute(tx);
  for (const { pairId, key, found } of runs)
    for (const one of found) {
      await sql`
        update rejection set closed_at = now()
        where pair_id = ${pairId} and side = ${one.side} and group_name = ${one.group} and closed_at is null
          and (value_hash <> ${one.valueHash} or code <> ${one.code}) and refusal_hash is distinct from ${one.refusalHash}`.execute(
        tx,
      );
      await sql`
        insert into rejection (id, pair_id, key, side, table_name, group_name, field, value_hash, refusal_hash, code, message)
        values (${uuid()}, ${pairId}, ${key}, ${one.side}, ${one.table}, ${one.group}, ${one.field}, ${one.valueHash},
          ${one.refusalHash}, ${one.code}, ${one.message})
        on conflict (pair_id, side, group_name) where closed_at is null
        do update set value_hash = excluded.value_hash, code = excluded.code, message = excluded.message
        where rejection.value_hash <> excluded.value_hash or rejection.code <> excluded.code`.execute(tx);
    }
}

/** Closes the open rejections of a pair, so that their values are tried again. */
export async function liftRejections(db: Db, pairIds: readonly number[]): Promise<void> {
  if (pairIds.length === 0) return;
  await sql`update rejection set closed_at = now() where pair_id = any(${pairIds}) and closed_at is null`.execute(db);
}

export interface UnloggedRejection {
  readonly id: string;
  readonly side: SideName;
  readonly table: Table;
  readonly field: string;
  readonly code: string;
  readonly message: string;
  readonly openedAt: Date;
  /** Set when an earlier try may have reached Marketo: look before adding again. */
  readonly startedAt: Date | null;
}

/** The rejections of a pair that are not on the person's activity log yet; marks them as started. */
export async function takeUnlogged(db: Db, pairId: number): Promise<readonly UnloggedRejection[]> {
  const { rows } = await sql<UnloggedRejection>`
    with taken as (select id, log_started_at from rejection where pair_id = ${pairId} and logged_at is null and closed_at is null for update)
    update rejection r set log_started_at = coalesce(r.log_started_at, now())
    from taken where r.id = taken.id
    returning r.id, r.side, r.table_name as "table", r.field, r.code, r.message, r.opened_at as "openedAt",
      taken.log_started_at as "startedAt"`.execute(db);
  return rows;
}

export async function markLogged(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`update rejection set logged_at = now() where id = any(${ids})`.execute(db);
}

/** After a definite "not added": the next try need not look first. */
export async function markNotStarted(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`update rejection set log_started_at = null where id = any(${ids}) and logged_at is null`.execute(db);
}
