/** The Marketo side: everything the sync asks of Marketo, joined. */
import type { ActivityLog, Clock, InstanceSetUp, Log, Pace, Result, Side } from '../core/ports';
import type { HttpClient } from '../remote/http';
import { createActivityLog } from './activityLog';
import { createApi } from './api';
import { createTokenSource } from './auth';
import { FEEDS, readChanges } from './changes';
import { createPeople, findPeople, readPeople, writePeople } from './people';
import { readActivityTypes, readSchema } from './schema';
import { createSetUp } from './setUp';

export interface MarketoOptions {
  /** The instance, for example `https://123-ABC-456.mktorest.com`. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly pace?: Pace;
}

/** The client of one Marketo instance. Nothing is asked before the first call. */
export function createMarketo(options: MarketoOptions): Side & ActivityLog & InstanceSetUp {
  const { clientId, clientSecret, clock } = options;
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const tokens = createTokenSource({ baseUrl, clientId, clientSecret, http: options.http, clock });
  const api = createApi({ ...options, baseUrl, tokens });

  /** Activity types are made once, at set-up, so they are read once; an unknown one is looked for again. */
  let types: Readonly<Record<string, number>> | undefined;
  const typeIds = async (): Promise<Result<Readonly<Record<string, number>>>> => {
    if (types !== undefined && Object.keys(types).length > 0) return { ok: types };
    const read = await readActivityTypes(api);
    if ('ok' in read) types = read.ok;
    return read;
  };

  return {
    name: 'marketo',
    feeds: FEEDS,
    changes: (request) => readChanges(api, () => clock.now(), request),
    read: async (refs, fields) => (refs.length === 0 ? [] : readPeople(api, refs, fields)),
    write: (items) => writePeople(api, items),
    create: (items) => createPeople(api, items),
    find: async (query) => (query.values.length === 0 ? [] : findPeople(api, query)),
    async schema() {
      const schema = await readSchema(api, baseUrl);
      if ('ok' in schema) types = schema.ok.activityTypes;
      return schema;
    },
    ...createActivityLog(api, typeIds),
    ...createSetUp(api),
  };
}
