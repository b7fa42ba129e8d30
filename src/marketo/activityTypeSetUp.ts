/** Brings one custom activity type through its life: created as a draft, given its attributes, approved. */
import { z } from 'zod';
import type { Failure, Result, WantedActivityType } from '../core/ports';
import { type ActivityTypeBook, TYPES_PATH } from './activityTypes';
import type { Api } from './api';
import { type ActivityType, activityTypeShape } from './envelope';

/** True when anything had to be done. What a type has beyond what is wanted is left as it is. */
export async function prepareType(
  { api, types }: { readonly api: Api; readonly types: ActivityTypeBook },
  wanted: WantedActivityType,
): Promise<Result<boolean>> {
  const all = await types.read();
  if ('failure' in all) return all;
  const found = all.ok.find(({ apiName, status }) => apiName === wanted.apiName && status !== 'deleted');
  if (found === undefined) {
    const created = await post(api, 'type.json', bodyOf(wanted));
    if ('failure' in created) return { failure: refusalOf(wanted, created.failure) };
  } else if (found.status === 'approved' && missingFrom(found, wanted).length === 0) return { ok: false };

  const path = `type/${encodeURIComponent(wanted.apiName)}`;
  const drafts = await api.get(`${TYPES_PATH}/${path}/describe.json`, { draft: 'true' }, activityTypeShape, LOOK);
  if ('failure' in drafts) return drafts;
  const [draft] = drafts.ok.items;
  const missing = draft === undefined ? wanted.attributes : missingFrom(draft, wanted);
  if (missing.length > 0) {
    const added = await post(api, `${path}/attributes/create.json`, { attributes: missing });
    if ('failure' in added) return { failure: refusalOf(wanted, added.failure) };
  }
  // There is no draft to approve where the first look was out of date.
  if (missing.length === 0 && draft?.status === 'approved') return { ok: false };
  const approved = await post(api, `${path}/approve.json`, undefined);
  return 'failure' in approved ? { failure: refusalOf(wanted, approved.failure) } : { ok: true };
}

const LOOK = { doing: 'look' } as const;

const post = (api: Api, path: string, body: unknown) => api.post(`${TYPES_PATH}/${path}`, body, z.unknown(), LOOK);

const missingFrom = ({ attributes }: ActivityType, wanted: WantedActivityType) =>
  wanted.attributes.filter(({ apiName }) => !attributes.some((one) => one.apiName === apiName));

function bodyOf({ apiName, name, triggerName, filterName, description, primary }: WantedActivityType): object {
  const primaryAttribute = { ...primary, dataType: 'string' };
  return { apiName, name, triggerName, filterName, description, primaryAttribute };
}

const TOO_MANY_TYPES = '1027';

function refusalOf({ apiName }: WantedActivityType, failure: Failure): Failure {
  if (failure.code === '603') return failure;
  const advice = failure.code === TOO_MANY_TYPES ? ': Marketo allows ten of them, so delete one that is not used' : '';
  return { ...failure, message: `Marketo did not prepare the custom activity type ${apiName}${advice} (${failure.message})` };
}
