/** Three feeds that together name every change: field changes and new people, scores and merges, deletes. */
import type { Change, ChangePage, Cursor, Failure, FeedRequest, FieldChange, Result } from '../core/ports';
import { type Api, itemsOf } from './api';
import { type Activity, activity, type Envelope } from './envelope';
import { rawOf } from './people';

export const FEEDS = ['leadchanges', 'activities', 'deletedleads'] as const;
type Feed = (typeof FEEDS)[number];

/** Activity types that are not in the field feed: changes of a score, and merges. */
const CHANGE_SCORE = 22;
const MERGE_LEADS = 32;

/** How far an overlap reaches back: activities may be committed later than the time they carry, and no delay is published. */
const OVERLAP_MS = 10 * 60_000;
/** The first read ever starts a little in the past, so that nothing falls between set-up and the first cycle. */
const FIRST_REACH_MS = 10 * 60_000;
const PER_PAGE = '300';

/** Reads one page. The token of a page is the place to go on from, also when there is nothing more now. */
export async function readChanges(api: Api, now: () => Date, request: FeedRequest): Promise<Result<ChangePage>> {
  const feed = FEEDS.find((name) => name === request.feed);
  if (feed === undefined) return { failure: noSuchFeed };
  const { cursor, overlap } = request;
  const from = cursor?.highWater === undefined ? undefined : Date.parse(cursor.highWater) - OVERLAP_MS;
  const token =
    cursor !== undefined && !(overlap && from !== undefined)
      ? { ok: cursor.token }
      : await mintToken(api, new Date(from ?? now().getTime() - FIRST_REACH_MS));
  if ('failure' in token) return token;
  const first = await readPage(api, feed, token.ok, request);
  if (!('failure' in first) || !isBadToken(first.failure)) return finish(first, cursor);
  // How long a token lives is documented nowhere; the vendor's own stamp makes a new one.
  const again = await mintToken(api, new Date(from ?? now().getTime() - FIRST_REACH_MS));
  return 'failure' in again ? again : finish(await readPage(api, feed, again.ok, request), cursor);
}

const isBadToken = (failure: Failure): boolean => /paging ?token|nextPageToken/i.test(failure.message);

async function mintToken(api: Api, since: Date): Promise<Result<string>> {
  const answer = await api.get('/rest/v1/activities/pagingtoken.json', { sinceDatetime: since.toISOString() });
  if ('failure' in answer) return answer;
  return answer.ok.nextPageToken === undefined ? { failure: noToken } : { ok: answer.ok.nextPageToken };
}

interface Page {
  readonly changes: readonly Change[];
  readonly stamps: readonly string[];
  readonly token: string;
  readonly more: boolean;
}

async function readPage(api: Api, feed: Feed, nextPageToken: string, request: FeedRequest): Promise<Result<Page>> {
  const query = { nextPageToken, batchSize: PER_PAGE };
  const answer = await ASK[feed](api, query, request.fields.person ?? []);
  if ('failure' in answer) return answer;
  const entries = itemsOf(answer, activity);
  if ('failure' in entries) return entries;
  return {
    ok: {
      changes: entries.ok.flatMap((entry) => toChange(feed, entry) ?? []),
      stamps: entries.ok.map((entry) => stampOf(entry)),
      token: answer.ok.nextPageToken ?? nextPageToken,
      more: answer.ok.moreResult,
    },
  };
}

type Ask = (api: Api, query: Record<string, string>, fields: readonly string[]) => Promise<Result<Envelope>>;

const ASK: Readonly<Record<Feed, Ask>> = {
  leadchanges: (api, query, fields) => api.get('/rest/v1/activities/leadchanges.json', { ...query, fields: fields.join(',') }),
  activities: (api, query) =>
    api.get('/rest/v1/activities.json', { ...query, activityTypeIds: `${CHANGE_SCORE},${MERGE_LEADS}` }),
  deletedleads: (api, query) => api.get('/rest/v1/activities/deletedleads.json', query),
};

function finish(page: Result<Page>, before: Cursor | undefined): Result<ChangePage> {
  if ('failure' in page) return page;
  const { changes, stamps, token, more } = page.ok;
  // ISO stamps in UTC sort as text; the high water never falls, also while an overlap is re-read.
  const highWater = [...stamps, ...(before?.highWater === undefined ? [] : [before.highWater])].sort().at(-1);
  return { ok: { changes, cursor: { token, ...(highWater === undefined ? {} : { highWater }) }, more, fullRead: false } };
}

/** Marketo writes `Z` and `+0000` alike. */
function stampOf({ activityDate }: Activity): string {
  const time = Date.parse(activityDate.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(time) ? new Date(0).toISOString() : new Date(time).toISOString();
}

function toChange(feed: Feed, entry: Activity): Change | undefined {
  const guid = entry.marketoGUID ?? entry.id;
  const shared = {
    entity: 'person',
    id: entry.leadId,
    at: stampOf(entry),
    // Ids are unique within a feed only.
    ...(guid === undefined ? {} : { guid: `${feed}/${guid}` }),
  } as const;
  if (feed === 'deletedleads') return { ...shared, kind: 'deleted' };
  if (feed === 'leadchanges') {
    const fields = entry.fields.map(
      (field): FieldChange => ({ field: field.name, oldValue: rawOf(field.oldValue), newValue: rawOf(field.newValue) }),
    );
    return { ...shared, kind: 'changed', ...(fields.length > 0 ? { fields } : {}) };
  }
  if (entry.activityTypeId === MERGE_LEADS) {
    const mergedIds = idsIn(attributeOf(entry, 'Merge IDs'));
    return { ...shared, kind: 'merged', mergedIds: mergedIds.filter((id) => id !== entry.leadId) };
  }
  return { ...shared, kind: 'changed' };
}

const attributeOf = (entry: Activity, name: string): unknown => entry.attributes.find((one) => one.name === name)?.value;

/** A list in text, a JSON array, or one number. */
const idsIn = (value: unknown): string[] => (JSON.stringify(value) ?? '').match(/\d+/g) ?? [];

const noSuchFeed: Failure = {
  kind: 'config',
  scope: 'request',
  code: 'noSuchFeed',
  message: `Marketo's feeds are ${FEEDS.join(', ')}`,
};
const noToken: Failure = { kind: 'retry', scope: 'request', code: 'noToken', message: 'Marketo answered without a paging token' };
