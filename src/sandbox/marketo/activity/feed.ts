/**
 * Reading the log in pages. A token is a place in the order of the dates: what arrives later with an earlier date is not found by
 * going on from it, only by a new token from an earlier time.
 */
import { decodeToken, encodeToken } from '../http/pageToken';
import type { Instance } from '../instance';
import { type Activity, byDate } from './log';
import { isRetained } from './retention';

const KIND = 'activity';

export interface FeedPage {
  readonly entries: readonly Activity[];
  /** Always there, also on the last page: it is where the next poll goes on. */
  readonly nextPageToken: string;
  readonly moreResult: boolean;
}

/** Pages that hold less than they could, which clients must expect. */
export interface FeedPages {
  /** The next so many pages hold at most `size` entries and say that there are more. */
  shorten(times: number, size: number): void;
  /** The size of the next page, when it is to be a short one. */
  next(): number | undefined;
}

export function createFeedPages(): FeedPages {
  let left = 0;
  let shortSize = 0;
  return {
    shorten(times, size) {
      left = times;
      shortSize = size;
    },
    next() {
      if (left === 0) return undefined;
      left -= 1;
      return shortSize;
    },
  };
}

/** The place before everything that has happened since then. */
export const tokenSince = (date: Date): string => encodeToken(KIND, [date.getTime(), 0]);

const tokenAfter = ({ at, id }: Pick<Activity, 'at' | 'id'>): string => encodeToken(KIND, [at, id]);

/** The entries after the token's place that are wanted. Throws 1003 for a bad token. */
export function readFeed(instance: Instance, token: string, size: number, wanted: (activity: Activity) => boolean): FeedPage {
  const [at = 0, id = 0] = decodeToken(KIND, token).map(Number);
  const now = instance.clock.now().getTime();
  const all = instance.log.sorted();
  const isThere = (entry: Activity): boolean => (entry.visibleAt ?? 0) <= now && isRetained(entry, now);
  const short = instance.feedPages.next();
  const most = Math.min(size, short ?? size);

  const entries: Activity[] = [];
  let place: Pick<Activity, 'at' | 'id'> = { at, id };
  for (let index = firstAfter(all, place); index < all.length; index++) {
    const entry = all[index] as Activity;
    if (!isThere(entry)) continue;
    if (wanted(entry)) {
      if (entries.length >= most) return { entries, nextPageToken: tokenAfter(place), moreResult: true };
      entries.push(entry);
    }
    place = entry;
  }
  return { entries, nextPageToken: tokenAfter(place), moreResult: short !== undefined };
}

/** The index of the first entry that comes after the place. */
function firstAfter(sorted: readonly Activity[], place: Pick<Activity, 'at' | 'id'>): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (byDate(sorted[middle] as Activity, place) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
