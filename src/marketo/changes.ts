/** Three feeds that together name every change of a person: fields and new people, scores and merges, deletes. */
import type { Change, ChangePage, Clock, Cursor, Failure, FeedRequest, Result } from '../core/ports';
import { newest } from '../core/time';
import type { Api, Query, Reply } from './api';
import { type Activity, activityShape } from './envelope';
import { CHANGE_SCORE, type Feed, FEEDS, MERGE_LEADS, stampOf, toChange } from './feedEntry';
import type { FieldBook } from './fieldBook';
import { mintToken } from './pagingToken';

/**
 * Entries may be committed later than the time they carry, by no published delay. The cycle reads the overlap about every half hour, so that
 * each time of the day is looked at once more at least ten minutes after it has passed.
 */
export const DEFAULT_OVERLAP_MINUTES = 40;
/** The first read ever reaches back by a cycle: what changed while it was being set up is not in between. */
const FIRST_REACH_MS = 5 * 60_000;
/** Within the first reach our own clock may be wrong by this much. */
const CLOCK_TOLERANCE_MS = 60_000;
/** Marks a cursor in the middle of what there is. */
const UNFINISHED = 'unfinished';

export interface FeedReader {
  readonly api: Api;
  readonly book: FieldBook;
  readonly clock: Clock;
  readonly overlapMs: number;
}

/**
 * Reads one page. Its token is where to go on, now when there is more and later when there is not. A token that Marketo has forgotten is
 * made anew from the newest stamp seen. An overlap waits while there is a backlog: its entries are old, and going back again and again
 * would never end.
 */
export async function readChanges(reader: FeedReader, request: FeedRequest): Promise<Result<ChangePage>> {
  const feed = FEEDS.find((name) => name === request.feed);
  if (feed === undefined) return { failure: noSuchFeed };
  const stored = request.cursor;
  if (stored === undefined) {
    const first = await firstCursor(reader);
    return 'failure' in first ? first : readMinted(reader, feed, first.ok, request);
  }
  if (request.overlap && stored.highWater !== undefined && stored.fingerprint !== UNFINISHED)
    return readAgain(reader, feed, stored, stored.highWater, request);
  const page = await readPage(reader, feed, stored, request);
  const lost = 'failure' in page && page.failure.kind === 'gone' && page.failure.scope === 'cursor';
  return lost && stored.highWater !== undefined ? readAgain(reader, feed, stored, stored.highWater, request) : page;
}

/** Marketo has no initial load to give: a first cursor stands a little before now, by Marketo's clock. */
async function firstCursor({ api, clock }: FeedReader): Promise<Result<Cursor>> {
  const ours = clock.now();
  const minted = await mintToken(api, new Date(ours.getTime() - FIRST_REACH_MS));
  if ('failure' in minted) return minted;
  const { token, at = ours } = minted.ok;
  const since = new Date(at.getTime() - FIRST_REACH_MS);
  const highWater = since.toISOString();
  if (Math.abs(at.getTime() - ours.getTime()) <= CLOCK_TOLERANCE_MS) return { ok: { token, highWater } };
  const again = await mintToken(api, since);
  return 'failure' in again ? again : { ok: { token: again.ok.token, highWater } };
}

async function readAgain(
  reader: FeedReader,
  feed: Feed,
  stored: Cursor,
  highWater: string,
  request: FeedRequest,
): Promise<Result<ChangePage>> {
  const minted = await mintToken(reader.api, new Date(Date.parse(highWater) - reader.overlapMs));
  if ('failure' in minted) return minted;
  return readMinted(reader, feed, { ...stored, token: minted.ok.token }, request);
}

/** Reads from a token just made. It cannot be a lost one, so a complaint about it must not cost the cursor. */
async function readMinted(reader: FeedReader, feed: Feed, cursor: Cursor, request: FeedRequest): Promise<Result<ChangePage>> {
  const page = await readPage(reader, feed, cursor, request);
  if ('ok' in page || page.failure.scope !== 'cursor') return page;
  return { failure: { ...page.failure, kind: 'config', scope: 'request' } };
}

async function readPage(
  { api, book, clock }: FeedReader,
  feed: Feed,
  cursor: Cursor,
  request: FeedRequest,
): Promise<Result<ChangePage>> {
  const fields = request.fields.person ?? [];
  const reply = await ASK[feed](api, book, { nextPageToken: cursor.token }, fields);
  if ('failure' in reply) return reply;
  const { items, at = clock.now(), nextPageToken: token = cursor.token } = reply.ok;
  // A page may be empty, or short, and still not the last one; one that leads nowhere is.
  const more = reply.ok.more && (items.length > 0 || token !== cursor.token);
  const readAt = at.toISOString();
  const changes: Change[] = [];
  for (const entry of items) {
    const change = await toChange(entry, { feed, book, fields, readAt });
    if (change !== undefined) changes.push(change);
  }
  // After the last page everything up to Marketo's now has been seen, also where nothing happens for weeks.
  const highWater = newest([cursor.highWater, ...items.map(stampOf), more ? undefined : reply.ok.at?.toISOString()]);
  return {
    ok: {
      changes,
      cursor: { token, ...(highWater === undefined ? {} : { highWater }), ...(more ? { fingerprint: UNFINISHED } : {}) },
      more,
      fullRead: false,
    },
  };
}

type Ask = (api: Api, book: FieldBook, query: Query, fields: readonly string[]) => Promise<Result<Reply<Activity>>>;

const FEED = { doing: 'feed' } as const;
const ASK: Readonly<Record<Feed, Ask>> = {
  leadchanges: (api, book, query, fields) =>
    book.reading(fields, (existing) =>
      api.get('/rest/v1/activities/leadchanges.json', { ...query, fields: existing.join(',') }, activityShape, FEED),
    ),
  activities: (api, _book, query) =>
    api.get('/rest/v1/activities.json', { ...query, activityTypeIds: `${CHANGE_SCORE},${MERGE_LEADS}` }, activityShape, FEED),
  deletedleads: (api, _book, query) => api.get('/rest/v1/activities/deletedleads.json', query, activityShape, FEED),
};

const noSuchFeed: Failure = {
  kind: 'config',
  scope: 'request',
  code: 'noSuchFeed',
  message: `Marketo's feeds are ${FEEDS.join(', ')}`,
};
