/** A set of rows: filter, order, pages, counts, and change tracking with delta links. */
import { badQuery, DataverseError } from '../errors';
import type { Instance } from '../instance';
import { type Column, type Table, tables, wireName } from '../metadata/model';
import type { Row, Tombstone } from '../store';
import { columnOf, parseFilter, read } from './filter';
import { present } from './present';
import { decodeToken, encodeToken, type PageToken } from './tokens';

export interface ListRequest {
  readonly table: Table;
  /** Everything before the query, such as `http://127.0.0.1:3302/api/data/v9.2/`. */
  readonly root: string;
  readonly query: ReadonlyMap<string, string>;
  readonly preferences: Preferences;
}

export interface Preferences {
  readonly maxPageSize?: number;
  readonly trackChanges: boolean;
  readonly annotations: readonly string[];
  readonly returnRepresentation: boolean;
  readonly continueOnError: boolean;
}

const LARGEST_PAGE = 5_000;
const NOT_TRACKABLE = ['$filter', '$orderby', '$expand', '$top'];

export function listRows(instance: Instance, request: ListRequest): Record<string, unknown> {
  const { table, query, preferences } = request;
  const token = decodeToken(query.get('$skiptoken') ?? query.get('$deltatoken'));
  const select = selectOf(table, token?.select ?? query.get('$select'));
  const tracked = preferences.trackChanges || token?.tracking !== undefined;
  if (tracked) return track(instance, request, select, token);

  const filterText = token?.filter ?? query.get('$filter');
  const filter = filterText === undefined ? undefined : parseFilter(table, filterText);
  const candidates = filter?.anyOf && narrowed(instance, table, filter.anyOf);
  const matching = [...(candidates ?? instance.rows.rows(table))].filter((row) => filter?.test(row) ?? true);
  const ordered = order(table, matching, token?.orderby ?? query.get('$orderby'));
  const size = Math.min(preferences.maxPageSize ?? LARGEST_PAGE, LARGEST_PAGE);
  const top = preferences.maxPageSize === undefined && query.has('$top') ? Number(query.get('$top')) : undefined;
  const start = token?.offset ?? 0;
  const page = ordered.slice(start, start + Math.min(size, top ?? Infinity));
  const more = top === undefined && start + size < ordered.length;
  const how = { ...(select === undefined ? {} : { select }), annotations: preferences.annotations };
  return {
    '@odata.context': contextOf(request, select),
    ...(query.get('$count') === 'true' ? { '@odata.count': Math.min(ordered.length, LARGEST_PAGE) } : {}),
    value: page.map((row) => present(instance, table, row, how)),
    ...(more ? { '@odata.nextLink': link(request, '$skiptoken', pageToken(request, token, { offset: start + size })) } : {}),
  };
}

/** Ids and indexed columns are looked up; anything else is searched through. */
function narrowed(instance: Instance, table: Table, anyOf: readonly { column: string; value: string }[]): Row[] | undefined {
  const found = new Map<string, Row>();
  for (const { column, value } of anyOf) {
    const rows =
      column === table.idColumn
        ? [instance.rows.row(table, value.toLowerCase())].filter((row) => row !== undefined)
        : instance.rows.lookUp(table, column, value);
    if (rows === undefined) return undefined;
    for (const row of rows) found.set(row.id, row);
  }
  return [...found.values()];
}

function selectOf(table: Table, text: string | undefined): readonly Column[] | undefined {
  if (text === undefined || text === '' || text === '*') return undefined;
  return text.split(',').map((name) => columnOf(table, name.trim()));
}

function order(table: Table, rows: Row[], text: string | undefined): Row[] {
  if (text === undefined) return rows;
  const keys = text.split(',').map((part) => {
    const [name = '', direction] = part.trim().split(/\s+/);
    return { column: columnOf(table, name), sign: direction === 'desc' ? -1 : 1 };
  });
  return rows.toSorted((a, b) => {
    for (const { column, sign } of keys) {
      const [x, y] = [read(a, column) ?? '', read(b, column) ?? ''];
      if (x !== y) return (x < y ? -1 : 1) * sign;
    }
    return 0;
  });
}

function contextOf({ root, table }: ListRequest, select: readonly Column[] | undefined, delta = false): string {
  const columns = select === undefined ? '' : `(${select.map(wireName).join(',')})`;
  return `${root}$metadata#${table.setName}${columns}${delta ? '/$delta' : ''}`;
}

