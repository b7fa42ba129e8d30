/** From feed pages to inbox rows: the one transaction in which a cursor moves and records are put to work. */
import { sql } from 'kysely';
import { isEcho, overwrittenBy } from '../core/echo';
import type { Change, ChangePage, Cursor } from '../core/ports';
import type { Baseline, Lane, RawValue, RowControl, SideName, Table, TablePlan } from '../core/types';
import { recordKey } from '../temporal/names';
import type { Database, Db } from './database';
import { enqueue, type InboxEntry } from './inbox';
import type { PairState } from './schema';

export interface StoredCursor {
  readonly cursor: Cursor;
  /** Compared when the next page is committed: the loser of a race ends quietly. */
  readonly version: number;
}

/** Where a feed stands; `undefined` before its first page. */
export async function readCursor(db: Db, side: SideName, feed: string): Promise<StoredCursor | undefined> {
  return db
    .selectFrom('cursor')
    .select(['cursor', 'version'])
    .where('side', '=', side)
    .where('feed', '=', feed)
    .executeTakeFirst();
}

/** Forgets where a feed stood (its token expired), so that it is read from the beginning. */
export async function dropCursor(db: Db, side: SideName, feed: string): Promise<void> {
  await db.deleteFrom('cursor').where('side', '=', side).where('feed', '=', feed).execute();
}

export interface CommittedPage {
  readonly lost: boolean;
  readonly queued: number;
  readonly echoes: number;
}

interface KnownRecord {
  readonly entity: string;
  readonly id: string;
  readonly current: boolean;
  readonly pairId: number;
  readonly state: PairState;
  readonly table: Table | null;
  readonly baseline: Baseline;
  readonly control: RowControl | null;
  readonly marketoId: string | null;
  readonly inboxOpen: boolean;
}

/**
 * Commits one feed page: the new cursor (compare-and-set on the old one), what was seen, and an inbox row for everything that is
 * not an echo of our own writes. An echo is dropped only while the pair has no open inbox row: with one open, a write may be under
 * way, and what looks like our own value can be a user's revert.
 */
export async function commitPage(
  db: Database,
  args: {
    readonly side: SideName;
    readonly feed: string;
    readonly version: number | undefined;
    readonly page: ChangePage;
    readonly plans: Readonly<Record<Table, TablePlan>>;
  },
): Promise<CommittedPage> {
  const { side, feed, version, page } = args;
  return db.transaction().execute(async (tx) => {
    if (!(await moveCursor(tx, side, feed, version, page.cursor))) return { lost: true, queued: 0, echoes: 0 };
    const fresh = await dropSeen(tx, page.changes);
    const known = await lockKnown(tx, side, fresh);
    const entries: InboxEntry[] = [];
    let echoes = 0;
    for (const change of latestPerRecord(fresh)) {
      const entry = toEntry(change, known.get(`${change.entity}/${change.id}`), page.fullRead ? 'backfill' : 'live', args.plans);
      if (entry === 'echo') echoes += 1;
      else if (entry !== 'notOurs') entries.push(entry);
    }
    await enqueue(tx, entries);
    return { lost: false, queued: entries.length, echoes };
  });
}

async function moveCursor(tx: Db, side: SideName, feed: string, version: number | undefined, cursor: Cursor): Promise<boolean> {
  const json = JSON.stringify(cursor);
  const moved =
    version === undefined
      ? await sql`insert into cursor (side, feed, cursor, version) values (${side}, ${feed}, ${json}, 1) on conflict do nothing`.execute(
          tx,
        )
      : await sql`update cursor set cursor = ${json}, version = version + 1
          where side = ${side} and feed = ${feed} and version = ${version}`.execute(tx);
  return Number(moved.numAffectedRows ?? 0) > 0;
}

async function dropSeen(tx: Db, changes: readonly Change[]): Promise<readonly Change[]> {
  const guids = changes.flatMap((change) => (change.guid === undefined ? [] : [{ guid: change.guid, at: change.at }]));
  if (guids.length === 0) return changes;
  const { rows } = await sql<{ guid: string }>`
    insert into seen_activity (guid, at)
    select distinct on (guid) guid, at from jsonb_to_recordset(${JSON.stringify(guids)}::jsonb) as x(guid text, at timestamptz)
    on conflict do nothing returning guid`.execute(tx);
  const unseen = new Set(rows.map((row) => row.guid));
  return changes.filter((change) => change.guid === undefined || unseen.delete(change.guid));
}

