/** What the product asked of the vendors for one case, as their sandboxes counted it. */
import type { World } from './world';

/** HTTP requests by what they are about; only those that there were. */
export interface Requests {
  /** `people` by id, GUID or e-mail, `row` by id, `twins`: rows by e-mail, `users`. */
  readonly reads: Readonly<Record<string, number>>;
  /** `people` changed or created, `row` changed, `newRow`, `activities`. */
  readonly writes: Readonly<Record<string, number>>;
  /** A Dataverse `$batch` is one request, whatever is in it. Columns and permissions are read with two of them. */
  readonly batches?: number;
}

type Kind = keyof Requests;

const KNOWN: Readonly<Record<string, readonly [kind: Kind, about: string]>> = {
  'GET /rest/v1/leads.json': ['reads', 'people'],
  'GET /contacts()': ['reads', 'row'],
  'GET /leads()': ['reads', 'row'],
  'GET /contacts?$filter': ['reads', 'twins'],
  'GET /leads?$filter': ['reads', 'twins'],
  'GET /systemusers()': ['reads', 'users'],
  'GET /systemusers?$filter': ['reads', 'users'],
  'POST /rest/v1/leads.json': ['writes', 'people'],
  'POST /rest/v1/activities/external.json': ['writes', 'activities'],
  'PATCH /contacts()': ['writes', 'row'],
  'PATCH /leads()': ['writes', 'row'],
  'POST /contacts': ['writes', 'newRow'],
  'POST /leads': ['writes', 'newRow'],
  'POST /$batch': ['batches', ''],
};

/** What cycles ask whatever has changed: feeds, tokens, and what Marketo says about its fields and of its own counts. */
const OF_EACH_CYCLE =
  /^GET (\/contacts|\/leads|\/rest\/v1\/activities\/?.*|\/rest\/v1\/leads\/(describe2?|schema\/.*)\.json|\/rest\/v1\/stats\/.*)$|token/;

/** The requests since this, or `callsSince`, was asked last. An operation that nothing here knows stands among the writes, by its own name. */
export async function requests(world: World): Promise<Requests> {
  const { marketo, dataverse } = await world.callsSince();
  const reads: Record<string, number> = {};
  const writes: Record<string, number> = {};
  let batches = 0;
  for (const [operation, count] of Object.entries({ ...marketo, ...dataverse })) {
    if (OF_EACH_CYCLE.test(operation)) continue;
    const [kind, about] = KNOWN[operation] ?? ['writes', operation];
    if (kind === 'batches') batches += count;
    else {
      const counts = kind === 'reads' ? reads : writes;
      counts[about] = (counts[about] ?? 0) + count;
    }
  }
  return { reads, writes, ...(batches > 0 ? { batches } : {}) };
}
