/** The Marketo side: everything the sync asks of Marketo, joined. */
import type { ActivityLog, CallCounter, Clock, InstanceSetUp, Log, NativeSyncProbe, Pace, Side } from '../core/ports';
import type { HttpClient } from '../remote/http';
import { createActivityLog } from './activityLog';
import { createActivityTypeBook } from './activityTypes';
import { createApi } from './api';
import { createTokenSource, type MarketoTokens } from './auth';
import { DEFAULT_OVERLAP_MINUTES, readChanges } from './changes';
import { FEEDS } from './feedEntry';
import { createFieldBook } from './fieldBook';
import { findPeople } from './find';
import { tryCompanies } from './nativeSync';
import { createPeople, readPeople, writePeople } from './people';
import { readSchema } from './schema';
import { createSetUp } from './setUp';
import { readUsage } from './usage';

export type MarketoOptions = {
  /** The instance, for example `https://284-RPR-133.mktorest.com`; the `/rest` at its end on Marketo's screens may stay. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly pace?: Pace;
  /** How far before the newest entry a feed is read again. */
  readonly overlapMinutes?: number;
} & ({ readonly clientId: string; readonly clientSecret: string } | { readonly tokens: MarketoTokens });

/** The client of one Marketo instance. Nothing is asked before the first call. */
export function createMarketo(options: MarketoOptions): Side & ActivityLog & InstanceSetUp & NativeSyncProbe & CallCounter {
  const { clock, log, overlapMinutes = DEFAULT_OVERLAP_MINUTES } = options;
  const baseUrl = options.baseUrl.replace(/\/+$/, '').replace(/\/rest$/, '');
  const tokens = 'tokens' in options ? options.tokens : createTokenSource({ ...options, baseUrl });
  const api = createApi({ ...options, baseUrl, tokens });
  const book = createFieldBook(api, log);
  const types = createActivityTypeBook(api, clock);

  return {
    name: 'marketo',
    feeds: FEEDS,
    changes: (request) => readChanges({ api, book, clock, overlapMs: overlapMinutes * 60_000 }, request),
    read: (refs, fields) => readPeople({ api, book }, refs, fields),
    write: (items) => writePeople(api, clock, items),
    create: (items) => createPeople(api, clock, items),
    find: (query) => findPeople({ api, book }, query),
    schema: () => readSchema(new URL(baseUrl).host, book, types),
    tryCompanies: () => tryCompanies(api),
    usage: () => readUsage(api, () => tokens.apiUser()),
    ...createActivityLog(api, types, clock),
    ...createSetUp({ api, book, types, clock }),
  };
}
