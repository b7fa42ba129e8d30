import { expect, test } from '@jest/globals';
import { untilQuotaResetMs } from '../../../src/marketo/quotaReset';

const resetAfter = (now: string): string => new Date(Date.parse(now) + untilQuotaResetMs(new Date(now))).toISOString();

test.each([
  ['in winter', '2026-01-15T12:34:56.789Z', '2026-01-16T06:00:00.000Z'],
  ['in summer', '2026-07-15T12:00:00.000Z', '2026-07-16T05:00:00.000Z'],
  ['just before', '2026-01-15T05:59:59.999Z', '2026-01-15T06:00:00.000Z'],
  ['at the very moment, which begins a new day', '2026-01-15T06:00:00.000Z', '2026-01-16T06:00:00.000Z'],
  ['over the night in which clocks go forward', '2026-03-08T07:00:00.000Z', '2026-03-09T05:00:00.000Z'],
  ['over the night in which clocks go back', '2026-11-01T06:00:00.000Z', '2026-11-02T06:00:00.000Z'],
])('the quota is there again at midnight in Chicago, %s', (_when, now, reset) => {
  expect(resetAfter(now)).toBe(reset);
});
