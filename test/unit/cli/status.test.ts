import { describe, expect, test } from '@jest/globals';
import pc from 'picocolors';
import { statusText } from '../../../src/cli/text/status';
import type { StatusAnswer } from '../../../src/gateway/operator';
import { NOW, plain, quiet } from './support';

const lineOf = (label: string, over: Partial<StatusAnswer>): string =>
  statusText({ ...quiet, ...over }, plain, NOW)
    .split('\n')
    .find((line) => line.startsWith(label)) ?? '';

describe('the text of mdsync status', () => {
  test('of a sync with nothing to do is ten lines', () => {
    expect(statusText(quiet, plain, NOW)).toBe(
      [
        'In sync      1,234 pairs',
        'Waiting      create 0, retry 0, live 0, backfill 0',
        'Creations    none waits',
        'Failed       none',
        'Refused      none',
        'Review       none',
        'Marketo      ok',
        'Dynamics     ok',
        'Problems     none',
        'Cycle        that of 12:00:00 UTC went through in 4 sec; the next in 30 sec',
      ].join('\n'),
    );
  });

  test.each([
    ['In sync', { pairs: 1 }, '1 pair'],
    [
      'Waiting',
      { waiting: { create: 1, retry: 2, live: 3_000, backfill: 4 }, oldestWaitingAt: '2026-03-01T11:00:00.000Z' },
      'create 1, retry 2, live 3,000, backfill 4; the oldest for 1 h',
    ],
    [
      'In bulk',
      { bulk: { done: 12_000, left: 3_000, perMinute: 1_500, expectedEndAt: '2026-03-01T12:06:00.000Z' } },
      '12,000 done, 3,000 left, 1,500 a minute, expected to end at 12:06:00 UTC',
    ],
    ['In bulk', { bulk: { done: 0, left: 3_000, perMinute: 0 } }, '0 done, 3,000 left, 0 a minute, nothing moves'],
    ['Creations', { openRequests: 1 }, '1 request without an outcome'],
    ['Failed', { quarantined: 3 }, '3 records failed too often   mdsync retry --all'],
    ['Refused', { openRejections: 1 }, '1 open rejection   mdsync retry --all'],
    ['Near-misses', { nearMisses: 2 }, '2 values kept by Marketo in its own way since yesterday'],
    ['Review', { openReviews: 2 }, '2 records to be decided by a person   mdsync review list'],
    [
      'Marketo',
      { sides: { marketo: { blockedUntil: '2026-03-01T12:05:10.000Z', reason: '606' }, dynamics: {} } },
      'left alone until 12:05:10 UTC (606)',
    ],
    ['Dynamics', { sides: { marketo: {}, dynamics: { blockedUntil: '2026-03-02T00:00:00.000Z' } } }, '2026-03-02 00:00:00 UTC'],
    [
      'Its calls',
      {
        marketoCalls: {
          date: '2026-03-01',
          total: 12_000,
          ours: 4_200,
          counted: 4_190,
          ofOthers: 0,
          askedAt: '2026-03-01T11:30:00.000Z',
        },
      },
      'Marketo had counted 12,000 today at 11:30:00 UTC, 4,200 of them ours; we had counted 4,190',
    ],
    [
      '             900 calls',
      {
        marketoCalls: {
          date: '2026-03-01',
          total: 12_000,
          ours: 4_200,
          counted: 90,
          ofOthers: 900,
          askedAt: '2026-03-01T11:30:00.000Z',
        },
      },
      'of our API user were not ours: give other programs users of their own, and run one deployment for an instance',
    ],
    ['Problems', { problems: ['Marketo does not let us in (601)'] }, 'Marketo does not let us in (601)   mdsync doctor'],
    ['Cycle', { lastCycle: { startedAt: '2026-03-01T12:04:00.000Z', outcome: 'running' } }, 'that of 12:04:00 UTC is running;'],
    ['Cycle', { lastCycle: { startedAt: '2026-03-01T12:04:00.000Z', outcome: 'config' } }, 'stopped: set-up is not complete'],
    ['Cycle', { lastCycle: { startedAt: '2026-02-28T12:04:00.000Z', outcome: 'done' } }, 'that of 2026-02-28 12:04:00 UTC'],
    ['Cycle', { schedule: null }, 'Temporal does not answer, so none will run'],
    ['Cycle', { schedule: { running: false } }, 'the Schedule is paused, so none will run'],
  ] as const)('%s, of %j', (label, over, text) => {
    expect(lineOf(label, over)).toContain(text);
  });

  test('before the first cycle says so', () => {
    const { lastCycle: _none, ...fresh } = quiet;
    expect(statusText(fresh, plain, NOW)).toContain('none has run yet; the next in 30 sec');
  });

  test('keeps several problems apart', () => {
    const text = statusText({ ...quiet, problems: ['One', 'Two'] }, plain, NOW);
    expect(text).toContain('Problems     One\n             Two   mdsync doctor\n');
  });

  test('has colours for a terminal, around the same words', () => {
    const coloured = statusText(quiet, pc.createColors(true), NOW);
    expect(coloured).toContain('\u001B[');
    // oxlint-disable-next-line no-control-regex -- an escape sequence begins with a control character
    expect(coloured.replaceAll(/\u001B\[\d+m/g, '')).toBe(statusText(quiet, plain, NOW));
  });
});
