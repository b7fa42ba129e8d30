/** Times as Dataverse keeps them: UTC, whole seconds, from 1753 on. */

const TIME = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/i;

/** `2024-01-31T08:00:00Z` from a time with offset, with none (taken as UTC), or a date; `undefined` for anything else. */
export function toTime(text: string): string | undefined {
  const [, day, minutes = '00:00', seconds = '00', offset = 'Z'] = TIME.exec(text) ?? [];
  if (day === undefined || !isDay(day)) return undefined;
  const ms = Date.parse(`${day}T${minutes}:${seconds}${offset.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ofMs(ms);
}

export const ofDate = (date: Date): string => ofMs(date.getTime());

const ofMs = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Whether `YYYY-MM-DD` is a day of the calendar. */
export function isDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** What SQL Server's datetime can hold. */
export const isTooEarly = (dayOrTime: string): boolean => dayOrTime < '1753-01-01';
