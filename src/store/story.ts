/** Everything the store knows about one record, in the order it happened. */
import { sql } from 'kysely';
import type {
  DecidedEvent,
  PairedEvent,
  PairFacts,
  RefusedEvent,
  RequestedEvent,
  ReviewEvent,
  Stories,
  Story,
  WorkFacts,
} from '../core/story';
import type { SideName, Table } from '../core/types';
import { recordKey } from '../temporal/names';
import type { Database, Db } from './database';
import { type Past, type Placed, pastOf } from './decidedIn';
import { readSetting, schemaSetting } from './settings';

export function createStories(db: Database): Stories {
  return { story: (id, field) => story(db, id.toLowerCase(), field) };
}

/** Labels by Marketo field name, as Marketo's screens show them. */
type LabelOf = (field: string) => string;

async function story(db: Db, id: string, asked: string | undefined): Promise<Story | undefined> {
  const { labelOf, labelOn } = await readLabels(db);
  const pairId = await pairOf(db, id);
  const keys = [recordKey.row('contact', id), recordKey.row('lead', id)];
  const pair = pairId === undefined ? undefined : await pairFacts(db, pairId);
  const marketoIds = [id, ...(pair?.ids ?? []).flatMap((one) => (one.side === 'marketo' ? [one.id] : []))];
  const work = await workFacts(db, pairId ?? null, [
    ...keys,
    ...marketoIds.flatMap((one) => [recordKey.pair(one), recordKey.create(one)]),
  ]);
  const past = pairId === undefined ? undefined : await pastOf(db, pairId, pair?.ids ?? []);
  const [decisions, rejections, reviews, requests] = await Promise.all([
    past === undefined ? [] : decidedEvents(db, past, labelOf),
    past === undefined ? [] : refusedEvents(db, past, labelOn),
    reviewEvents(
      db,
      pairId ?? null,
      work.map(({ key }) => key),
    ),
    requestedEvents(db, marketoIds),
  ]);
  if (pair === undefined && work.length === 0 && requests.length === 0) return undefined;
  const about = (event: { readonly field: string; readonly label: string }): boolean =>
    asked === undefined ||
    [event.field, event.label, labelOf(event.field)].some((name) => name.toLowerCase() === asked.toLowerCase());
  const events = [
    ...(pairId === undefined ? [] : await pairedEvents(db, pairId)),
    ...decisions.filter(about),
    ...rejections.filter(about),
    ...(asked === undefined ? [...reviews, ...requests] : []),
  ];
  return {
    ...(pair === undefined ? {} : { pair }),
    work,
    events: events.toSorted((a, b) => a.at.localeCompare(b.at)),
  };
}

interface Labels {
  readonly labelOf: LabelOf;
  /** As the screens of one side show them: a refusal speaks the language of who refused. */
  readonly labelOn: (side: SideName, table: Table, field: string) => string;
}

async function readLabels(db: Db): Promise<Labels> {
  const [marketo, dynamics, planned] = await Promise.all([
    readSetting(db, schemaSetting.marketo),
    readSetting(db, schemaSetting.dynamics),
    readSetting(db, 'plannedFields'),
  ]);
  const labelOf: LabelOf = (field) => marketo?.value.entities.person?.[field]?.label ?? field;
  const columnOf = (table: Table, field: string): string | undefined =>
    planned?.value[table].map((line) => line.split(' ')).find(([name]) => name === field)?.[1];
  return {
    labelOf,
    labelOn: (side, table, field) => {
      const column = side === 'dynamics' ? columnOf(table, field) : undefined;
      return dynamics?.value.entities[table]?.[column ?? '']?.label ?? labelOf(field);
    },
  };
}

async function pairOf(db: Db, id: string): Promise<number | undefined> {
  const { rows } = await sql<{ pairId: number }>`
    select pair_id as "pairId" from identity
    where (side, entity, id) in (('marketo', 'person', ${id}), ('dynamics', 'contact', ${id}), ('dynamics', 'lead', ${id}))
    order by current desc limit 1`.execute(db);
  return rows[0]?.pairId;
}

async function pairFacts(db: Db, pairId: number): Promise<PairFacts> {
  const pair = await db
    .selectFrom('pair')
    .select(['state', 'table_name', 'baseline', 'control', 'created_at'])
    .where('id', '=', pairId)
    .executeTakeFirstOrThrow();
  const ids = await db
    .selectFrom('identity')
    .select(['side', 'entity', 'id', 'current'])
    .where('pair_id', '=', pairId)
    .orderBy('side', 'desc')
    .orderBy('current', 'desc')
    .orderBy('id')
    .execute();
  return {
    state: pair.state,
    ...(pair.table_name === null ? {} : { table: pair.table_name }),
    ids,
    filteredOut: pair.control?.filter === false,
    agreedFields: Object.keys(pair.baseline).length,
    since: pair.created_at.toISOString(),
  };
}

