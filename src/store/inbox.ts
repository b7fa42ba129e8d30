/** The durable list of records that may need work. Its key is the workflow id of the run that does the work. */
import { sql } from 'kysely';
import type { FieldChange } from '../core/ports';
import { type Entity, LANES, type Lane, type Snapshot, type Table } from '../core/types';
import { recordKey } from '../temporal/names';
import { type Database, type Db, inTransaction } from './database';
import type { Snapshots } from './schema';

/** After this many real failures a record waits for an engineer instead of the next cycle. The index `inbox_exhausted` has the same number. */
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
  /** What Marketo's feed said about fields of the person; kept until a run that has seen it ends. */
  readonly entries?: readonly FieldChange[];
  /** The row as its feed carried it: it need not be read again, unless something else comes in. */
  readonly row?: Snapshot;
}

/** A pair is put to work under its person. */
export function pairEntry(pairId: number, marketoId: string, lane: Lane): InboxEntry {
  return { key: recordKey.pair(marketoId), kind: 'record', lane, entity: 'person', id: marketoId, pairId };
}

/** What a campaign or an operator asked for one person is one entry, however often it was asked. */
export function creationEntry(marketoId: string): InboxEntry {
  return { key: recordKey.create(marketoId), kind: 'create', lane: 'create', entity: 'person', id: marketoId };
}

/**
 * Puts records to work: each gets a new `seq`. An open row keeps its place and its more urgent lane, and is due when it was (at once with
 * `dueNow`, or when all it waited for was the next try after a failure); a closed or quarantined one opens again with its attempts reset,
 * because a change is a reason to try.
 *
 * The number is drawn when the row is locked: drawn before, a slower transaction could lower it, and a snapshot would seem to cover a
 * change that came after it.
 */
export async function enqueue(db: Db, entries: readonly InboxEntry[], options: { dueNow?: boolean } = {}): Promise<void> {
  if (entries.length === 0) return;
  const rows = onePerKey(entries).map((entry) => ({
    key: entry.key,
    kind: entry.kind,
    lane: LANES[entry.lane],
    entity: entry.entity,
    id: entry.id,
    pair_id: entry.pairId ?? null,
    entries: entry.entries && entry.entries.length > 0 ? entry.entries : null,
    snapshot: entry.row === undefined ? null : ({ part: true, dynamics: entry.row } satisfies Snapshots),
  }));
  await sql`
    insert into inbox (key, kind, lane, seq, entity, id, pair_id, state, entries, snapshot)
    select key, kind, lane, nextval('inbox_seq'), entity, id, pair_id, 'open', entries, snapshot
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as x(key text, kind text, lane smallint, entity text, id text, pair_id bigint, entries jsonb, snapshot jsonb)
    order by key
    on conflict (key) do update set
      seq = nextval('inbox_seq'),
      lane = case when inbox.state = 'open' then least(inbox.lane, excluded.lane) else excluded.lane end,
      pair_id = coalesce(excluded.pair_id, inbox.pair_id),
      attempts = 0,
      due = case when inbox.state = 'open' and not ${options.dueNow ?? false}
        and not (inbox.taken_by is null and inbox.failure_code is not null) then inbox.due else now() end,
      opened_at = case when inbox.state = 'open' then inbox.opened_at else now() end,
      taken_by = case when inbox.state = 'open' then inbox.taken_by end,
      entries = case when excluded.entries is null then inbox.entries else coalesce(inbox.entries, '[]') || excluded.entries end,
      snapshot = case when inbox.state = 'closed' then excluded.snapshot else inbox.snapshot end,
      state = 'open', outcome = null, failure_code = null, failure_message = null, ended_at = null`.execute(db);
  const carried = entries.filter(({ row }) => row !== undefined).map(({ key }) => key);
  // These rows are ours until the end of the transaction, so their number is the one just drawn. What an open one had is left alone.
  if (carried.length > 0)
    await sql`
      update inbox set snapshot_seq = seq
      where key = any(${carried}) and snapshot_seq is null and snapshot is not null`.execute(db);
}

