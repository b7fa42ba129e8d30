/** `GET contacts?...`: a page of rows. */
import { type Answer, type Call, json, plainText } from '../http/call';
import { readParameters } from '../http/parameters';
import type { Table } from '../metadata/model';
import type { Organization } from '../organization';
import { present } from '../rows/present';
import { MOST_ROWS } from './limits';
import { readOptions } from './options';
import { linkWith, readPageToken, withoutTokens, writePageToken } from './pageToken';
import type { Scope } from './scope';
import { searchFor } from './search';
import { shapeOf } from './shape';

const TOTAL = '@Microsoft.Dynamics.CRM.totalrecordcount';

export interface CollectionOf {
  readonly table: Table;
  /** Behind the base URL, for links. */
  readonly path: string;
  /** Only these rows, when they are those that point to another row. */
  readonly within?: Iterable<string>;
}

export function readCollection(call: Call, { table, path, within }: CollectionOf, organization: Organization): Answer {
  const scope: Scope = { organization, user: call.user };
  const token = readPageToken(call.parameters.get('$skiptoken'));
  const query = token?.query ?? withoutTokens(call.query);
  const parameters = token === undefined ? call.parameters : readParameters(query);
  const options = readOptions(parameters);
  const shape = shapeOf(options, table, organization.model);
  const search = searchFor(options, table, scope, parameters, within);
  const isTop = options.top !== undefined && call.prefer.maxPageSize === undefined;
  const limit = Math.min(isTop ? (options.top ?? 0) : (call.prefer.maxPageSize ?? MOST_ROWS), MOST_ROWS);
  const found = search.after(token?.after, limit + 1);
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const url = `${call.baseUrl}/${path}`;
  const body: Record<string, unknown> = { '@odata.context': `${call.baseUrl}/$metadata#${table.entitySet}${shape.context}` };
  const count = parameters.get('$count') === 'true' ? search.count() : undefined;
  if (call.prefer.wants(TOTAL.slice(1))) {
    body[TOTAL] = count === undefined ? -1 : Math.min(count, MOST_ROWS);
    body[`${TOTAL}limitexceeded`] = (count ?? 0) > MOST_ROWS;
  }
  if (count !== undefined) body['@odata.count'] = Math.min(count, MOST_ROWS);
  body['value'] = rows.map((row) => present(row, shape, scope, call.prefer));
  if (found.length > limit && !isTop && last !== undefined) {
    const next = writePageToken({ page: (token?.page ?? 1) + 1, query, after: search.order.placeOf(last) });
    body['@odata.nextLink'] = linkWith(url, query, '$skiptoken', encodeURIComponent(next));
  }
  return json(body);
}

/** `GET contacts/$count` */
export function countCollection(call: Call, { table, within }: CollectionOf, organization: Organization): Answer {
  const scope: Scope = { organization, user: call.user };
  const count = searchFor(readOptions(call.parameters), table, scope, call.parameters, within).count();
  return plainText(String(Math.min(count, MOST_ROWS)));
}
