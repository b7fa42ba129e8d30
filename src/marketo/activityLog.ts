/** Custom activities on people. They are written once and for ever, and Marketo has no idempotency key for them. */
import type { ActivityItem, ActivityLog, Failure, Result } from '../core/ports';
import { type Api, chunksOf, itemsOf } from './api';
import { classify } from './classify';
import { activity, written } from './envelope';

const PER_CALL = 300;
/** The clocks of two machines and a minute's grace. */
const LOOK_BACK_MS = 60_000;

export function createActivityLog(api: Api, typeIds: () => Promise<Result<Readonly<Record<string, number>>>>): ActivityLog {
  async function addChunk(items: readonly ActivityItem[], types: Readonly<Record<string, number>>): Promise<Result<'added'>[]> {
    const known = items.filter((item) => types[item.type] !== undefined);
    const answers = known.length === 0 ? [] : await sendAll(known, types);
    const byItem = new Map(known.map((item, index) => [item, answers[index]]));
    return items.map((item) => byItem.get(item) ?? { failure: types[item.type] === undefined ? noType(item.type) : uncounted });
  }

  async function sendAll(items: readonly ActivityItem[], types: Readonly<Record<string, number>>): Promise<Result<'added'>[]> {
    const input = items.map((item) => ({
      leadId: Number(item.personId),
      activityDate: item.at,
      activityTypeId: types[item.type],
      primaryAttributeValue: item.primary,
      attributes: Object.entries(item.attributes).map(([apiName, value]) => ({ apiName, value })),
    }));
    const answer = itemsOf(await api.post('/rest/v1/activities/external.json', { input }), written);
    if ('failure' in answer) return items.map(() => answer);
    if (answer.ok.length !== items.length) return items.map(() => ({ failure: uncounted }));
    return answer.ok.map(({ status, reasons, errors }): Result<'added'> => {
      const why = [...errors, ...reasons];
      return status === 'skipped' || why.length > 0 ? { failure: classify(why, 'record', new Date()) } : { ok: 'added' };
    });
  }

  return {
    async add(items) {
      const types = await typeIds();
      if ('failure' in types) return items.map(() => types);
      return (await Promise.all(chunksOf(items, PER_CALL).map((chunk) => addChunk(chunk, types.ok)))).flat();
    },

    async has(personId, type, reference, sinceIso) {
      const types = await typeIds();
      if ('failure' in types) return types;
      const typeId = types.ok[type];
      if (typeId === undefined) return { failure: noType(type) };
      const since = new Date(Date.parse(sinceIso) - LOOK_BACK_MS).toISOString();
      const start = await api.get('/rest/v1/activities/pagingtoken.json', { sinceDatetime: since });
      if ('failure' in start) return start;
      let nextPageToken = start.ok.nextPageToken;
      for (;;) {
        const answer = await api.get('/rest/v1/activities.json', {
          nextPageToken,
          activityTypeIds: String(typeId),
          leadIds: personId,
          batchSize: String(PER_CALL),
        });
        const entries = itemsOf(answer, activity);
        if ('failure' in entries) return entries;
        if (entries.ok.some((entry) => entry.attributes.some(({ value }) => value === reference))) return { ok: true };
        if ('failure' in answer || !answer.ok.moreResult) return { ok: false };
        ({ nextPageToken } = answer.ok);
      }
    },
  };
}

const noType = (type: string): Failure => ({
  kind: 'config',
  scope: 'request',
  code: 'noActivityType',
  message: `Marketo has no approved custom activity type ${type}: run "mdsync setup", which creates it`,
});

const uncounted: Failure = {
  kind: 'retry',
  scope: 'record',
  outcomeUnknown: true,
  code: 'strayAnswer',
  message: 'Marketo answered another number of activities than it was given',
};
