/** Makes in Marketo what the sync needs and does not find. Repeating it changes nothing. */
import type { Failure, InstanceSetUp, Result, WantedActivityType, WantedField } from '../core/ports';
import { type Api, itemsOf } from './api';
import { classify } from './classify';
import { activityType, describedField, written } from './envelope';

const TYPES = '/rest/v1/activities/external';

export function createSetUp(api: Api): InstanceSetUp {
  return {
    async setUp(fields, types) {
      const createdFields = await createFields(api, fields);
      if ('failure' in createdFields) return { failure: withAdvice(createdFields.failure) };
      const preparedTypes: string[] = [];
      for (const type of types) {
        const prepared = await prepareType(api, type);
        if ('failure' in prepared) return { failure: withAdvice(prepared.failure) };
        if (prepared.ok) preparedTypes.push(type.apiName);
      }
      return { ok: { createdFields: createdFields.ok, preparedTypes } };
    },
  };
}

async function createFields(api: Api, wanted: readonly WantedField[]): Promise<Result<string[]>> {
  const described = itemsOf(await api.get('/rest/v1/leads/describe.json'), describedField);
  if ('failure' in described) return described;
  const present = new Set(described.ok.flatMap(({ rest }) => (rest === undefined ? [] : [rest.name])));
  const missing = wanted.filter((field) => !present.has(field.name));
  if (missing.length === 0) return { ok: [] };
  const input = missing.map(({ name, label, dataType, description }) => ({ name, displayName: label, dataType, description }));
  const answer = itemsOf(await api.post('/rest/v1/leads/schema/fields.json', { input }), written.partial({ id: true }));
  if ('failure' in answer) return answer;
  for (const { status, reasons, errors } of answer.ok) {
    const why = [...reasons, ...errors];
    // Somebody else created it meanwhile.
    if (status === 'created' || why.some(({ code }) => code === '1017' || code === '1005')) continue;
    return { failure: classify(why, 'record', new Date()) };
  }
  return { ok: missing.map((field) => field.name) };
}

/** Brings one type to `approved` with all its attributes; true when anything had to be done. */
async function prepareType(api: Api, wanted: WantedActivityType): Promise<Result<boolean>> {
  const { apiName, name, triggerName, filterName, description, primary, attributes } = wanted;
  const types = itemsOf(await api.get(`${TYPES}/types.json`), activityType);
  if ('failure' in types) return types;
  const found = types.ok.find((type) => type.apiName === apiName);
  if (found === undefined) {
    const body = { apiName, name, triggerName, filterName, description, primaryAttribute: primary };
    const created = await api.post(`${TYPES}/type.json`, body);
    if ('failure' in created) return created;
  }
  const described = itemsOf(await api.get(`${TYPES}/type/${apiName}/describe.json`, { draft: 'true' }), activityType);
  const known = 'failure' in described ? (found?.attributes ?? []) : (described.ok[0]?.attributes ?? []);
  const missing = attributes.filter((attribute) => !known.some((one) => one.apiName === attribute.apiName));
  if (missing.length > 0) {
    const added = await api.post(`${TYPES}/type/${apiName}/attributes/create.json`, { attributes: missing });
    if ('failure' in added) return added;
  }
  if (found !== undefined && missing.length === 0 && found.status === 'approved') return { ok: false };
  const approved = await api.post(`${TYPES}/type/${apiName}/approve.json`, undefined);
  return 'failure' in approved ? approved : { ok: true };
}

function withAdvice(failure: Failure): Failure {
  if (failure.code !== '603') return failure;
  const needed =
    'Read-Write Schema Standard Field, Read-Write Schema Custom Field, Read-Write Activity Metadata and Read-Write Lead';
  return { ...failure, message: `The role of Marketo's API user lacks permissions: give it ${needed}` };
}
