/** Get Leads by Filter Type: everybody who has one of some values in one field, to the last page. */
import type { Failure, Result } from '../core/ports';
import type { Snapshot } from '../core/types';
import type { Api } from './api';
import { type PersonItem, personShape, rawOf } from './envelope';
import type { FieldBook } from './fieldBook';

export interface LeadFilter {
  readonly filterType: string;
  /** At most 300. */
  readonly values: readonly string[];
  readonly fields: readonly string[];
}

/** More than 1,000 matches are refused, in pages of up to 300; this many pages are more than that. */
const MAX_PAGES = 50;

/** Reads all pages, so that who is not among the answered does not exist. */
export async function readLeads(api: Api, book: FieldBook, filter: LeadFilter): Promise<Result<readonly Snapshot[]>> {
  const { filterType, values, fields } = filter;
  return book.reading(fields, async (existing) => {
    const query = { filterType, filterValues: values.join(','), fields: [...new Set(['id', ...existing])].join(',') };
    const people: Snapshot[] = [];
    let nextPageToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const reply = await api.get('/rest/v1/leads.json', { ...query, nextPageToken }, personShape, { doing: 'read' });
      if ('failure' in reply) return reply;
      people.push(...reply.ok.items.map((item) => toSnapshot(item, existing)));
      // A token is only there while there is more.
      ({ nextPageToken } = reply.ok);
      if (nextPageToken === undefined) return { ok: people };
    }
    return { failure: endless };
  });
}

/** A field that was asked for and is not in the answer is empty. */
function toSnapshot(item: PersonItem, fields: readonly string[]): Snapshot {
  return { entity: 'person', id: item.id, values: Object.fromEntries(fields.map((field) => [field, rawOf(item[field])])) };
}

const endless: Failure = {
  kind: 'retry',
  scope: 'request',
  code: 'endless',
  message: 'Marketo kept answering that there are more people than it can have found',
};
