/** From feed pages to inbox rows: the one transaction in which a cursor moves and records are put to work. */
import { sql } from 'kysely';
import { type Apart, isEcho, overwrittenBy, takesBack } from '../core/echo';
import type { Change, ChangePage, FieldChange } from '../core/ports';
import type { Baseline, Lane, RowControl, SideName, Table, TablePlan } from '../core/types';
import { recordKey } from '../temporal/names';
import { enterFeeds, moveCursor } from './cursors';
import { noteMet, queueUnmet } from './fullRead';
import { type Database, type Db, inTransaction } from './database';
import { enqueue, type InboxEntry } from './inbox';
import { anyFenced, mergePeople } from './merges';
import { carriedRow, keyOf, unknownRecord, waitingRows } from './newRows';
import type { PairState } from './schema';

export interface CommittedPage {
  /** Nothing was done: another reader has moved the cursor, or the page speaks of a merge and a write of one of its people may be under way. */
  readonly lost: boolean;
  readonly queued: number;
  readonly echoes: number;
}

type Plans = Readonly<Record<Table, TablePlan>>;

const LOST: CommittedPage = { lost: true, queued: 0, echoes: 0 };

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
    readonly plans: Plans;
  },
): Promise<CommittedPage> {
  const { side, page, plans } = args;
  return inTransaction(db, async (tx) => {
    await enterFeeds(tx);
    const merges = page.changes.flatMap(({ id, mergedIds }) => (mergedIds === undefined ? [] : [id, ...mergedIds]));
    if (await anyFenced(tx, merges)) return LOST;
    if (!(await moveCursor(tx, { ...args, cursor: page.cursor, caughtUp: !page.more }))) return LOST;
    const fresh = await dropSeen(tx, page.changes);
    // Before anything is looked up: a merge moves people from pair to pair.
    for (const { id, mergedIds } of fresh) if (mergedIds !== undefined) await mergePeople(tx, id, mergedIds);
    // Before the pairs: a row that waits no more by then has got its pair, or never will.
    const waiting = await waitingRows(tx, fresh);
    const known = await lockKnown(tx, side, fresh);
    const lane = page.fullRead ? 'backfill' : 'live';
    const entries: InboxEntry[] = [];
    let echoes = 0;
    for (const change of latestPerRecord(fresh)) {
      const entry = toEntry(change, known.get(keyOf(change)), waiting.has(keyOf(change)), lane, plans);
      if (entry === 'echo') echoes += 1;
      else if (entry !== 'notOurs') entries.push(entry);
    }
    await enqueue(tx, entries);
    const unmet = page.fullRead && side === 'dynamics' ? await followFullRead(tx, args.feed as Table, page) : 0;
    return { lost: false, queued: entries.length + unmet, echoes };
  });
}

/** What a full read did not name has to be looked at; how much that is, is known on its last page. */
async function followFullRead(tx: Db, table: Table, page: ChangePage): Promise<number> {
  await noteMet(
    tx,
    table,
    page.changes.map((change) => change.id),
  );
  return page.more ? 0 : queueUnmet(tx, table);
}

/** Leaves out entries that were read before: an overlap is read again on purpose. */
async function dropSeen(tx: Db, changes: readonly Change[]): Promise<readonly Change[]> {
  const guids = changes.flatMap((change) => (change.guid === undefined ? [] : [{ guid: change.guid, at: change.at }]));
  if (guids.length === 0) return changes;
  const { rows } = await sql<{ guid: string }>`
    insert into seen_activity (guid, at)
    select distinct on (guid) guid, at from jsonb_to_recordset(${JSON.stringify(guids)}::jsonb) as x(guid text, at timestamptz)
    order by guid on conflict do nothing returning guid`.execute(tx);
  const unseen = new Set(rows.map((row) => row.guid));
  return changes.filter((change) => change.guid === undefined || unseen.delete(change.guid));
}

/** Read only of pairs that have something open: it looks at all of their past. */
const APART = sql`
  case when exists (select 1 from rejection r where r.pair_id = p.id and r.closed_at is null)
    or exists (select 1 from decision d where d.pair_id = p.id and d.rule like '%:review')
  then (
    select jsonb_agg(jsonb_build_object('field', field, 'marketo', marketo->'value', 'dynamics', dynamics->'value'))
    from (
      select distinct on (field) field, marketo, dynamics, rule, result from decision d
      where d.pair_id = p.id and d.result <> 'superseded' order by field, id desc) as last
    where result in ('rejected', 'held') or rule like '%:review') end`;

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
  /** A run may be under way, or may begin before this transaction ends. */
  readonly busy: boolean;
  /** What both sides held, by the last look, in fields that were left apart. */
  readonly apart: readonly Apart[];
}

/**
 * Locks the pairs that these changes speak of, then looks at them: no run can claim or write a locked pair. One that was made or joined
 * between the two statements is not locked, and counts as busy.
 */
