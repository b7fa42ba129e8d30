/** The durable list of records that may need work. Its key is the workflow id of the run that does the work. */
import { sql } from 'kysely';
import { type Entity, LANES, type Lane, type RawValue, type Table } from '../core/types';
import type { Db } from './database';
import type { Snapshots } from './schema';

/** After this many real failures a record waits for an engineer instead of the next cycle. */
export const MAX_ATTEMPTS = 8;
/** How long a taken record is left alone before another cycle may take it again. */
const TAKEN_FOR = sql`interval '10 minutes'`;

export interface InboxEntry {
  readonly key: string;
  readonly kind: 'record' | 'create';
  readonly lane: Lane;
  readonly entity: Entity;
  readonly id: string;
  readonly pairId?: number;
  /** Users' Marketo values that our own write replaced; decided again by the rule. */
  readonly overwritten?: Readonly<Record<string, RawValue>>;
}

/**
 * Puts records to work: each gets a new `seq`. An open row keeps its place and its more urgent lane; a closed or quarantined one
 * opens again with its attempts reset, because a change is a reason to try.
 */
export async function enqueue(db: Db, entries: readonly InboxEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map((entry) => ({
    key: entry.key,
    kind: entry.kind,
    lane: LANES[entry.lane],
    entity: entry.entity,
    id: entry.id,
    pair_id: entry.pairId ?? null,
    overwritten: entry.overwritten && Object.keys(entry.overwritten).length > 0 ? entry.overwritten : null,
  }));
  await sql`
    insert into inbox (key, kind, lane, seq, entity, id, pair_id, state, overwritten)
    select key, kind, lane, nextval('inbox_seq'), entity, id, pair_id, 'open', overwritten
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as x(key text, kind text, lane smallint, entity text, id text, pair_id bigint, overwritten jsonb)
    order by key
    on conflict (key) do update set
      seq = excluded.seq,
      lane = case when inbox.state = 'open' then least(inbox.lane, excluded.lane) else excluded.lane end,
      pair_id = coalesce(excluded.pair_id, inbox.pair_id),
      attempts = 0,
      due = case when inbox.state = 'open' then inbox.due else now() end,
      opened_at = case when inbox.state = 'open' then inbox.opened_at else now() end,
      taken_by = case when inbox.state = 'open' then inbox.taken_by end,
      overwritten = case when excluded.overwritten is null then inbox.overwritten
                         else coalesce(inbox.overwritten, '{}') || excluded.overwritten end,
      state = 'open', outcome = null, failure_code = null, failure_message = null, ended_at = null`.execute(db);
}

export interface TakenRow {
  readonly key: string;
  readonly kind: 'record' | 'create';
  readonly lane: number;
  readonly seq: number;
  readonly entity: Entity;
  readonly id: string;
  /** Current ids of the pair, where the record belongs to one. */
  readonly marketoId: string | null;
  readonly table: Table | null;
  readonly microsoftId: string | null;
}

/**
 * Takes up to `limit` due rows for one run of the cycle, by lane, then age. Asked again by the same run it answers the same rows,
 * so a retried activity takes nothing twice. Rows that failed too often are quarantined instead; their number is returned.
 */
export async function takePage(
  db: Db,
  runId: string,
  limit: number,
): Promise<{ rows: readonly TakenRow[]; quarantined: number }> {
  const again = await takenBy(db, runId);
  if (again.length > 0) return { rows: again, quarantined: 0 };
  const quarantined = await sql`
    update inbox set state = 'quarantined', taken_by = null, ended_at = now()
    where state = 'open' and due <= now() and attempts >= ${MAX_ATTEMPTS}`.execute(db);
  await sql`
    update inbox set taken_by = ${runId}, attempts = attempts + 1, due = now() + ${TAKEN_FOR}
    where key in (
      select key from inbox where state = 'open' and due <= now()
      order by lane, opened_at, key limit ${limit} for update skip locked)`.execute(db);
  return { rows: await takenBy(db, runId), quarantined: Number(quarantined.numAffectedRows ?? 0) };
}

async function takenBy(db: Db, runId: string): Promise<readonly TakenRow[]> {
  const { rows } = await sql<TakenRow>`
    select i.key, i.kind, i.lane, i.seq, i.entity, i.id,
      coalesce(m.id, case when i.entity = 'person' then i.id end) as "marketoId",
      coalesce(d.entity, case when i.entity <> 'person' then i.entity end) as "table",
      coalesce(d.id, case when i.entity <> 'person' then i.id end) as "microsoftId"
    from inbox i
      left join identity m on m.pair_id = i.pair_id and m.side = 'marketo' and m.current
      left join identity d on d.pair_id = i.pair_id and d.side = 'dynamics' and d.current
    where i.taken_by = ${runId} and i.state = 'open'
    order by i.lane, i.opened_at, i.key`.execute(db);
  return rows;
}

/** Keeps what was read for a record, stamped with the `seq` it covers. */
export async function saveSnapshots(
  db: Db,
  items: readonly { readonly key: string; readonly seq: number; readonly snapshot: Snapshots }[],
): Promise<void> {
  if (items.length === 0) return;
  await sql`
    update inbox set snapshot = x.snapshot, snapshot_seq = x.seq
    from jsonb_to_recordset(${JSON.stringify(items)}::jsonb) as x(key text, seq bigint, snapshot jsonb)
    where inbox.key = x.key and coalesce(inbox.snapshot_seq, 0) <= x.seq`.execute(db);
}

/**
 * Gives taken rows back unharmed: the attempt is refunded, because nothing was wrong with the record (its side was blocked, another
 * run had it, it was superseded). Due again after `waitMs`.
 */
export async function release(db: Db, keys: readonly string[], waitMs: number): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    update inbox set taken_by = null, attempts = greatest(attempts - 1, 0),
      due = now() + make_interval(secs => ${waitMs / 1000})
    where key = any(${keys}) and state = 'open'`.execute(db);
}

/** Puts a record that ended back on the list, due after `waitMs`: something about it is still to be done. */
export async function reopen(db: Db, key: string, waitMs: number): Promise<void> {
  await sql`
    update inbox set state = 'open', seq = nextval('inbox_seq'), due = now() + make_interval(secs => ${waitMs / 1000}), taken_by = null,
      opened_at = now(), outcome = null, ended_at = null
    where key = ${key} and state = 'closed'`.execute(db);
}

/** Remembers why the last try failed, for `status`, `retry` and `explain`. The row stays open and keeps its due time. */
export async function noteFailure(db: Db, key: string, code: string, message: string): Promise<void> {
  await db.updateTable('inbox').set({ failure_code: code, failure_message: message }).where('key', '=', key).execute();
}

/**
 * Closes a row if nothing has come in since `seq` was read; otherwise it is due again at once.
 * Must run in the transaction that makes the outcome true.
 */
export async function closeIfUnchanged(db: Db, key: string, seq: number, outcome: string): Promise<boolean> {
  const closed = await sql`
    update inbox set state = 'closed', outcome = ${outcome}, ended_at = now(), taken_by = null, attempts = 0,
      snapshot = null, snapshot_seq = null, overwritten = null, failure_code = null, failure_message = null
    where key = ${key} and seq = ${seq}`.execute(db);
  if (Number(closed.numAffectedRows ?? 0) > 0) return true;
  await sql`
    update inbox set due = now(), taken_by = null, attempts = greatest(attempts - 1, 0), overwritten = null
    where key = ${key} and state = 'open'`.execute(db);
  return false;
}
