import { describe, expect, test } from '@jest/globals';
import { untilPlace } from '../../../src/remote/untilPlace';

/** Answers these waits one after the other; keeps what was slept. */
function watched(waits: readonly (number | Error)[]) {
  const left = [...waits];
  const slept: number[] = [];
  return {
    slept,
    looks: () => waits.length - left.length,
    async look() {
      const next = left.shift();
      if (next instanceof Error) throw next;
      return next ?? 0;
    },
    async sleep(ms: number) {
      slept.push(ms);
    },
  };
}

describe('untilPlace', () => {
  test('does not wait when there is a place', async () => {
    const ledger = watched([0]);
    await untilPlace({ ...ledger, maxWaitMs: 1_000 });
    expect(ledger.slept).toEqual([]);
    expect(ledger.looks()).toBe(1);
  });

  test('waits as long as it is told, and looks again', async () => {
    const ledger = watched([300, 200, 0]);
    await untilPlace({ ...ledger, maxWaitMs: 1_000 });
    expect(ledger.slept).toEqual([310, 210]);
    expect(ledger.looks()).toBe(3);
  });

  test('does not wait for a place that comes too late', async () => {
    const ledger = watched([700, 700, 0]);
    await untilPlace({ ...ledger, maxWaitMs: 1_000 });
    expect(ledger.slept).toEqual([710]);
  });

  test('lets the call find out that the ledger does not answer', async () => {
    const ledger = watched([new Error('no ledger')]);
    await expect(untilPlace({ ...ledger, maxWaitMs: 1_000 })).resolves.toBeUndefined();
    expect(ledger.looks()).toBe(1);
  });
});
