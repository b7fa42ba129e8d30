/** Custom activity types of the instance, kept, because every activity is added by the id of its type. */
import type { Clock, Failure, Result } from '../core/ports';
import type { Api } from './api';
import { type ActivityType, activityTypeShape } from './envelope';

export interface ActivityTypeBook {
  /** Reads all types anew. */
  read(): Promise<Result<readonly ActivityType[]>>;
  /** The approved type of that API name, read anew when it is unknown, at most once a minute. */
  approved(apiName: string): Promise<Result<ActivityType>>;
}

export const TYPES_PATH = '/rest/v1/activities/external';
const READ_AGAIN_AFTER_MS = 60_000;

/** A type with a draft beside its approved version is in use as it was approved. */
export const isApproved = ({ status = 'approved' }: ActivityType): boolean => status.startsWith('approved');

export function createActivityTypeBook(api: Api, clock: Clock): ActivityTypeBook {
  let known: { readonly types: readonly ActivityType[]; readonly readAtMs: number } | undefined;

  const read = async (): Promise<Result<readonly ActivityType[]>> => {
    const readAtMs = clock.now().getTime();
    const reply = await api.get(`${TYPES_PATH}/types.json`, {}, activityTypeShape, { doing: 'look' });
    if ('failure' in reply) return reply;
    known = { types: reply.ok.items, readAtMs };
    return { ok: reply.ok.items };
  };
  const find = (apiName: string): ActivityType | undefined =>
    known?.types.find((type) => type.apiName === apiName && isApproved(type));

  return {
    read,
    async approved(apiName) {
      const old = known === undefined || clock.now().getTime() - known.readAtMs > READ_AGAIN_AFTER_MS;
      if (find(apiName) === undefined && old) {
        const types = await read();
        if ('failure' in types) return types;
      }
      const type = find(apiName);
      return type === undefined ? { failure: noType(apiName) } : { ok: type };
    },
  };
}

const noType = (apiName: string): Failure => ({
  kind: 'config',
  scope: 'request',
  code: 'noActivityType',
  message: `Marketo has no approved custom activity type ${apiName}: run "mdsync setup", which creates it`,
});
