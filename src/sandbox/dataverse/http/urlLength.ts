/** How long a URL may be: that of a request 32 KB, that of a part of a batch twice as much. */
import { DataverseError } from './problem';

export const LONGEST_URL = 32 * 1024;
export const LONGEST_URL_OF_PART = 64 * 1024;

/** The refusal of a URL that is too long. Only the lengths are documented, not that it is this status. */
export function refuseLength(url: string, longest: number): DataverseError | undefined {
  if (url.length <= longest) return undefined;
  return new DataverseError(414, '', `The length of the URL exceeds the limit of ${longest} characters.`);
}
