import { describe, expect, test } from '@jest/globals';
import { callbackBody } from '../../../../src/activities/flowStep/callbackBody';
import { waitFor } from '../../../../src/activities/flowStep/chunkProgress';
import { judge } from '../../../../src/activities/flowStep/verdict';
import type { Failure } from '../../../../src/core/ports';
import { adobeProblems } from '../../../support/flowSteps';

const NOW = new Date('2026-03-01T12:00:00Z');
const answered = (status: number, headers = {}) => ({ answer: { status, headers, text: '' } });
const failed = (over: Partial<Failure>) => ({
  failure: { kind: 'retry', scope: 'request', code: 'timeout', message: '', ...over } as Failure,
});
const first = { inDoubt: false };
const later = { inDoubt: true };

describe('what the reaction to an answer means', () => {
  test.each([200, 201, 202, 204])('%d: taken', (status) => {
    expect(judge(answered(status), first, NOW)).toEqual({ is: 'taken', code: String(status) });
  });

  test.each([400, 401, 403, 404, 405, 408, 410])('%d: refused for good', (status) => {
    expect(judge(answered(status), first, NOW)).toEqual({ is: 'refused', code: String(status) });
  });

  test.each([301, 302, 307, 308])('%d: a redirect is not followed', (status) => {
    expect(judge(answered(status, { location: 'https://example.com' }), first, NOW)).toMatchObject({ is: 'refused' });
  });

  test('404 after an answer that was lost: it had arrived; 405 still is a refusal', () => {
    expect(judge(answered(404), later, NOW)).toEqual({ is: 'taken', code: '404' });
    expect(judge(answered(405), later, NOW)).toMatchObject({ is: 'refused' });
  });

  test.each([500, 502, 503, 504])('%d: again, and it may have arrived', (status) => {
    expect(judge(answered(status), first, NOW)).toEqual({ is: 'again', code: String(status), inDoubt: true });
  });

  test('429: again, not before it is asked to, and nothing has arrived by it', () => {
    expect(judge(answered(429, { 'retry-after': '30' }), first, NOW)).toEqual({
      is: 'again',
      code: '429',
      inDoubt: false,
      waitMs: 30_000,
    });
    expect(judge(answered(429, { 'retry-after': '86400' }), later, NOW)).toMatchObject({ inDoubt: true, waitMs: 600_000 });
  });

  test('silence: again; in doubt only when the call may have got through', () => {
    expect(judge(failed({ outcomeUnknown: true }), first, NOW)).toMatchObject({ is: 'again', inDoubt: true });
    expect(judge(failed({ code: 'unreachable' }), first, NOW)).toMatchObject({ is: 'again', inDoubt: false });
    expect(judge(failed({ code: 'unreachable' }), later, NOW)).toMatchObject({ is: 'again', inDoubt: true });
  });

  test('an address that may not be called: refused', () => {
    expect(judge(failed({ kind: 'config', code: 'ERR_FORBIDDEN_ADDRESS' }), first, NOW)).toMatchObject({ is: 'refused' });
  });
});

describe('when to answer', () => {
  const wait = (kind: 'trigger' | 'batch', unfinished: number, ageSec: number, waiting = unfinished) =>
    waitFor({ kind, unfinished, ageSec, waiting }).waitMs;

  test('at once when everybody is through', () => {
    expect([wait('trigger', 0, 0), wait('batch', 0, 3)]).toEqual([0, 0]);
  });

  test('a trigger campaign within a minute, a batch campaign within a quarter of an hour, finished or not', () => {
    for (const [kind, limitSec] of [
      ['trigger', 60],
      ['batch', 15 * 60],
    ] as const) {
      let ageSec = 1;
      let looks = 0;
      for (let waitMs = wait(kind, 1, ageSec); waitMs > 0; waitMs = wait(kind, 1, ageSec)) {
        ageSec += waitMs / 1_000;
        looks += 1;
      }
      expect(ageSec).toBeLessThan(limitSec - 5);
      expect(ageSec).toBeGreaterThan(limitSec * 0.6);
      // Each look is some events of history.
      expect(looks).toBeLessThan(50);
    }
  });
});

test('a batch is looked at every twenty seconds while few people wait: its last person may be through at any time', () => {
  const wait = (ageSec: number) => waitFor({ kind: 'batch', unfinished: 1, ageSec, waiting: 100 }).waitMs / 1_000;
  expect([wait(1), wait(5), wait(60), wait(600)]).toEqual([2.5, 10, 20, 20]);
});

test('the more people wait, the later it is looked again: looking must not become the work', () => {
  const wait = (waiting: number) => waitFor({ kind: 'trigger', unfinished: 1, ageSec: 1, waiting }).waitMs / 1_000;
  expect([wait(1), wait(400), wait(4_000)]).toEqual([2, 10, 39]);
});

describe('the body', () => {
  const person = (marketoId: string, over = {}) =>
    ({ marketoId, refusal: null, syncAs: 'lead', outcome: null, table: null, ...over }) as const;

  test('is what the interface describes, with every person in order', () => {
    const text = callbackBody('AAA-999-ZZZ', [
      person('318592', { outcome: { status: 'created', microsoftId: '6c9f' }, table: 'lead' }),
      person('318593', { outcome: { status: 'rejected', code: 'x', reason: 'a "quoted" reason\nin two lines' } }),
    ]);
    const body = JSON.parse(text);
    expect(adobeProblems(body, 'flowCallBack')).toEqual([]);
    expect(body).toEqual({
      munchkinId: 'AAA-999-ZZZ',
      objectData: [
        {
          leadData: { id: 318592, microsoftId: '6c9f', microsoftType: 'Lead' },
          activityData: { success: true, operation: 'created', microsoftId: '6c9f', microsoftType: 'Lead', syncAsValue: 'lead' },
        },
        {
          leadData: { id: 318593 },
          activityData: {
            success: false,
            operation: 'rejected',
            syncAsValue: 'lead',
            reason: 'a "quoted" reason\nin two lines',
            errorCode: 'DYNAMICS_REFUSED',
          },
        },
      ],
    });
  });

  test('keeps ids beyond 2^53 to the last digit, as numbers', () => {
    expect(callbackBody('X', [person('9007199254740993')])).toContain('"leadData":{"id":9007199254740993}');
  });
});
