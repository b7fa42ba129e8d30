/** The Marketo side: everything the sync asks of Marketo, joined. */
import type { ActivityLog, Clock, InstanceSetUp, Log, Pace, Side } from '../core/ports';
import type { HttpClient } from '../remote/http';
import { createTokenSource, type TokenSource } from './auth';

export type MarketoOptions = {
  /** The instance, for example `https://284-RPR-133.mktorest.com`; a `/rest` at its end, as Marketo's screens show it, is ignored. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly pace?: Pace;
  /** How far before the newest entry a feed is read again, minutes. */
  readonly overlapMinutes?: number;
} & ({ readonly clientId: string; readonly clientSecret: string } | { readonly tokens: TokenSource });

/** The client of one Marketo instance. Nothing is asked before the first call. */
export function createMarketo(options: MarketoOptions): Side & ActivityLog & InstanceSetUp {
  const baseUrl = options.baseUrl.replace(/\/+$/, '').replace(/\/rest$/, '');
  const tokens = 'tokens' in options ? options.tokens : createTokenSource({ ...options, baseUrl });
  const notYet = async (): Promise<never> => {
    await tokens.token();
    throw new Error('this part of the Marketo client is still being written');
  };
  return {
    name: 'marketo',
    feeds: ['leadchanges', 'activities', 'deletedleads'],
    changes: notYet,
    read: notYet,
    write: notYet,
    create: notYet,
    find: notYet,
    schema: notYet,
    add: notYet,
    has: notYet,
    setUp: notYet,
  };
}
