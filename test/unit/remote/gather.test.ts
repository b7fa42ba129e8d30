import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { createGroup, type GroupOptions, NOT_YET } from '../../../src/remote/group';

/** A group of words whose calls are answered at once, unless `send` says otherwise. */
function grouped(options: Partial<GroupOptions<string, string>> = {}) {
  const sent: string[][] = [];
  const add = createGroup<string, string>({
    send: async (items) => {
      sent.push(items);
      return items.map((ok) => ({ ok }));
    },
    maxItems: 3,
    keyOf: (word) => word,
    maxWaitMs: 5_000,
    ...options,
  });
  return { add, sent };
}
const GATHER = { quietMs: 40, mostMs: 5_000 };

describe('a group that gathers', () => {
  test('leaves at once when no call has been made lately', async () => {
    const { add, sent } = grouped({ gather: { quietMs: 60_000, mostMs: 60_000 } });
    await add('lone');
    expect(sent).toEqual([['lone']]);
  });

  test('waits for what keeps coming', async () => {
    const { add, sent } = grouped({ gather: GATHER });
    await add('before');
    const first = add('a');
    await sleep(10);
    await Promise.all([first, add('b')]);
    expect(sent).toEqual([['before'], ['a', 'b']]);
  });

  test('which another does not do', async () => {
    const { add, sent } = grouped();
    const first = add('a');
    await sleep(10);
    await Promise.all([first, add('b')]);
    expect(sent).toEqual([['a'], ['b']]);
  });

  test('leaves when it is full', async () => {
    const { add, sent } = grouped({ gather: { quietMs: 60_000, mostMs: 60_000 } });
    await add('before');
    const first = add('a');
    await sleep(10);
    await Promise.all([first, add('b'), add('c')]);
    expect(sent).toEqual([['before'], ['a', 'b', 'c']]);
  });

  test('leaves when its first item has waited long enough, whatever still comes', async () => {
    const { add, sent } = grouped({ gather: { quietMs: 60_000, mostMs: 30 } });
    await add('before');
    await add('a');
    expect(sent).toEqual([['before'], ['a']]);
  });
});

describe('a group whose budget is used up', () => {
  test('goes on gathering until there is a place', async () => {
    let open = (): void => undefined;
    const place = new Promise<void>((resolve) => (open = resolve));
    const { add, sent } = grouped({ ready: () => place });
    const first = add('a');
    await sleep(10);
    const second = add('b');
    await sleep(10);
    expect(sent).toEqual([]);
    open();
    await Promise.all([first, second]);
    expect(sent).toEqual([['a', 'b']]);
  });
});

describe('an item with a patience of its own', () => {
  test('is given back unsent when it could not leave by then', async () => {
    const { add, sent } = grouped({ ready: () => new Promise(() => undefined) });
    expect(await add('a', 20)).toMatchObject({ failure: { code: NOT_YET } });
    expect(sent).toEqual([]);
  });

  test('is seen through once it has left, however long the call takes', async () => {
    const { add } = grouped({
      send: (items) =>
        sleep(
          60,
          items.map((ok) => ({ ok })),
        ),
    });
    expect(await add('a', 20)).toEqual({ ok: 'a' });
  });

  test('does not take the others along when it is given back', async () => {
    let open = (): void => undefined;
    const place = new Promise<void>((resolve) => (open = resolve));
    const { add, sent } = grouped({ ready: () => place });
    const patient = add('b');
    expect(await add('a', 20)).toMatchObject({ failure: { code: NOT_YET } });
    open();
    expect(await patient).toEqual({ ok: 'b' });
    expect(sent).toEqual([['b']]);
  });
});
