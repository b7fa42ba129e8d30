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
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await sleep(5);
};

const LONG_MS = 60_000;
const whileComing = (coming: () => boolean, quietMs = LONG_MS, mostMs = LONG_MS) => ({
  gather: { moreComing: async () => coming(), quietMs, mostMs },
});

describe('a group that gathers', () => {
  test('leaves at once when nobody else is on the way', async () => {
    const { add, sent } = grouped(whileComing(() => false));
    await add('lone');
    expect(sent).toEqual([['lone']]);
  });

  test('waits for those who are, and leaves when it is full', async () => {
    const { add, sent } = grouped(whileComing(() => true));
    const first = add('a');
    await sleep(10);
    expect(sent).toEqual([]);
    await Promise.all([first, add('b'), add('c')]);
    expect(sent).toEqual([['a', 'b', 'c']]);
  });

  test('which another does not do', async () => {
    const { add, sent } = grouped();
    const first = add('a');
    await sleep(10);
    await Promise.all([first, add('b')]);
    expect(sent).toEqual([['a'], ['b']]);
  });

  test('leaves when the others turn out not to come', async () => {
    let coming = true;
    const { add, sent } = grouped(whileComing(() => coming));
    const item = add('a');
    await sleep(10);
    expect(sent).toEqual([]);
    coming = false;
    await item;
    expect(sent).toEqual([['a']]);
  });

  test('leaves when nobody has come for long, whoever is said to be coming', async () => {
    const { add, sent } = grouped(whileComing(() => true, 30));
    await add('a');
    expect(sent).toEqual([['a']]);
  });

  test('leaves when its first item has waited long enough, whoever still comes', async () => {
    const { add, sent } = grouped({ ...whileComing(() => true, LONG_MS, 60), maxItems: 1_000 });
    const late: Promise<unknown>[] = [add('first')];
    await until(() => {
      late.push(add(`after ${late.length}`));
      return sent.length > 0;
    });
    expect(sent[0]).toContain('first');
    await Promise.all(late);
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
