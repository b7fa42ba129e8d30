import { describe, expect, test } from '@jest/globals';
import { createGate } from '../../../src/remote/gate';
import { urgently } from '../../../src/remote/urgent';

/** A task that ends when it is told to. */
function task<T>(value: T) {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { run: () => ended.then(() => value), end };
}
const turns = async (): Promise<void> => {
  for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('a gate', () => {
  test('lets as many in as it is wide, and the others in the order they came', async () => {
    const gate = createGate(2);
    const started: number[] = [];
    const tasks = [0, 1, 2, 3].map((n) => task(n));
    const results = tasks.map((one, n) =>
      gate(() => {
        started.push(n);
        return one.run();
      }),
    );
    await turns();
    expect(started).toEqual([0, 1]);
    tasks[1]?.end();
    await turns();
    expect(started).toEqual([0, 1, 2]);
    tasks[0]?.end();
    tasks[2]?.end();
    tasks[3]?.end();
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3]);
    expect(started).toEqual([0, 1, 2, 3]);
  });

  test('gives the place on when a task fails', async () => {
    const gate = createGate(1);
    const failed = gate(() => Promise.reject(new Error('no')));
    const next = gate(async () => 'next');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('next');
    expect(await gate(async () => 'and on')).toBe('and on');
  });

  test('does not let a newcomer slip in between', async () => {
    const gate = createGate(1);
    const order: string[] = [];
    const first = task('first');
    const running = gate(first.run);
    const waiting = gate(async () => order.push('waiting'));
    first.end();
    await running;
    const newcomer = gate(async () => order.push('newcomer'));
    await Promise.all([waiting, newcomer]);
    expect(order).toEqual(['waiting', 'newcomer']);
  });
});

describe('urgent tasks', () => {
  test('find places that the others do not get, and go before those who wait', async () => {
    const gate = createGate(4, 2);
    const started: string[] = [];
    const ends: (() => void)[] = [];
    const enter = (name: string): Promise<unknown> =>
      gate(() => {
        started.push(name);
        const { run, end } = task(name);
        ends.push(end);
        return run();
      });
    const all = [...['a', 'b', 'c'].map(enter), ...['1', '2', '3'].map((name) => urgently(async () => enter(name)))];
    await turns();
    // The others fill two of the four places, and the third urgent one is next whoever goes.
    expect(started).toEqual(['a', 'b', '1', '2']);
    ends[0]?.();
    await turns();
    expect(started).toEqual(['a', 'b', '1', '2', '3']);
    for (let ended = 0; started.length < 6 || ended < ends.length; ended += 1) {
      ends[ended]?.();
      await turns();
    }
    expect(started.at(-1)).toBe('c');
    await Promise.all(all);
  });
});