/** Hands rows on to entries that have just been queued, in the same transaction; one that has been read by somebody keeps what it has. */
export async function carryRows(tx: Db, items: readonly { readonly key: string; readonly row: Snapshot }[]): Promise<void> {
  if (items.length === 0) return;
  const carried = items.map(({ key, row }) => ({ key, snapshot: { part: true, dynamics: row } satisfies Snapshots }));
  await sql`
    update inbox set snapshot = x.snapshot, snapshot_seq = seq
    from jsonb_to_recordset(${JSON.stringify(carried)}::jsonb) as x(key text, snapshot jsonb)
    where inbox.key = x.key and inbox.state = 'open' and inbox.snapshot_seq is null`.execute(tx);
}

/** A statement cannot change one row twice. */
function onePerKey(entries: readonly InboxEntry[]): readonly InboxEntry[] {
  const byKey = new Map<string, InboxEntry>();
  for (const entry of entries) {
    const before = byKey.get(entry.key);
    const said = [...(before?.entries ?? []), ...(entry.entries ?? [])];
    const lane = before !== undefined && LANES[before.lane] < LANES[entry.lane] ? before.lane : entry.lane;
    byKey.set(entry.key, { ...before, ...entry, lane, entries: said });
  }
  return [...byKey.values()];
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
  /** What the feed carried of the row, if nothing has come in since. */
  readonly row: Snapshot | null;
}

/**
 * Takes up to `limit` due rows for one run of the cycle, by lane, then age; `bulkLimit` when all of them are of the initial load. Asked
 * again by the same run it answers the same rows, even while its first asking is still under way, so a retried activity takes nothing twice. Rows that failed too often are quarantined
 * instead; their number is returned.
 */