async function lockKnown(tx: Db, side: SideName, changes: readonly Change[]): Promise<Map<string, KnownRecord>> {
  const refs = [...new Map(changes.map(({ entity, id }) => [keyOf({ entity, id }), { entity, id }])).values()];
  if (refs.length === 0) return new Map();
  const spokenOf = sql`jsonb_to_recordset(${JSON.stringify(refs)}::jsonb) as x(entity text, id text)
    join identity i on i.side = ${side} and i.entity = x.entity and i.id = x.id`;
  const locked = await sql<{ id: number }>`
    select p.id from ${spokenOf} join pair p on p.id = i.pair_id order by p.id for update of p`.execute(tx);
  const { rows } = await sql<KnownRecord>`
    select i.entity, i.id, i.current, p.id as "pairId", p.state, p.table_name as "table", p.baseline, p.control, m.id as "marketoId",
      p.id <> all(${locked.rows.map((row) => row.id)}::bigint[])
        or exists (select 1 from inbox b where b.pair_id = p.id and b.state <> 'closed') as busy,
      coalesce(${APART}, '[]') as apart
    from ${spokenOf}
      join pair p on p.id = i.pair_id
      left join identity m on m.pair_id = p.id and m.side = 'marketo' and m.current`.execute(tx);
  return new Map(rows.map((row) => [keyOf(row), row]));
}

/**
 * One change per record: a page may name a record several times. Its field entries are kept in order, so the newest value of each field is
 * the last one; that it was merged is not forgotten over a later edit.
 */
function latestPerRecord(changes: readonly Change[]): readonly Change[] {
  const byRecord = new Map<string, Change>();
  for (const change of changes) {
    const before = byRecord.get(keyOf(change));
    byRecord.set(keyOf(change), before === undefined ? change : together(before, change));
  }
  return [...byRecord.values()];
}

function together(before: Change, change: Change): Change {
  const fields = [...(before.fields ?? []), ...(change.fields ?? [])];
  const mergedIds = [...(before.mergedIds ?? []), ...(change.mergedIds ?? [])];
  const { isNew = false, ...last } = change;
  return {
    ...last,
    ...(isNew && before.isNew === true ? { isNew } : {}),
    ...(before.kind === 'merged' && change.kind === 'changed' ? { kind: before.kind } : {}),
    ...(fields.length > 0 ? { fields } : {}),
    ...(mergedIds.length > 0 ? { mergedIds } : {}),
  };
}

function toEntry(
  change: Change,
  known: KnownRecord | undefined,
  isWaiting: boolean,
  lane: Lane,
  plans: Plans,
): InboxEntry | 'echo' | 'notOurs' {
  if (known === undefined) return unknownRecord(change, isWaiting, lane);
  if (!known.current || known.state === 'review') return 'notOurs';
  // A campaign's request was refused, or is being served: once there is a row, the person is read anew whatever its feed has said before.
  if (known.state === 'pending' && change.entity === 'person') return 'notOurs';
  const { pairId, marketoId, baseline } = known;
  const ofTable = known.table === null ? undefined : plans[known.table];
  const plan = known.state === 'live' ? ofTable : undefined;
  // A pair is live only when its person has been read: later than it came into being.
  if (plan !== undefined && change.isNew === true && change.fields === undefined) return 'echo';
  // Of a deleted row only the person is left to hear of: the flag that we have set comes back, too.
  const spoken = known.state === 'rowDeleted' && change.entity === 'person' ? ofTable : plan;
  if (spoken !== undefined && !known.busy && !takesBack(known.apart, spoken, change)) {
    const replaced = Object.keys(overwrittenBy(spoken, baseline, change)).length > 0;
    if (!replaced && isEcho(spoken, baseline, known.control ?? undefined, change)) return 'echo';
  }
  const entries = plan === undefined ? [] : twoWayEntries(plan, change);
  const shared = { kind: 'record', lane, pairId, ...(entries.length > 0 ? { entries } : {}), ...carriedRow(change) } as const;
  return marketoId === null && change.entity !== 'person'
    ? { ...shared, key: recordKey.row(change.entity, change.id), entity: change.entity, id: change.id }
    : { ...shared, key: recordKey.pair(marketoId ?? change.id), entity: 'person', id: marketoId ?? change.id };
}

/**
 * What a person's entries say about fields that both sides may write. They are kept from the first one that opens the record on: only
 * all of them together, against the baseline of the run that judges them, tell a user's edit that our own write replaced from a user's own
 * way back to our value.
 */
function twoWayEntries(plan: TablePlan, change: Change): readonly FieldChange[] {
  if (change.entity !== 'person') return [];
  const names = new Set(plan.fields.filter((field) => field.direction === 'both').map((field) => field.marketo));
  return (change.fields ?? []).filter((entry) => names.has(entry.field));
}
