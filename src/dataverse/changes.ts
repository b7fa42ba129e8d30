/** One feed per table: change tracking's initial read, and from then on its deltas. */
import { createHash } from 'node:crypto';
import type { Change, ChangePage, Clock, Cursor, Failure, FeedRequest, Result } from '../core/ports';
import { newest } from '../core/time';
import type { Table } from '../core/types';
import { type Api, objectOf } from './api';
import { type Json, objectsIn } from './json';
import { selectList, stampOf, toSnapshot, WITH_LABELS } from './snapshot';
import { type Columns, type Model, NAMES, TABLES } from './tables';

const PAGE_PREFERENCES = `odata.maxpagesize=500,${WITH_LABELS}`;
/** Marks the fingerprint of a cursor inside the initial read, which is one long list of rows and not of edits. */
const INITIAL = '+initial';

/**
 * Reads one page. The cursor is the vendor's next or delta link to the letter; a delta link stands on the last page only, so a reader
 * that stops in between goes on at the page it had reached. A cursor for other columns than today's is a full read again, because the
 * columns are part of the link.
 */
export async function readChanges(api: Api, model: Model, clock: Clock, request: FeedRequest): Promise<Result<ChangePage>> {
  const table = TABLES.find((name) => name === request.feed);
  if (table === undefined) return { failure: noSuchFeed };
  const columns = model.columns[table];
  const asked = request.fields[table] ?? [];
  const select = selectList(columns, asked).join(',');
  const hash = createHash('sha256').update(select).digest('hex').slice(0, 16);

  const stored = request.cursor;
  const usable = stored !== undefined && (stored.fingerprint === hash || stored.fingerprint === hash + INITIAL);
  const initial = !usable || stored.fingerprint === hash + INITIAL;
  const reply = await api.one({
    method: 'GET',
    path: usable ? stored.token : `${NAMES[table].entitySet}?$select=${select}`,
    headers: { Prefer: initial ? `odata.track-changes,${PAGE_PREFERENCES}` : PAGE_PREFERENCES },
    asked: { doing: 'feed' },
  });
  const body = objectOf(reply);
  if ('failure' in body) return body;
  const next = linkOf(body.ok['@odata.nextLink']);
  const token = next ?? linkOf(body.ok['@odata.deltaLink']);
  if (token === undefined) return { failure: noLink };

  const rows = objectsIn(body.ok.value);
  const highWater = newest([stored?.highWater, ...rows.map(stampOf)]);
  const answered = 'ok' in reply ? reply.ok.headers.date : undefined;
  const fallbackStamp = newest([highWater, stampOf({ modifiedon: answered })]) ?? clock.now().toISOString();
  const cursor: Cursor = {
    token,
    fingerprint: initial && next !== undefined ? hash + INITIAL : hash,
    ...(highWater === undefined ? {} : { highWater }),
  };
  const changes = rows.flatMap((row) => toChange(table, columns, asked, row, fallbackStamp) ?? []);
  return { ok: { changes, cursor, more: next !== undefined, fullRead: initial } };
}

/** A deleted row carries an id and nothing else, so its time is that of the answer. */
function toChange(
  table: Table,
  columns: Columns,
  asked: readonly string[],
  row: Json,
  fallbackStamp: string,
): Change | undefined {
  const context = row['@odata.context'];
  if (typeof row.reason === 'string' || (typeof context === 'string' && context.endsWith('/$deletedEntity'))) {
    const id = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(String(row.id))?.[0].toLowerCase();
    // OData's other reason, "changed", means the row left the set: whoever reads it will see.
    const kind = row.reason === 'changed' ? 'changed' : 'deleted';
    return id === undefined ? undefined : { entity: table, id, kind, at: fallbackStamp };
  }
  const snapshot = toSnapshot(table, columns, asked, row);
  return snapshot && { entity: table, id: snapshot.id, kind: 'changed', at: stampOf(row) ?? fallbackStamp, snapshot };
}

const linkOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const noSuchFeed: Failure = {
  kind: 'config',
  scope: 'request',
  code: 'noSuchFeed',
  message: 'Dynamics has a feed per table: contact and lead',
};

const noLink: Failure = {
  kind: 'config',
  scope: 'side',
  code: 'noDeltaLink',
  message: 'Dynamics answered without a link to go on from: change tracking does not work for this table',
};