/** Forgets feed entries older than `days`: far beyond any overlap that is read again. */
export async function pruneSeen(db: Db, days: number): Promise<void> {
  await sql`delete from seen_activity where at < now() - make_interval(days => ${days})`.execute(db);
}

/** Locks, in one order everywhere, the pairs and inbox rows that these changes speak of. */
async function lockKnown(tx: Db, side: SideName, changes: readonly Change[]): Promise<Map<string, KnownRecord>> {
  const refs = [
    ...new Map(changes.map((change) => [`${change.entity}/${change.id}`, { entity: change.entity, id: change.id }])).values(),
  ];
  if (refs.length === 0) return new Map();
  const json = JSON.stringify(refs);
  await sql`
    select p.id from pair p join identity i on i.pair_id = p.id
      join jsonb_to_recordset(${json}::jsonb) as x(entity text, id text) on i.entity = x.entity and i.id = x.id
    where i.side = ${side} order by p.id for update of p`.execute(tx);
  const { rows } = await sql<KnownRecord>`
    select i.entity, i.id, i.current, p.id as "pairId", p.state, p.table_name as "table", p.baseline, p.control,
      m.id as "marketoId", exists (select 1 from inbox b where b.pair_id = p.id and b.state <> 'closed') as "inboxOpen"
    from identity i
      join pair p on p.id = i.pair_id
      join jsonb_to_recordset(${json}::jsonb) as x(entity text, id text) on i.entity = x.entity and i.id = x.id
      left join identity m on m.pair_id = p.id and m.side = 'marketo' and m.current
    where i.side = ${side}`.execute(tx);
  return new Map(rows.map((row) => [`${row.entity}/${row.id}`, row]));
}

/**
 * One change per record: a page may name a record several times. Field entries are kept in order, so the newest value of each field
 * is the last one; a deletion outweighs everything before it.
 */
function latestPerRecord(changes: readonly Change[]): readonly Change[] {
  const byRecord = new Map<string, Change>();
  for (const change of changes) {
    const key = `${change.entity}/${change.id}`;
    const before = byRecord.get(key);
    const fields = [...(before?.fields ?? []), ...(change.fields ?? [])];
    byRecord.set(key, fields.length > 0 ? { ...change, fields } : change);
  }
  return [...byRecord.values()];
}

function toEntry(
  change: Change,
  known: KnownRecord | undefined,
  lane: Lane,
  plans: Readonly<Record<Table, TablePlan>>,
): InboxEntry | 'echo' | 'notOurs' {
  if (known === undefined) return unknownRecord(change, lane);
  if (!known.current) return 'notOurs';
  const plan = known.table === null ? undefined : plans[known.table];
  let overwritten: Record<string, RawValue> | undefined;
  if (plan !== undefined && known.state === 'live' && !known.inboxOpen && change.kind === 'changed') {
    overwritten = overwrittenBy(plan, known.baseline, change);
    const replaced = Object.keys(overwritten).length > 0;
    if (!replaced && isEcho(plan, known.baseline, known.control ?? undefined, change)) return 'echo';
  }
  const shared = { kind: 'record', lane, pairId: known.pairId, ...(overwritten ? { overwritten } : {}) } as const;
  return known.marketoId !== null
    ? { ...shared, key: recordKey.pair(known.marketoId), entity: 'person', id: known.marketoId }
    : { ...shared, key: recordKey.row(change.entity as Table, change.id), entity: change.entity, id: change.id };
}

/** People that exist only in Marketo are never pushed by themselves; a new row becomes a person unless its filter says No. */
function unknownRecord(change: Change, lane: Lane): InboxEntry | 'notOurs' {
  if (change.entity === 'person' || change.kind === 'deleted') return 'notOurs';
  if (change.snapshot?.control?.filter === false) return 'notOurs';
  return { key: recordKey.row(change.entity, change.id), kind: 'record', lane, entity: change.entity, id: change.id };
}
