/** Paging tokens: opaque to clients, and in need of URL encoding, as Marketo's own are. */
import { MarketoError } from './envelope';

/** Makes a token of one kind; a token of another kind is refused, as is one a client made up. */
export function encodeToken(kind: string, parts: readonly (string | number)[]): string {
  return Buffer.from(`${kind}~${parts.join('~')}`, 'utf8').toString('base64');
}

/** Throws 1003 for a token that is not of this kind. */
export function decodeToken(kind: string, token: string): readonly string[] {
  const [found, ...parts] = Buffer.from(token, 'base64').toString('utf8').split('~');
  // A decoder is forgiving; only what it would write itself is a token of ours (a "+" that became a blank is not).
  if (found !== kind || encodeToken(kind, parts) !== token) throw new MarketoError('1003', 'Invalid nextPageToken');
  return parts;
}
