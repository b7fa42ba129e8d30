/** Custom activities on people. They are written once and for ever, and nothing tells Marketo that one is a repetition. */
import type { ActivityItem, ActivityLog, Clock, Failure, Result } from '../core/ports';
import type { ActivityTypeBook } from './activityTypes';
import type { Api } from './api';
import { matchResults, sendInBatches } from './batches';
import { type ActivityType, activityShape, writtenShape } from './envelope';
import { mintToken } from './pagingToken';

/**
 * An activity carries the time of what it tells of, which may lie before the try that is looked for, and the feed goes by that time. A day
 * covers a Marketo that was out of reach for hours in between.
 */
const REACH_MS = 24 * 3_600_000;
/** One person's activities of one type fill a page at most, but pages may come empty. */
const MAX_PAGES = 100;

/** What Marketo keeps of an attribute by type, characters: a longer one would be refused, and the person's log not tell anything. */
const LONGEST_STRING = 255;
const LONGEST_TEXT = 10_000;

export function createActivityLog(api: Api, types: ActivityTypeBook, clock: Clock): ActivityLog {
  type Prepared = { readonly input: object };

  async function prepare(item: ActivityItem): Promise<Result<Prepared>> {
    const type = await types.approved(item.type);
    if ('failure' in type) return type;
    return { ok: { input: inputOf(item, type.ok) } };
  }

  async function send(batch: readonly Prepared[]): Promise<Result<readonly Result<'added'>[]>> {
    const input = batch.map((one) => one.input);
    const reply = await api.post('/rest/v1/activities/external.json', { input }, writtenShape, LOGGING);
    if ('failure' in reply) return reply;
    return matchResults(
      batch,
      reply.ok.items,
      () => LOGGING,
      () => ({ ok: 'added' }),
      clock.now(),
    );
  }

  return {
    async add(items) {
      const prepared: Result<Prepared>[] = [];
      for (const item of items) prepared.push(await prepare(item));
      const results = (
        await sendInBatches(
          prepared.flatMap((one) => ('ok' in one ? [one.ok] : [])),
          send,
        )
      ).values();
      return prepared.map((one) => ('ok' in one ? (results.next().value ?? { failure: unanswered }) : one));
    },

    async has(personId, typeName, reference, sinceIso) {
      const type = await types.approved(typeName);
      if ('failure' in type) return type;
      const minted = await mintToken(api, new Date(Date.parse(sinceIso) - REACH_MS));
      if ('failure' in minted) return minted;
      let nextPageToken = minted.ok.token;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const query = { nextPageToken, activityTypeIds: String(type.ok.id), leadIds: personId };
        const reply = await api.get('/rest/v1/activities.json', query, activityShape, { doing: 'look' });
        if ('failure' in reply) return reply;
        const ofPerson = reply.ok.items.filter((entry) => entry.leadId === personId && entry.activityTypeId === type.ok.id);
        if (ofPerson.some(({ attributes }) => attributes.some(({ value }) => value === reference))) return { ok: true };
        if (!reply.ok.more) return { ok: false };
        nextPageToken = reply.ok.nextPageToken ?? nextPageToken;
      }
      return { failure: unanswered };
    },
  };
}

const LOGGING = { doing: 'log' } as const;

function inputOf({ personId, at, primary, attributes }: ActivityItem, type: ActivityType): object {
  const longest = (apiName: string): number =>
    type.attributes.some((one) => one.apiName === apiName && one.dataType === 'text') ? LONGEST_TEXT : LONGEST_STRING;
  return {
    leadId: Number(personId),
    activityDate: `${new Date(at).toISOString().slice(0, 19)}Z`,
    activityTypeId: type.id,
    primaryAttributeValue: primary.slice(0, LONGEST_STRING),
    attributes: Object.entries(attributes).map(([apiName, value]) => ({ apiName, value: value.slice(0, longest(apiName)) })),
  };
}

const unanswered: Failure = {
  kind: 'retry',
  scope: 'record',
  outcomeUnknown: true,
  code: 'unanswered',
  message: 'Marketo did not tell whether the activity is on the person',
};
