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

describe('work that waits for a lull', () => {
  test('begins when the last of the calls under way has ended, not before', async () => {
    const lull = createLull({ mostMs: 60_000 });
    const [first, second] = [gate(), gate()];
    const calls = [lull.during(() => first.opened), lull.during(() => second.opened)];
    const done: string[] = [];
    lull.afterwards(async () => done.push('woken'));
    first.open();
    await turns();
    expect(done).toEqual([]);
    second.open();
    await Promise.all(calls);
    await turns();
    expect(done).toEqual(['woken']);
  });

  test('begins at once when no call is under way', async () => {
    const lull = createLull({ mostMs: 60_000 });
    const done: string[] = [];
    lull.afterwards(async () => done.push('woken'));
    await turns();
    expect(done).toEqual(['woken']);
  });

  test('begins all the same when calls never cease', async () => {
    const lull = createLull({ mostMs: 1 });
    const endless = gate();
    const call = lull.during(() => endless.opened);
    await new Promise<void>((resolve) => {
      lull.afterwards(async () => resolve());
    });
    endless.open();
    await call;
  });

  test('goes a few at a time, in order, and goes on after one that fails or a call that is refused', async () => {
    const lull = createLull({ atOnce: 1, mostMs: 60_000 });
    const first = gate();
    const done: string[] = [];
    lull.afterwards(() => first.opened);
    lull.afterwards(async () => {
      done.push('second');
      throw new Error('of no interest');
    });
    lull.afterwards(async () => done.push('third'));
    await expect(lull.during(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    await turns();
    expect(done).toEqual([]);
    first.open();
    await turns();
    expect(done).toEqual(['second', 'third']);
  });
});
