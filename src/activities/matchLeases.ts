/** Who may look for a twin by e-mail and create when there is none: one record per address at a time, on either side. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Database } from '../store/database';
import { endLeases, type LeaseWish, takeLeases } from '../store/leases';
import { claimSetting } from '../store/settings';
import { grouped, groupedTelling } from './grouped';

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
  /** Of several that wish for one address, each after the other. */
  const takeOne = grouped(
    ({ name }) => name,
    async (wishes: readonly LeaseWish[]) => {
      const granted = new Set((await takeLeases(db, wishes, LEASE_SEC)).map(({ holder }) => holder));
      return wishes.map(({ holder }) => granted.has(holder));
    },
  );
  return {
    async take(wishes) {
      const answers = await Promise.all(
        wishes.map(async ({ holder, email }) => email === undefined || takeOne({ name: await nameOf(email), holder })),
      );
      return new Set(wishes.flatMap(({ holder }, index) => (answers[index] === true ? [holder] : [])));
    },
    end: groupedTelling(String, (holders) => endLeases(db, holders)),
  };
}
