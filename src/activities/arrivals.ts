/** Who is still on the way to a write: records that a cycle has taken, less those that have come already. */
import type { Lane } from '../core/types';
import type { Database } from '../store/database';
import { recordsUnderWay } from '../store/inbox';

export interface Arrivals {
  /** Counts a record as arrived for as long as its write goes on. */
  arrive<T>(lane: Lane, write: () => Promise<T>): Promise<T>;
  /** Whether records are under way, here or in another process, that have not arrived here. Without an answer from the store nobody is. */
  moreComing(): Promise<boolean>;
}

/** The initial load is none of this: its pages arrive as a whole. */
export function createArrivals(db: Database): Arrivals {
  let arrived = 0;
  return {
    async arrive(lane, write) {
      if (lane === 'backfill') return write();
      arrived += 1;
      try {
        return await write();
      } finally {
        arrived -= 1;
      }
    },
    async moreComing() {
      try {
        return (await recordsUnderWay(db)) > arrived;
      } catch {
        return false;
      }
    },
  };
}
