import { describe, expect, test } from '@jest/globals';
import { createLull } from '../../../../src/gateway/flowSteps/lull';

/** A promise that is settled by hand. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** A lull whose work notes what it was given. */
function noting(mostMs: number, work: (items: readonly string[]) => Promise<unknown> = async () => undefined) {
  const lots: (readonly string[])[] = [];
  const lull = createLull<string>(
    async (items) => {
      lots.push(items);
      await work(items);
    },
    { mostMs },
  );
  return { lots, lull };
}

describe('work that waits for a lull', () => {
  test('begins when the last of the calls under way has ended, not before, with all that they asked for', async () => {
    const { lots, lull } = noting(60_000);
    const [first, second] = [gate(), gate()];
    const calls = [lull.during(() => first.opened), lull.during(() => second.opened)];
    lull.afterwards('one');
    lull.afterwards('two');
    first.open();
    await turns();
    expect(lots).toEqual([]);
    second.open();
    await Promise.all(calls);
    await turns();
    expect(lots).toEqual([['one', 'two']]);
  });

  test('begins at once when no call is under way', async () => {
    const { lots, lull } = noting(60_000);
    lull.afterwards('one');
    await turns();
    expect(lots).toEqual([['one']]);
  });

  test('begins all the same when calls never cease', async () => {
    const worked = gate();
    const { lull } = noting(1, async () => worked.open());
    const endless = gate();
    const call = lull.during(() => endless.opened);
    lull.afterwards('one');
    await worked.opened;
    endless.open();
    await call;
  });

  test('goes one lot after the other, and goes on after one that fails or a call that is refused', async () => {
    const slow = gate();
    const { lots, lull } = noting(60_000, async (items) => {
      await slow.opened;
      if (items.includes('first')) throw new Error('of no interest');
    });
    lull.afterwards('first');
    await turns();
    lull.afterwards('second');
    lull.afterwards('third');
    await expect(lull.during(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    await turns();
    expect(lots).toEqual([['first']]);
    slow.open();
    await turns();
    expect(lots).toEqual([['first'], ['second', 'third']]);
  });

  test('what has waited long enough while the work before it was under way does not wait for a lull after it', async () => {
    const slow = gate();
    const { lots, lull } = noting(1, () => slow.opened);
    lull.afterwards('first');
    await turns();
    const endless = gate();
    const call = lull.during(() => endless.opened);
    lull.afterwards('second');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(lots).toEqual([['first']]);
    slow.open();
    await turns();
    expect(lots).toEqual([['first'], ['second']]);
    endless.open();
    await call;
  });
});
