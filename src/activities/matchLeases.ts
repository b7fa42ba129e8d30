/** Who may look for a twin by e-mail and create when there is none: one record per address at a time, on either side. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Database } from '../store/database';
import { endLeases, takeLeases } from '../store/leases';
import { claimSetting } from '../store/settings';
import { grouped } from './grouped';

/**
 * From the reading of a page to the end of its last record: a page waits ten minutes for a straggler at most, and a write takes eight.
 * A record that dies keeps others with its address waiting for no longer than this.
 */
const LEASE_SEC = 20 * 60;

export interface MatchLeases {
  /** Answers the holders (inbox keys) that may go on. One without an address needs no lease. */
  take(wishes: readonly { readonly holder: string; readonly email: string | undefined }[]): Promise<ReadonlySet<string>>;
  end(holder: string): Promise<void>;
}

export function createMatchLeases(db: Database): MatchLeases {
  let secret: Promise<string> | undefined;
  /** Names stand in the database in plain sight, so they are keyed hashes and not addresses. */
  const nameOf = async (email: string): Promise<string> => {
    secret ??= claimSetting(db, 'matchSecret', randomBytes(32).toString('hex'));
    return createHmac('sha256', await secret)
      .update(email)
      .digest('hex');
  };
  return {
    async take(wishes) {
      const named = await Promise.all(
        wishes.flatMap(({ holder, email }) => (email === undefined ? [] : [nameOf(email).then((name) => ({ name, holder }))])),
      );
      const granted = await takeLeases(db, named, LEASE_SEC);
      return new Set([
        ...wishes.flatMap(({ holder, email }) => (email === undefined ? [holder] : [])),
        ...granted.map(({ holder }) => holder),
      ]);
    },
    end: grouped(String, async (holders) => {
      await endLeases(db, holders);
      return holders.map(() => undefined);
    }),
  };
}
