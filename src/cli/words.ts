/** Numbers and times as people say them. */

/** `1,234 records`, `1 record` */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;
}

const STEPS = [
  [60, 'sec', 1],
  [3_600, 'min', 60],
  [86_400, 'h', 3_600],
  [Infinity, 'days', 86_400],
] as const;

/** `40 sec`, `12 min`, `3 h`; rounded down. */
export function span(ms: number): string {
  const sec = Math.max(0, Math.floor(ms / 1_000));
  const [, unit, length] = STEPS.find(([below]) => sec < below) ?? STEPS[3];
  const number = Math.floor(sec / length);
  return `${number} ${unit === 'days' && number === 1 ? 'day' : unit}`;
}

/** `12:05:00 UTC`, with the day when it is another one. */
export function clock(iso: string, now: Date): string {
  const [day, time] = new Date(iso).toISOString().split('T') as [string, string];
  const today = now.toISOString().startsWith(day);
  return `${today ? '' : `${day} `}${time.slice(0, 8)} UTC`;
}