function pageToken({ query }: ListRequest, before: PageToken | undefined, more: Partial<PageToken>): PageToken {
  const kept = before ?? {
    ...(query.has('$select') ? { select: query.get('$select') } : {}),
    ...(query.has('$filter') ? { filter: query.get('$filter') } : {}),
    ...(query.has('$orderby') ? { orderby: query.get('$orderby') } : {}),
  };
  return { ...kept, ...more };
}

function link({ root, table, query }: ListRequest, name: '$skiptoken' | '$deltatoken', token: PageToken): string {
  const select = query.get('$select') ?? token.select;
  const shown = select === undefined ? '' : `$select=${select}&`;
  return `${root}${table.setName}?${shown}${name}=${encodeToken(token)}`;
}

// ---------------------------------------------------------------- change tracking

function track(
  instance: Instance,
  request: ListRequest,
  select: readonly Column[] | undefined,
  token: PageToken | undefined,
): Record<string, unknown> {
  const { table, query, preferences, root } = request;
  const forbidden = NOT_TRACKABLE.find((name) => query.has(name));
  if (forbidden !== undefined)
    throw new DataverseError(
      400,
      '0x80060888',
      `The "\${${forbidden.slice(1)}}" query parameter isn't supported when Change Tracking is enabled.`,
    );
  if (!TRACKED.has(table.name))
    throw new DataverseError(400, '0x80072491', `Entity ${table.name} isn't enabled for change tracking.`);
  const tracking = token?.tracking;
  const nowMs = instance.clock.now().getTime();
  if (tracking !== undefined && nowMs - tracking.at > instance.trackingDays() * 86_400_000)
    throw new DataverseError(
      400,
      '0x80044352',
      'Version stamp associated with the client has expired. Please perform a full sync.',
    );
  const since = tracking?.since ?? 0;
  // Pages of one read all end at the version of its first page; what comes later is for the next delta.
  const until = tracking?.until ?? instance.rows.version;
  const initial = since === 0;
  const { changed, deleted } = instance.rows.changesSince(table, since);
  const entries: (Row | Tombstone)[] = [
    ...changed.filter((row) => row.version <= until),
    ...(initial ? [] : deleted.filter((tomb) => tomb.version <= until)),
  ];
  const size = Math.min(preferences.maxPageSize ?? LARGEST_PAGE, LARGEST_PAGE);
  const start = token?.offset ?? 0;
  const page = entries.slice(start, start + size);
  const kept = pageToken(request, token, {});
  const more = start + size < entries.length;
  const how = { ...(select === undefined ? {} : { select }), annotations: preferences.annotations };
  return {
    '@odata.context': contextOf(request, select, !initial),
    ...(more
      ? {
          '@odata.nextLink': link(request, '$skiptoken', {
            ...kept,
            offset: start + size,
            tracking: { since, until, at: nowMs },
          }),
        }
      : { '@odata.deltaLink': link(request, '$deltatoken', { ...withoutOffset(kept), tracking: { since: until, at: nowMs } }) }),
    value: page.map((entry) =>
      'values' in entry
        ? present(instance, table, entry, how)
        : { '@odata.context': `${root}$metadata#${table.setName}/$deletedEntity`, id: entry.id, reason: 'deleted' },
    ),
  };
}

const TRACKED: ReadonlySet<string> = new Set(['contact', 'lead', 'account', 'systemuser']);

function withoutOffset({ offset: _done, ...rest }: PageToken): PageToken {
  return rest;
}

/** `/$count`, as plain text. */
export function countRows(instance: Instance, table: Table, query: ReadonlyMap<string, string>): string {
  const token = decodeToken(query.get('$deltatoken'));
  if (token?.tracking !== undefined) {
    const { changed, deleted } = instance.rows.changesSince(table, token.tracking.since);
    return String(changed.length + deleted.length);
  }
  const text = query.get('$filter');
  const filter = text === undefined ? undefined : parseFilter(table, text);
  return String(Math.min([...instance.rows.rows(table)].filter((row) => filter?.test(row) ?? true).length, LARGEST_PAGE));
}

/** One row, or the refusal that names it. */
export function selectForOne(table: Table, text: string | undefined): readonly Column[] | undefined {
  if (!tables.has(table.name)) throw badQuery('Unknown table.');
  return selectOf(table, text);
}
