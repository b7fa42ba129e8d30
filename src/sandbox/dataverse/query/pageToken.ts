/** `$skiptoken`: where the next page begins. It knows the whole query, for clients send it back alone as well. */
import { uriProblem } from '../http/problem';
import type { Place } from './order';

export interface PageToken {
  readonly page: number;
  /** The query string of the first page. */
  readonly query: string;
  /** The last row of the page before. */
  readonly after?: Place;
  /** Of change tracking. */
  readonly tracking?: TrackingPosition;
}

export interface TrackingPosition {
  /** 0 in a first read, which knows of no deletions. */
  readonly since: number;
  readonly upTo: number;
  /** When the read began: what its delta link will say. */
  readonly began: string;
  readonly rowsAfter: number;
  readonly deletionsAfter: number;
}

/** In the dress of a real paging cookie, whose inside is as opaque. */
export function writePageToken(token: PageToken): string {
  const inside = Buffer.from(JSON.stringify(token), 'utf8').toString('base64url');
  const isTracking = token.tracking === undefined ? 'False' : 'True';
  return `<cookie pagenumber="${token.page}" pagingcookie="${inside}" istracking="${isTracking}" />`;
}

export function readPageToken(text: string | undefined): PageToken | undefined {
  if (text === undefined) return undefined;
  const inside = /pagingcookie="([\w-]+)"/.exec(text)?.[1] ?? '';
  try {
    return JSON.parse(Buffer.from(inside, 'base64url').toString('utf8')) as PageToken;
  } catch {
    throw uriProblem('Malformed XML in the Paging Cookie');
  }
}

/** The link to go on with: as it was asked, but for the token. */
export function linkWith(url: string, query: string, name: '$skiptoken' | '$deltatoken', token: string): string {
  const kept = withoutTokens(query);
  return `${url}?${kept}${kept === '' ? '' : '&'}${name}=${token}`;
}

/** A query string as it came, but for its tokens. */
export const withoutTokens = (query: string): string =>
  query
    .split('&')
    .filter((part) => part !== '' && !/^(?:\$|%24)(?:skiptoken|deltatoken)=/i.test(part))
    .join('&');
