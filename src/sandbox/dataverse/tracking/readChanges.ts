/** `Prefer: odata.track-changes` and `$deltatoken`: all rows once, then what became of them since. */
import { type Answer, type Call, json, plainText } from '../http/call';
import { readParameters } from '../http/parameters';
import { problem, uriProblem } from '../http/problem';
import type { Table } from '../metadata/model';
import type { Organization } from '../organization';
import { MOST_ROWS } from '../query/limits';
import { readOptions } from '../query/options';
import {
  linkWith,
  type PageToken,
  readPageToken,
  type TrackingPosition,
  withoutTokens,
  writePageToken,
} from '../query/pageToken';
import { shapeOf } from '../query/shape';
import { present } from '../rows/present';
import type { Row } from '../rows/row';
import { ofDate } from '../rows/time';
import { requireGlobalRead } from '../security/require';
import type { Deletion } from './changeLog';
import { readDeltaToken, writeDeltaToken } from './deltaToken';

const FORBIDDEN = ['$filter', '$orderby', '$expand', '$top'];
const DAY_MS = 86_400_000;

/** Whether the call is about changes at all. */
export const tracksChanges = (call: Call): boolean =>
  call.prefer.trackChanges ||
  call.parameters.has('$deltatoken') ||
  readPageToken(call.parameters.get('$skiptoken'))?.tracking !== undefined;

export function readChanges(call: Call, table: Table, organization: Organization): Answer {
  const token = readPageToken(call.parameters.get('$skiptoken'));
  const query = token?.query ?? withoutTokens(call.query);
  const shape = shapeOf(readOptions(readParameters(query)), table, organization.model);
  const from = token?.tracking ?? startOf(call, table, organization);
  const page = pageFrom(from, Math.min(call.prefer.maxPageSize ?? MOST_ROWS, MOST_ROWS), table, organization);
  const metadata = `${call.baseUrl}/$metadata#${table.entitySet}`;
  const scope = { organization, user: call.user };
  return json({
    '@odata.context': `${metadata}${shape.context}${from.since === 0 ? '' : '/$delta'}`,
    ...linkOf(page.next, from, { page: (token?.page ?? 1) + 1, query }, `${call.baseUrl}/${table.entitySet}`),
    value: [
      ...page.rows.map((row) => present(row, shape, scope, call.prefer)),
      ...page.deletions.map(({ id }) => ({ '@odata.context': `${metadata}/$deletedEntity`, id, reason: 'deleted' })),
    ],
  });
}

/** `GET contacts/$count?$deltatoken=...` */
export function countChanges(call: Call, table: Table, organization: Organization): Answer {
  const { rows, deletions } = pageFrom(startOf(call, table, organization), Number.MAX_SAFE_INTEGER, table, organization);
  return plainText(String(rows.length + deletions.length));
}

/** Checks that the user may track this table's changes, from this token on. */
function startOf(call: Call, table: Table, organization: Organization): TrackingPosition {
  requireGlobalRead(organization, call.user, table);
  if (!organization.tracking.isEnabled(table)) throw problem('changeTrackingNotEnabledForEntity', undefined, table.name);
  for (const option of FORBIDDEN) {
    if (call.parameters.has(option)) {
      throw uriProblem(`The "${option}" query parameter isn't supported when Change Tracking is enabled.`);
    }
  }
  const text = call.parameters.get('$deltatoken');
  const since = text === undefined ? 0 : versionOf(text, table, organization);
  const now = ofDate(organization.clock.now());
  return { since, upTo: organization.version(), began: now, rowsAfter: since, deletionsAfter: since };
}

/** The token's row version. Throws `0x80044352` for one that is too old, or from before the table's changes were forgotten. */
function versionOf(text: string, table: Table, organization: Organization): number {
  const { version, time } = readDeltaToken(text);
  const ageMs = organization.clock.now().getTime() - Date.parse(time);
  const isTooOld = ageMs > organization.tracking.expireDays() * DAY_MS;
  if (isTooOld || version < organization.tracking.forgottenBefore(table) || version > organization.version()) {
    throw problem('expiredVersionStamp');
  }
  return version;
}

interface Page {
  readonly rows: readonly Row[];
  readonly deletions: readonly Deletion[];
  /** Where the next page begins, if there is one. */
  readonly next: TrackingPosition | undefined;
}

/** Changed rows first, by version, then deletions. */
function pageFrom(from: TrackingPosition, size: number, table: Table, organization: Organization): Page {
  const { changes } = organization.rows(table.name);
  const found = changes.changed(from.rowsAfter, from.upTo, size + 1);
  const rows = found.slice(0, size);
  if (found.length > size) return { rows, deletions: [], next: { ...from, rowsAfter: rows.at(-1)?.version ?? 0 } };
  const room = size - rows.length;
  const gone = from.since === 0 ? [] : changes.deleted(from.deletionsAfter, from.upTo, room + 1);
  const deletions = gone.slice(0, room);
  if (gone.length <= room) return { rows, deletions, next: undefined };
  const deletionsAfter = deletions.at(-1)?.version ?? from.deletionsAfter;
  return { rows, deletions, next: { ...from, rowsAfter: from.upTo, deletionsAfter } };
}

/** The delta link comes with the last page only. */
function linkOf(
  next: TrackingPosition | undefined,
  from: TrackingPosition,
  base: Pick<PageToken, 'page' | 'query'>,
  url: string,
): Record<string, string> {
  if (next === undefined) {
    const token = writeDeltaToken({ version: from.upTo, time: from.began });
    return { '@odata.deltaLink': linkWith(url, base.query, '$deltatoken', token) };
  }
  const token = encodeURIComponent(writePageToken({ ...base, tracking: next }));
  return { '@odata.nextLink': linkWith(url, base.query, '$skiptoken', token) };
}