async function workFacts(db: Db, pairId: number | null, keys: readonly string[]): Promise<readonly WorkFacts[]> {
  const rows = await db
    .selectFrom('inbox')
    .select(['key', 'state', 'attempts', 'outcome', 'ended_at', 'due', 'failure_code', 'failure_message'])
    .where((is) => is.or([is('pair_id', '=', pairId), is('key', 'in', [...keys])]))
    .orderBy('key')
    .execute();
  return rows.map((row) => ({
    key: row.key,
    state: row.state,
    attempts: row.attempts,
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
    ...(row.state === 'open' ? { dueAt: row.due.toISOString() } : {}),
    ...(row.failure_code === null ? {} : { failure: { code: row.failure_code, message: row.failure_message ?? '' } }),
  }));
}

async function pairedEvents(db: Db, pairId: number): Promise<readonly PairedEvent[]> {
  const { origin, origin_at: at } = await db
    .selectFrom('pair')
    .select(['origin', 'origin_at'])
    .where('id', '=', pairId)
    .executeTakeFirstOrThrow();
  return origin === null || at === null ? [] : [{ kind: 'paired', at: at.toISOString(), origin }];
}

function placeOf(past: Past, placed: Placed): Pick<DecidedEvent, 'decidedIn'> {
  const decidedIn = past.decidedIn(placed);
  return decidedIn === undefined ? {} : { decidedIn };
}

async function decidedEvents(db: Db, past: Past, labelOf: LabelOf): Promise<readonly DecidedEvent[]> {
  const rows = await db
    .selectFrom('decision')
    .selectAll()
    .where('pair_id', 'in', [...past.pairIds])
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    kind: 'decided',
    at: row.decided_at.toISOString(),
    ...placeOf(past, { pairId: row.pair_id, key: row.key, at: row.decided_at }),
    field: row.field,
    label: labelOf(row.field),
    rule: row.rule,
    ...(row.winner === null ? {} : { winner: row.winner }),
    ...(row.baseline === null ? {} : { baseline: row.baseline }),
    marketo: row.marketo.value,
    dynamics: row.dynamics.value,
    writes: row.writes,
    result: row.result,
  }));
}

async function refusedEvents(db: Db, past: Past, labelOn: Labels['labelOn']): Promise<readonly RefusedEvent[]> {
  const rows = await db
    .selectFrom('rejection')
    .selectAll()
    .where('pair_id', 'in', [...past.pairIds])
    .orderBy('opened_at')
    .execute();
  return rows.map((row) => ({
    kind: 'refused',
    at: row.opened_at.toISOString(),
    ...placeOf(past, { pairId: row.pair_id, key: row.key, at: row.opened_at }),
    side: row.side,
    table: row.table_name,
    field: row.field,
    label: labelOn(row.side, row.table_name, row.field),
    code: row.code,
    message: row.message,
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at.toISOString() }),
    ...(row.logged_at === null ? {} : { loggedAt: row.logged_at.toISOString() }),
  }));
}

async function reviewEvents(db: Db, pairId: number | null, keys: readonly string[]): Promise<readonly ReviewEvent[]> {
  const rows = await db
    .selectFrom('review')
    .select(['id', 'kind', 'opened_at', 'closed_at', 'resolution'])
    .where((is) => is.or([is('pair_id', '=', pairId), ...(keys.length > 0 ? [is('key', 'in', [...keys])] : [])]))
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    kind: 'review',
    at: row.opened_at.toISOString(),
    number: row.id,
    review: row.kind,
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at.toISOString() }),
    ...(row.resolution === null ? {} : { resolution: row.resolution }),
  }));
}

async function requestedEvents(db: Db, marketoIds: readonly string[]): Promise<readonly RequestedEvent[]> {
  const rows = await db
    .selectFrom('request')
    .select(['source', 'caller', 'sync_as', 'campaign_id', 'accepted_at', 'outcome', 'ended_at'])
    .where('marketo_id', 'in', [...marketoIds])
    .orderBy('accepted_at')
    .execute();
  return rows.map((row) => ({
    kind: 'requested',
    at: row.accepted_at.toISOString(),
    source: row.source,
    syncAs: row.sync_as,
    ...(row.campaign_id === null ? {} : { campaignId: row.campaign_id }),
    ...(row.caller === null ? {} : { caller: row.caller }),
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
  }));
}
