/** Dates, which never shift, and instants, compared in UTC seconds. */

const DAY = /^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$/;

/** The day as it is written; a time behind it is ignored rather than moved to another time zone. `undefined` when it is no date. */
export function parseDate(text: string): string | undefined {
  const day = DAY.exec(text)?.[1];
  return day !== undefined && isDay(day) ? day : undefined;
}

/** Rolled-over days (30 February) are no dates. */
function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

/** `Z+0000` is how Marketo stamps some answers. */
const INSTANT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:\.\d+)?\s?(Z|Z?[+-]\d{2}:?\d{2})?)?$/i;

/** Seconds since 1970 UTC; without an offset UTC is meant, as Dataverse takes it, and fractions of a second are dropped. */
export function parseInstant(text: string): number | undefined {
  const [, day, time = '00:00', seconds = ':00', zone = 'Z'] = INSTANT.exec(text) ?? [];
  if (day === undefined || !isDay(day)) return undefined;
  const offset = zone.replace(/^Z(?=.)/i, '').replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2');
  const ms = Date.parse(`${day}T${time}${seconds}${offset.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

/** `undefined` for what has no four-digit year. */
export function formatInstant(seconds: number): string | undefined {
  const text = new Date(seconds * 1000).toISOString();
  return text.length === 24 ? `${text.slice(0, 19)}Z` : undefined;
}

/** The first day that Dataverse can hold. */
export const EARLIEST_DAY = '1753-01-01';

/** The newest of ISO stamps in UTC, which sort as text. */
export function newest(stamps: readonly (string | undefined)[]): string | undefined {
  return stamps
    .filter((stamp) => stamp !== undefined)
    .sort()
    .at(-1);
}
