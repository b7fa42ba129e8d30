import { describe, expect, test } from '@jest/globals';
import { hindrances } from '../../../src/cli/hindrances';
import { setUpText } from '../../../src/cli/text/setup';
import { clock, count, span } from '../../../src/cli/words';
import { NOW, plain, quiet } from './support';

describe('words', () => {
  test.each([
    [0, '0 sec'],
    [-5_000, '0 sec'],
    [59_999, '59 sec'],
    [60_000, '1 min'],
    [3_599_999, '59 min'],
    [3_600_000, '1 h'],
    [86_399_999, '23 h'],
    [86_400_000, '1 day'],
    [10 * 86_400_000, '10 days'],
  ])('%d ms are %s', (ms, text) => {
    expect(span(ms)).toBe(text);
  });

  test('numbers', () => {
    expect(count(1, 'record')).toBe('1 record');
    expect(count(0, 'record')).toBe('0 records');
    expect(count(12_345, 'person', 'people')).toBe('12,345 people');
  });

  test('times of another day have the day', () => {
    expect(clock('2026-03-01T23:59:59.999Z', NOW)).toBe('23:59:59 UTC');
    expect(clock('2026-03-01T23:59:59-02:00', NOW)).toBe('2026-03-02 01:59:59 UTC');
  });
});

describe('what is in the way', () => {
  test('is nothing when all is well', () => {
    expect(hindrances(quiet, NOW)).toEqual([]);
  });

  test.each([
    [{ problems: ['A', 'B'] }, ['A', 'B']],
    [
      { sides: { marketo: {}, dynamics: { blockedUntil: '2026-03-01T13:00:00.000Z', reason: '429' } } },
      ['Dynamics is left alone until 13:00:00 UTC (429)'],
    ],
    [{ schedule: null }, ['Temporal does not answer the gateway, so no cycle runs']],
    [{ schedule: { running: false } }, ['The Schedule sync-every-5m is paused in Temporal']],
    [{ schedule: { running: true } }, []],
  ])('%j', (over, sentences) => {
    expect(hindrances({ ...quiet, ...over }, NOW)).toEqual(sentences);
  });
});

describe('what mdsync setup has made', () => {
  test('nothing', () => {
    expect(setUpText({ createdFields: [], preparedTypes: [] }, plain)).toContain('was there already');
  });

  test('fields and types, by name', () => {
    expect(setUpText({ createdFields: ['microsoftId', 'microsoftType'], preparedTypes: ['one'] }, plain).split('\n')).toEqual([
      'Marketo is prepared.',
      '  2 fields created: microsoftId, microsoftType',
      '  1 activity type created, completed or approved: one',
      expect.stringContaining('mdsync status'),
    ]);
  });

  test('only what there is', () => {
    expect(setUpText({ createdFields: ['x'], preparedTypes: [] }, plain)).not.toContain('activity type');
  });
});
