import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Database, openDatabase } from '../../../src/store/database';
import { endLeases, takeLeases } from '../../../src/store/leases';
import { type FreshDatabase, freshDatabase } from '../../support/database';

let fresh: FreshDatabase;
let db: Database;
let other: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
  other = openDatabase(fresh.url);
});
afterAll(async () => {
  await other.destroy();
  await fresh.drop();
});

let names = 0;
const newName = (): string => `name-${(names += 1)}`;

describe('a lease', () => {
  test('is one holder\u2019s, who may take it again, until it is given back', async () => {
    const name = newName();
    const mine = { name, holder: 'me' };
    const theirs = { name, holder: 'they' };
    expect(await takeLeases(db, [mine], 60)).toEqual([mine]);
    expect(await takeLeases(other, [theirs], 60)).toEqual([]);
    expect(await takeLeases(db, [mine], 60)).toEqual([mine]);
    await endLeases(db, ['me']);
    expect(await takeLeases(other, [theirs], 60)).toEqual([theirs]);
    await endLeases(db, ['me']);
    expect(await takeLeases(db, [mine], 60)).toEqual([]);
  });

  test('ends by itself, so that a dead holder keeps nobody waiting for ever', async () => {
    const name = newName();
    await takeLeases(db, [{ name, holder: 'dead' }], 0);
    expect(await takeLeases(db, [{ name, holder: 'living' }], 60)).toHaveLength(1);
  });

  test('wished for by many at once is granted to one', async () => {
    for (let n = 0; n < 10; n += 1) {
      const name = newName();
      const wishes = ['a', 'b', 'c', 'd'].map((holder, place) => takeLeases(place % 2 ? db : other, [{ name, holder }], 60));
      expect((await Promise.all(wishes)).flat()).toHaveLength(1);
    }
  });

  test('wished for twice on one page goes to one, and to the one that has it', async () => {
    const [name, free] = [newName(), newName()];
    const [first, second] = [
      { name, holder: 'a' },
      { name, holder: 'b' },
    ];
    expect(await takeLeases(db, [first, second, { name: free, holder: 'c' }], 60)).toEqual([first, { name: free, holder: 'c' }]);
    await endLeases(db, ['a']);
    await takeLeases(db, [second], 60);
    expect(await takeLeases(db, [first, second], 60)).toEqual([second]);
  });

  test('carries along what its holder wishes for besides', async () => {
    const wish = { name: newName(), holder: 'a', note: 'kept' };
    expect(await takeLeases(db, [wish], 60)).toEqual([wish]);
    expect(await takeLeases(db, [], 60)).toEqual([]);
  });

  test('is never waited for in a circle', async () => {
    const shared = Array.from({ length: 20 }, newName);
    const wishesOf = (holder: string, order: readonly string[]) => order.map((name) => ({ name, holder }));
    const taken = await Promise.all([
      takeLeases(db, wishesOf('a', shared), 60),
      takeLeases(other, wishesOf('b', shared.toReversed()), 60),
      takeLeases(other, wishesOf('c', shared), 60),
    ]);
    expect(taken.map((granted) => granted.length).toSorted((a, b) => a - b)).toEqual([0, 0, 20]);
  });
});
