import { describe, expect, test } from '@jest/globals';
import { createPace, type PaceOptions } from '../../../src/remote/pace';
import { isUrgent, placesFor, urgently } from '../../../src/remote/urgent';

type Place = Awaited<ReturnType<PaceOptions['take']>>;

/** A ledger that answers as told, and time that passes only by sleeping. */
function paced(answers: (Place | Error)[], extra: Partial<PaceOptions> = {}) {
  let nowMs = 0;
  const slept: number[] = [];
  const asked: number[] = [];
  const blocks: [number, string][] = [];
  const pace = createPace({
    take: async () => {
      asked.push(nowMs);
      const answer = answers.shift() ?? { ok: true };
      if (answer instanceof Error) throw answer;
      return answer;
    },
    block: async (waitMs, code) => {
      blocks.push([waitMs, code]);
    },
    maxWaitMs: 10_000,
    now: () => nowMs,
    sleep: async (ms) => {
      slept.push(ms);
      nowMs += ms;
    },
    random: () => 0,
    ...extra,
  });
  return { pace, slept, asked, blocks };
}

describe('a place', () => {
  test('that is free is taken at once', async () => {
    const { pace, slept } = paced([{ ok: true }]);
    expect(await pace.acquire()).toEqual({ ok: true });
    expect(slept).toEqual([]);
  });

  test('that comes soon is waited for, as often as need be', async () => {
    const { pace, slept } = paced([{ waitMs: 3_000 }, { waitMs: 2_000 }, { ok: true }]);
    expect(await pace.acquire()).toEqual({ ok: true });
    expect(slept).toEqual([3_000, 2_000]);
  });

  test('that comes too late is not waited for at all', async () => {
    const { pace, slept } = paced([{ waitMs: 10_001 }]);
    expect(await pace.acquire()).toEqual({ waitMs: 10_001 });
    expect(slept).toEqual([]);
  });

  test('is waited for no longer than allowed in all', async () => {
    const { pace, slept } = paced([{ waitMs: 6_000 }, { waitMs: 6_000 }]);
    expect(await pace.acquire()).toEqual({ waitMs: 6_000 });
    expect(slept).toEqual([6_000]);
  });
});

describe('jitter', () => {
  test.each([
    [100, 20],
    [2_000, 200],
    [9_000, 900],
    [60_000, 1_000],
  ])('comes on top of %i ms, up to %i ms more', async (waitMs, most) => {
    const { pace, slept } = paced([{ waitMs }], { random: () => 1, maxWaitMs: 120_000 });
    await pace.acquire();
    expect(slept).toEqual([waitMs + most]);
  });

  test('never makes a wait shorter', async () => {
    const { pace, slept } = paced([{ waitMs: 2_000 }], { random: () => 0 });
    await pace.acquire();
    expect(slept).toEqual([2_000]);
  });
});

describe('callers of one process', () => {
  test('stand in line: while the first waits, the others do not ask', async () => {
    const { pace, asked } = paced([{ waitMs: 4_000 }]);
    const places = await Promise.all([pace.acquire(), pace.acquire(), pace.acquire()]);
    expect(places).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
    expect(asked).toEqual([0, 4_000, 4_000, 4_000]);
  });

  test('get their places in the order they came', async () => {
    const { pace } = paced([{ waitMs: 100 }, { ok: true }, { waitMs: 100 }]);
    const order: number[] = [];
    await Promise.all([0, 1, 2].map((n) => pace.acquire().then(() => order.push(n))));
    expect(order).toEqual([0, 1, 2]);
  });

  test('do not suffer from one whose question failed', async () => {
    const { pace } = paced([new Error('no database'), { ok: true }]);
    const [failed, next] = await Promise.allSettled([pace.acquire(), pace.acquire()]);
    expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'no database' } });
    expect(next).toEqual({ status: 'fulfilled', value: { ok: true } });
  });
});

describe('a block', () => {
  test('is told to everyone', async () => {
    const { pace, blocks } = paced([]);
    await pace.block(5_000, '606');
    expect(blocks).toEqual([[5_000, '606']]);
  });

  test('that cannot be told does not cost the answer that told of it', async () => {
    const { pace } = paced([], { block: () => Promise.reject(new Error('no database')) });
    await expect(pace.block(5_000, '606')).resolves.toBeUndefined();
  });
});

test('real time passes, too', async () => {
  let free = false;
  setTimeout(() => {
    free = true;
  }, 60);
  const pace = createPace({
    take: async () => (free ? { ok: true } : { waitMs: 20 }),
    block: async () => undefined,
    maxWaitMs: 5_000,
  });
  expect(await pace.acquire()).toEqual({ ok: true });
  expect(free).toBe(true);
});

describe('an urgent caller', () => {
  test('does not stand in line behind those who wait for the rest of the budget', async () => {
    let used = 8;
    const pace = createPace({
      take: async () => (used < placesFor(10) ? { ok: Boolean((used += 1)) as true } : { waitMs: 60_000 }),
      block: async () => undefined,
      maxWaitMs: 600_000,
      sleep: () => new Promise(() => undefined),
    });
    void pace.acquire();
    void pace.acquire();
    expect(await urgently(() => pace.acquire())).toEqual({ ok: true });
    expect(await urgently(() => pace.acquire())).toEqual({ ok: true });
    expect(used).toBe(10);
  });

  test('is one through everything it awaits, and only that', async () => {
    const later = async (): Promise<boolean> => {
      await new Promise((resolve) => setImmediate(resolve));
      return isUrgent();
    };
    expect(await Promise.all([urgently(later), later()])).toEqual([true, false]);
  });

  test('is left half of the places at most', async () => {
    expect([1, 2, 3, 5, 50].map((places) => placesFor(places))).toEqual([1, 1, 2, 3, 48]);
    expect(await urgently(async () => placesFor(5))).toBe(5);
  });
});
