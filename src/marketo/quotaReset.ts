/** When Marketo's daily quotas begin anew: at midnight, US Central time ("12:00 AM CST"). */

const centralHour = new Intl.DateTimeFormat('en-US', { timeZone: 'America/Chicago', hourCycle: 'h23', hour: 'numeric' });
const HOUR_MS = 3_600_000;

/** How long from `now` until then, ms. Chicago is whole hours from UTC, so the next full hour that is its hour 0 is looked for. */
export function untilQuotaResetMs(now: Date): number {
  const nowMs = now.getTime();
  let atMs = (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS;
  while (Number(centralHour.format(atMs)) !== 0) atMs += HOUR_MS;
  return atMs - nowMs;
}
