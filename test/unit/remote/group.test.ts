import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { Result } from '../../../src/core/ports';
import { createGroup, type GroupOptions } from '../../../src/remote/group';

interface Item {
  readonly key: string;
  readonly value: number;
}
const item = (key: string, value = 0): Item => ({ key, value });
const answerAll = (items: readonly Item[]): Result<string>[] => items.map(({ key, value }) => ({ ok: `${key}${value}` }));

/** A group whose calls end when they are told to. */
function grouped(options: Partial<GroupOptions<Item, string>> = {}) {
  const calls: { readonly items: Item[]; end(results?: Result<string>[]): void; fail(error: Error): void }[] = [];
  const add = createGroup<Item, string>({
    send: (items) =>
      new Promise((resolve, reject) => {
        calls.push({ items, end: (results = answerAll(items)) => resolve(results), fail: reject });
      }),
    maxItems: 3,
    keyOf: ({ key }) => key,
    maxWaitMs: 5_000,
    ...options,
  });
  const sent = () => calls.map(({ items }) => items.map(({ key, value }) => `${key}${value}`));
  return { add, calls, sent };
}
const turns = async (): Promise<void> => {
  for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('a call', () => {
  test('carries what was handed over in the same turn, though nothing is in flight', async () => {
    const { add, calls, sent } = grouped();
    const results = [add(item('a')), add(item('b'))];
    await turns();
    expect(sent()).toEqual([['a0', 'b0']]);
    calls[0]?.end();
    expect(await Promise.all(results)).toEqual([{ ok: 'a0' }, { ok: 'b0' }]);
  });

  test('leaves at once when nothing is in flight, and while it is, the others gather for the next', async () => {
    const { add, calls, sent } = grouped();
    const first = add(item('a'));
    await turns();
    const others = ['b', 'c'].map((key) => add(item(key)));
    await turns();
    const late = add(item('d'));
    await turns();
    expect(sent()).toEqual([['a0']]);
    calls[0]?.end();
    await turns();
    expect(sent()).toEqual([['a0'], ['b0', 'c0', 'd0']]);
    calls[1]?.end();
    expect(await Promise.all([first, ...others, late])).toEqual(['a0', 'b0', 'c0', 'd0'].map((ok) => ({ ok })));
  });

  test('is no larger than allowed', async () => {
    const { add, calls, sent } = grouped();
    const results = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((key) => add(item(key)));
    for (let n = 0; n < 3; n += 1) {
      await turns();
      calls[n]?.end();
    }
    expect((await Promise.all(results)).every((result) => 'ok' in result)).toBe(true);
    expect(sent().map((items) => items.length)).toEqual([3, 3, 1]);
  });

  test('is one of as many at once as allowed', async () => {
    const { add, calls, sent } = grouped({ parallel: 2, maxItems: 1 });
    const results = ['a', 'b', 'c'].map((key) => add(item(key)));
    await turns();
    expect(sent()).toEqual([['a0'], ['b0']]);
    calls[1]?.end();
    await turns();
    expect(sent()).toEqual([['a0'], ['b0'], ['c0']]);
    calls[0]?.end();
    calls[2]?.end();
    await Promise.all(results);
  });
});

describe('whole groups', () => {
  test('may leave while a call is in flight; what is left over gathers for the next', async () => {
    const { add, calls, sent } = grouped({ maxItems: 2, parallelFull: 2 });
    const results = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((key) => add(item(key)));
    await turns();
    expect(sent()).toEqual([
      ['a0', 'b0'],
      ['c0', 'd0'],
    ]);
    calls[0]?.end();
    await turns();
    expect(sent()).toHaveLength(3);
    calls[1]?.end();
    await turns();
    // The control: one item alone is no whole group, and waits for the call in flight.
    expect(sent()).toHaveLength(3);
    calls[2]?.end();
    await turns();
    calls[3]?.end();
    await Promise.all(results);
    expect(sent().map((items) => items.length)).toEqual([2, 2, 2, 1]);
  });
});

describe('two items of one key', () => {
  test('never travel together, and keep their order', async () => {
    const { add, calls, sent } = grouped();
    const results = [add(item('a', 1)), add(item('a', 2)), add(item('b', 1)), add(item('a', 3))];
    await turns();
    expect(sent()).toEqual([['a1', 'b1']]);
    calls[0]?.end();
    await turns();
    calls[1]?.end();
    await turns();
    calls[2]?.end();
    await Promise.all(results);
    expect(sent()).toEqual([['a1', 'b1'], ['a2'], ['a3']]);
  });

  test('are never in two calls at once', async () => {
    const { add, calls, sent } = grouped({ parallel: 3 });
    const first = add(item('a', 1));
    await turns();
    const [second, other] = [add(item('a', 2)), add(item('b', 1))];
    await turns();
    expect(sent()).toEqual([['a1'], ['b1']]);
    calls[1]?.end();
    await turns();
    expect(sent()).toHaveLength(2);
    calls[0]?.end();
    await turns();
    expect(sent()).toEqual([['a1'], ['b1'], ['a2']]);
    calls[2]?.end();
    await Promise.all([first, second, other]);
  });

  test('keep their order when the second one came while a full call left others behind', async () => {
    const { add, calls, sent } = grouped({ maxItems: 1 });
    const results = [add(item('a', 1)), add(item('b', 1)), add(item('b', 2)), add(item('a', 2))];
    for (let n = 0; n < 4; n += 1) {
      await turns();
      calls[n]?.end();
    }
    await Promise.all(results);
    expect(sent().flat()).toEqual(['a1', 'b1', 'b2', 'a2']);
  });
});

describe('an item that waits too long', () => {
  test('ends as throttled and is not sent; one that is on its way is waited for', async () => {
    const { add, calls, sent } = grouped({ maxWaitMs: 60 });
    const travelling = add(item('a'));
    await turns();
    const waiting = add(item('b'));
    const failure = await waiting;
    expect(failure).toMatchObject({ failure: { kind: 'throttled', scope: 'side', waitMs: 60, code: 'queue' } });
    expect(failure).not.toHaveProperty('failure.outcomeUnknown');
    await sleep(40);
    calls[0]?.end();
    expect(await travelling).toEqual({ ok: 'a0' });
    await turns();
    expect(sent()).toEqual([['a0']]);
  });
});

describe('answers', () => {
  test('go to the items in their order, failures as values', async () => {
    const { add, calls } = grouped();
    const failure = { kind: 'rejected', scope: 'record', code: 'no', message: 'no' } as const;
    const results = [add(item('a')), add(item('b')), add(item('c'))];
    await turns();
    calls[0]?.end([{ ok: 'first' }, { failure }, { ok: 'third' }]);
    expect(await Promise.all(results)).toEqual([{ ok: 'first' }, { failure }, { ok: 'third' }]);
  });

  test('that are missing leave the outcome open', async () => {
    const { add, calls } = grouped();
    const results = [add(item('a')), add(item('b'))];
    await turns();
    calls[0]?.end([{ ok: 'first' }]);
    expect(await Promise.all(results)).toEqual([
      { ok: 'first' },
      { failure: { kind: 'retry', scope: 'record', outcomeUnknown: true, code: 'unanswered', message: expect.any(String) } },
    ]);
  });

  test('that are an exception reject what was on the way, and the next call leaves all the same', async () => {
    const { add, calls, sent } = grouped();
    const results = [add(item('a')), add(item('b'))];
    await turns();
    const next = add(item('a', 2));
    calls[0]?.fail(new Error('no'));
    expect(await Promise.allSettled(results)).toMatchObject([{ reason: { message: 'no' } }, { reason: { message: 'no' } }]);
    await turns();
    calls[1]?.end();
    expect(await next).toEqual({ ok: 'a2' });
    expect(sent()).toEqual([['a0', 'b0'], ['a2']]);
  });
});