export async function takePage(
  db: Database,
  runId: string,
  limit: number,
  bulkLimit = limit,
): Promise<{ rows: readonly TakenRow[]; quarantined: number }> {
  return inTransaction(db, async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${runId}, 0))`.execute(tx);
    const again = await takenBy(tx, runId);
    if (again.length > 0) return { rows: again, quarantined: 0 };
    const quarantined = await sql`
      with failed as (
        select key from inbox where state = 'open' and attempts >= ${sql.lit(MAX_ATTEMPTS)} and due <= now()
        for update skip locked)
      update inbox set state = 'quarantined', taken_by = null, ended_at = now() from failed where inbox.key = failed.key`.execute(
      tx,
    );
    await sql`
      with due as materialized (
        select key from inbox where state = 'open' and due <= now() and attempts < ${MAX_ATTEMPTS}
        order by lane, opened_at, key
        limit case when exists (
          select 1 from inbox where state = 'open' and due <= now() and attempts < ${MAX_ATTEMPTS} and lane < ${LANES.backfill})
          then ${limit}::int else ${bulkLimit}::int end
        for update skip locked)
      update inbox set taken_by = ${runId}, attempts = attempts + 1, due = now() + ${TAKEN_FOR}
      from due where inbox.key = due.key`.execute(tx);
    return { rows: await takenBy(tx, runId), quarantined: Number(quarantined.numAffectedRows ?? 0) };
  });
}

/** Which of the records asked for a run has, and which another run has taken; those of which nothing is open are in neither. */
export interface TakenKeys {
  readonly mine: readonly string[];
  readonly others: readonly string[];
}

/** Takes records by their keys, for a run that was started for them: no cycle takes them meanwhile. Asked again it answers the same. */
export async function takeKeys(db: Db, runId: string, keys: readonly string[]): Promise<TakenKeys> {
  const { rows } = await sql<{ key: string; isMine: boolean }>`
    with asked as (select key, taken_by, due from inbox where key = any(${keys}) and state = 'open' order by key for update),
      taken as (
        update inbox set taken_by = ${runId}, due = now() + ${TAKEN_FOR} from asked
        where inbox.key = asked.key and (asked.taken_by is null or asked.taken_by = ${runId} or asked.due <= now())
        returning inbox.key)
    select asked.key, taken.key is not null as "isMine" from asked left join taken using (key) order by asked.key`.execute(db);
  const of = (isMine: boolean) => rows.filter((row) => row.isMine === isMine).map(({ key }) => key);
  return { mine: of(true), others: of(false) };
}

/** Rows of the initial load are taken without what their feed carried: their own pages read it. */
const takenBy = (db: Db, runId: string): Promise<readonly TakenRow[]> =>
  openRowsWhere(db, sql`i.taken_by = ${runId}`, sql`i.lane < ${LANES.backfill}`);

/** The open ones among these records. */
export const openRows = (db: Db, keys: readonly string[]): Promise<readonly TakenRow[]> =>
  openRowsWhere(db, sql`i.key = any(${keys})`, sql`true`);

async function openRowsWhere(
  db: Db,
  condition: ReturnType<typeof sql>,
  withRow: ReturnType<typeof sql>,
): Promise<readonly TakenRow[]> {
  const { rows } = await sql<TakenRow>`
    select i.key, i.kind, i.lane, i.seq, i.entity, i.id,
      coalesce(m.id, case when i.entity = 'person' then i.id end) as "marketoId",
      coalesce(d.entity, case when i.entity <> 'person' then i.entity end) as "table",
      coalesce(d.id, case when i.entity <> 'person' then i.id end) as "microsoftId",
      case when ${withRow} and i.snapshot_seq >= i.seq and i.snapshot ? 'part' then i.snapshot->'dynamics' end as "row"
    from inbox i
      left join identity m on m.pair_id = i.pair_id and m.side = 'marketo' and m.current
      left join identity d on d.pair_id = i.pair_id and d.side = 'dynamics' and d.current
    where ${condition} and i.state = 'open'
    order by i.lane, i.opened_at, i.key`.execute(db);
  return rows;
}

/** What was read for a record, and the `seq` it covers. */
export interface ReadRecord {
  readonly key: string;
  readonly seq: number;
  readonly snapshot: Snapshots;
  /** The row is what the feed carried, and stands in the inbox already: `snapshot` is without it. */
  readonly withCarriedRow?: boolean;
}

/** Keeps what was read for a record, stamped with the `seq` it covers: what came in later has a higher one. */
export async function saveSnapshots(db: Db, items: readonly ReadRecord[]): Promise<void> {
  if (items.length === 0) return;
  await sql`
    with fresh as (
      select b.key, x.seq, case when x."withCarriedRow" then (b.snapshot - 'part') || x.snapshot else x.snapshot end as snapshot
      from inbox b
        join jsonb_to_recordset(${JSON.stringify(items)}::jsonb)
          as x(key text, seq bigint, snapshot jsonb, "withCarriedRow" boolean) on b.key = x.key
      where b.state <> 'closed' and coalesce(b.snapshot_seq, 0) <= x.seq
        and (x."withCarriedRow" is not true or b.snapshot ? 'part')
      order by b.key for update of b)
    update inbox set snapshot = fresh.snapshot, snapshot_seq = fresh.seq from fresh where inbox.key = fresh.key`.execute(db);
}

/**
 * Gives taken rows back unharmed: the attempt is refunded, because nothing was wrong with the record (its side was blocked, another
 * run had it, it was superseded). Due again after `waitMs`.
 */
export async function release(db: Db, keys: readonly string[], waitMs: number): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    with taken as (select key from inbox where key = any(${keys}) and state = 'open' order by key for update)
    update inbox set taken_by = null, attempts = greatest(attempts - 1, 0), due = now() + make_interval(secs => ${waitMs / 1000})
    from taken where inbox.key = taken.key`.execute(db);
}

