/** What was called and what went wrong, per day. A day begins at midnight in Chicago (Marketo says "12:00 AM CST"). */
import type { SandboxClock } from '../../clock';
import type { Journal } from '../../journal';
import type { Call } from '../http/call';
import type { Envelope } from '../http/envelope';
import type { Instance } from '../instance';
import { UNCOUNTED } from './admission';

export interface Day {
  readonly date: string;
  readonly total: number;
  readonly users: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
}

export interface Usage {
  /** Counts one call of that user, unless it failed with a code that does not count. */
  count(user: string, errorCode: string | undefined): void;
  today(): Day;
  countExported(bytes: number): void;
  /** Bytes of bulk files made today. */
  exportedToday(): number;
  /** Today and the days before it, newest first; days without a call are left out. */
  lastDays(count: number): readonly Day[];
}

const DAY_MS = 86_400_000;
// `en-CA` writes dates as 2026-11-25.
const CENTRAL = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Chicago' });
const dateOf = (time: number): string => CENTRAL.format(time);

export function createUsage(journal: Journal, clock: SandboxClock): Usage {
  const table = journal.table<Day>('usage');
  const exported = journal.table<number>('exportedBytes');
  const day = (date: string): Day => table.get(date) ?? { date, total: 0, users: {}, errors: {} };
  const today = (): Day => day(dateOf(clock.now().getTime()));
  return {
    count(user, errorCode) {
      const before = today();
      const errors = errorCode === undefined ? before.errors : plusOne(before.errors, errorCode);
      const counts = errorCode === undefined || !UNCOUNTED.has(errorCode);
      table.set(before.date, {
        date: before.date,
        total: before.total + (counts ? 1 : 0),
        users: counts ? plusOne(before.users, user) : before.users,
        errors,
      });
    },
    today,
    countExported: (bytes) => void exported.set(today().date, (exported.get(today().date) ?? 0) + bytes),
    exportedToday: () => exported.get(today().date) ?? 0,
    lastDays(count) {
      const now = clock.now().getTime();
      const dates = new Set(Array.from({ length: count }, (_, ago) => dateOf(now - ago * DAY_MS)));
      return [...dates].flatMap((date) => table.get(date) ?? []);
    },
  };
}

const plusOne = (counts: Readonly<Record<string, number>>, key: string): Record<string, number> => ({
  ...counts,
  [key]: (counts[key] ?? 0) + 1,
});

/** Get Daily Usage and Get Last 7 Days Usage. */
export const getUsage =
  (days: number) =>
  (_call: Call, { usage }: Instance): Envelope => ({
    result: usage.lastDays(days).map(({ date, total, users }) => ({
      date,
      total,
      users: Object.entries(users).map(([userId, count]) => ({ userId, count })),
    })),
  });

/** Get Daily Errors and Get Last 7 Days Errors. */
export const getErrors =
  (days: number) =>
  (_call: Call, { usage }: Instance): Envelope => ({
    result: usage.lastDays(days).map(({ date, errors }) => ({
      date,
      total: Object.values(errors).reduce((sum, count) => sum + count, 0),
      errors: Object.entries(errors).map(([errorCode, count]) => ({ errorCode, count })),
    })),
  });
