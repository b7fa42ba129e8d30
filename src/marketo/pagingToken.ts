/** Paging tokens: the places in Marketo's activity log from which feeds are read. */
import { z } from 'zod';
import type { Failure, Result } from '../core/ports';
import type { Api } from './api';

export interface Minted {
  readonly token: string;
  /** When Marketo answered, by its own clock. */
  readonly at?: Date;
}

/** A token for everything from `since` on. Marketo may take up to five minutes to make one for a time long past. */
export async function mintToken(api: Api, since: Date): Promise<Result<Minted>> {
  const sinceDatetime = `${since.toISOString().slice(0, 19)}Z`;
  const reply = await api.get('/rest/v1/activities/pagingtoken.json', { sinceDatetime }, z.unknown(), { doing: 'look' });
  if ('failure' in reply) return reply;
  const { nextPageToken: token, at } = reply.ok;
  return token === undefined ? { failure: noToken } : { ok: { token, ...(at === undefined ? {} : { at }) } };
}

const noToken: Failure = {
  kind: 'retry',
  scope: 'request',
  code: 'noToken',
  message: 'Marketo answered without a paging token',
};