/** Has taken rows of the initial load run by themselves the next time, due at once: something about them needs a look of its own. */
export async function toSingles(db: Db, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    with singled as (select key from inbox where key = any(${keys}) and state = 'open' order by key for update)
    update inbox set lane = least(lane, ${LANES.live}), taken_by = null, due = now()
    from singled where inbox.key = singled.key`.execute(db);
}

/** Records that cycles have taken and that have not ended, those of the initial load left out. */
export async function recordsUnderWay(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from inbox
    where taken_by is not null and state = 'open' and kind = 'record' and lane < ${LANES.backfill} and due > now()`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Open rows of the initial load. */
export async function leftOfBackfill(db: Db): Promise<number> {
  const { rows } = await sql<{ left: number }>`
    select count(*)::int as left from inbox where state = 'open' and lane = ${LANES.backfill}`.execute(db);
  return rows[0]?.left ?? 0;
}

/** Puts a record that ended back on the list, due after `waitMs`: something about it is still to be done. */
export async function reopen(db: Db, key: string, waitMs: number): Promise<void> {
  await sql`
    update inbox set state = 'open', seq = nextval('inbox_seq'), due = now() + make_interval(secs => ${waitMs / 1000}), taken_by = null,
      opened_at = now(), outcome = null, ended_at = null
    where key = ${key} and state = 'closed'`.execute(db);
}

/**
 * The run of a record has failed: nobody has it any more, and the next change is a reason to try again. One that came in meanwhile, which
 * has reset the attempts, is so at once; otherwise the row is due when it was.
 */
export async function letGo(db: Db, key: string): Promise<void> {
  await sql`
    update inbox set taken_by = null, due = case when attempts = 0 then now() else due end
    where key = ${key} and state = 'open'`.execute(db);
}

/** Remembers why the last try failed, for `status`, `retry` and `explain`. The row stays open and keeps its due time. */
export async function noteFailure(db: Db, key: string, code: string, message: string): Promise<void> {
  await db.updateTable('inbox').set({ failure_code: code, failure_message: message }).where('key', '=', key).execute();
}

/** What a row no longer needs once its record has ended. */
export const CLEARED = sql`
  taken_by = null, attempts = 0, snapshot = null, snapshot_seq = null, entries = null, entries_claimed = 0,
  failure_code = null, failure_message = null`;

export interface Ended {
  readonly key: string;
  readonly seq: number;
  readonly pairId?: number;
  readonly outcome: string;
}

/**
 * Closes the rows of runs that ended, each if nothing has come in since its `seq` was read and, for a creation, no request is open; otherwise
 * it is due again at once. Answers the keys that stay open. Must run in the transaction that makes the outcomes true.
 *
 * Every row of their pairs that stays open gets a new `seq`. What a page has read for it is older than the baseline that moves with this
 * transaction, and would look like somebody's edit; so nothing that was read before covers the row any more.
 */
export async function closeUnchanged(tx: Db, runs: readonly Ended[]): Promise<ReadonlySet<string>> {
  const ended = sql`jsonb_to_recordset(${JSON.stringify(runs)}::jsonb) as x(key text, seq bigint, "pairId" bigint, outcome text)`;
  await sql`
    update inbox set seq = nextval('inbox_seq') from ${ended}
    where inbox.pair_id = x."pairId" and inbox.key <> x.key and inbox.state <> 'closed'`.execute(tx);
  const closed = await sql<{ key: string }>`
    update inbox set state = 'closed', outcome = x.outcome, ended_at = now(), ${CLEARED} from ${ended}
    where inbox.key = x.key and inbox.seq = x.seq and inbox.state <> 'closed'
      and not (inbox.kind = 'create' and exists (select 1 from request r where r.marketo_id = inbox.id and r.ended_at is null))
    returning inbox.key`.execute(tx);
  const done = new Set(closed.rows.map(({ key }) => key));
  const left = runs.map(({ key }) => key).filter((key) => !done.has(key));
  return left.length === 0 ? new Set() : reopenEnded(tx, left);
}

/** Entries that these runs have seen are judged; the ones that came in meanwhile are the next run's. */
async function reopenEnded(tx: Db, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ key: string }>`
    update inbox set seq = nextval('inbox_seq'), due = now(), taken_by = null, attempts = greatest(attempts - 1, 0),
      snapshot = null, snapshot_seq = null, entries_claimed = 0,
      entries = (select jsonb_agg(e.value order by e.ordinality)
        from jsonb_array_elements(entries) with ordinality e where e.ordinality > entries_claimed)
    where key = any(${keys}) and state <> 'closed' returning key`.execute(tx);
  return new Set(rows.map(({ key }) => key));
}

/** `closeUnchanged` for one run; answers whether its row is closed. */
export async function closeIfUnchanged(tx: Db, run: Omit<Ended, 'outcome'>, outcome: string): Promise<boolean> {
  return !(await closeUnchanged(tx, [{ ...run, outcome }])).has(run.key);
}
