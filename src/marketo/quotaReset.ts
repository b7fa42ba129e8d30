/** Daily quotas start anew at midnight, US Central time ("12:00 AM CST"), daylight saving included. */
const central = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Chicago',
  hourCycle: 'h23',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
});

/** A little late rather than a little early: the first call after the reset should meet it. */
const MARGIN_MS = 60_000;
const DAY_MS = 86_400_000;

/** How long from `now` until the quota is there again, ms. On the two days a year of another length it is an hour off, and asked again. */
export function untilQuotaResetMs(now: Date): number {
  const part = (type: string): number => Number(central.formatToParts(now).find((one) => one.type === type)?.value ?? 0);
  const sinceMidnightMs = ((part('hour') * 60 + part('minute')) * 60 + part('second')) * 1_000;
  return DAY_MS - sinceMidnightMs + MARGIN_MS;
}
