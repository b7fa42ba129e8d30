import { describe, expect, test } from '@jest/globals';
import { callsOfOthers, type UsageLook } from '../../../src/core/usage';

const look = (over: Partial<UsageLook> = {}): UsageLook => ({
  date: '2026-03-01',
  total: 5_000,
  ours: 1_000,
  counted: 990,
  askedAt: '2026-03-01T12:00:00.000Z',
  ...over,
});

describe('calls of our API user that were not ours', () => {
  test('are those that only Marketo has counted since the look before', () => {
    expect(callsOfOthers(look(), look({ ours: 1_500, counted: 1_190 }))).toBe(300);
  });

  test('are none while both count about the same, whatever others call under names of their own', () => {
    expect(callsOfOthers(look(), look({ total: 40_000, ours: 1_520, counted: 1_490 }))).toBe(0);
    expect(callsOfOthers(look(), look({ ours: 2_040, counted: 1_990 }))).toBe(0);
    // Control: one call beyond what is tolerated.
    expect(callsOfOthers(look(), look({ ours: 2_051, counted: 1_990 }))).toBe(51);
  });

  test.each([
    ['at the first look', undefined, look({ ours: 9_000 })],
    ['when a new day has begun', look(), look({ date: '2026-03-02', ours: 500, counted: 10 })],
    ['when Marketo does not tell who we are', look(), { date: '2026-03-01', total: 9_000, counted: 990, askedAt: '' }],
    ['when our own count began anew', look(), look({ ours: 1_500, counted: 10 })],
  ])('cannot be told %s', (_when, before, now) => {
    expect(callsOfOthers(before, now)).toBe(0);
  });
});
