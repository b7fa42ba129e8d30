import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Database, inTransaction, openDatabase } from '../../../src/store/database';
import {
  liftRejections,
  markLogged,
  markNotStarted,
  type NewRejection,
  type FoundRejections,
  openRejections,
  replaceRejections,
  takeUnlogged,
  valueHash,
} from '../../../src/store/rejections';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { livePair, type Pair } from './support';

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

const refused = (group: string, extra: Partial<NewRejection> = {}): NewRejection => ({
  side: 'dynamics',
  table: 'lead',
  group,
  field: group,
  valueHash: 'hash',
  refusalHash: 'r',
  code: '0x80044331',
  message: 'too long',
  ...extra,
});
type Still = FoundRejections['still'];
const found = ({ pairId, key }: Pair, refusals: readonly NewRejection[], still: Still = [], database = db) =>
  inTransaction(database, (tx) => replaceRejections(tx, [{ pairId, key, found: refusals, still }]));
const groupsOf = async ({ pairId }: Pair) =>
  ((await openRejections(db, [pairId]))[0] ?? []).map(({ group }) => group).toSorted((a, b) => a.localeCompare(b));

describe('rejections of a pair', () => {
  test('are what the last run found: new ones open, those that stayed away close', async () => {
    const pair = await livePair(db);
    await found(pair, [refused('a'), refused('b'), refused('c')]);
    expect(await groupsOf(pair)).toEqual(['a', 'b', 'c']);
    await found(pair, [refused('d')], [{ side: 'dynamics', group: 'a' }]);
    expect(await groupsOf(pair)).toEqual(['a', 'd']);
    await found(pair, []);
    expect(await groupsOf(pair)).toEqual([]);
  });

  test('are told apart by side', async () => {
    const pair = await livePair(db);
    await found(pair, [refused('a'), refused('a', { side: 'marketo' })]);
    await found(pair, [], [{ side: 'marketo', group: 'a' }]);
    expect((await openRejections(db, [pair.pairId]))[0]).toMatchObject([{ side: 'marketo' }]);
  });

  test('found again keep their row, and so are told once; another refusal has another', async () => {
    const pair = await livePair(db);
    const idOf = async () => (await takeUnlogged(db, pair.pairId)).map(({ id }) => id);
    await found(pair, [refused('a')]);
    const [first] = await idOf();
    await found(pair, [refused('a', { message: 'in other words' })]);
    expect(await idOf()).toEqual([first]);
    await found(pair, [refused('a', { valueHash: 'another', refusalHash: 'value' })]);
    const [second] = await idOf();
    await found(pair, [refused('a', { valueHash: 'another', refusalHash: 'code', code: 'another' })]);
    const [third] = await idOf();
    expect(new Set([first, second, third]).size).toBe(3);
  });

  test('found before sending as the vendor found them keep their row, and hold what was found last', async () => {
    const pair = await livePair(db);
    await found(pair, [refused('a')]);
    const [first] = await takeUnlogged(db, pair.pairId);
    await found(pair, [refused('a', { valueHash: 'another', code: 'tooLong' })]);
    expect(await takeUnlogged(db, pair.pairId)).toMatchObject([{ id: first?.id, code: 'tooLong' }]);
    expect((await openRejections(db, [pair.pairId]))[0]).toMatchObject([{ valueHash: 'another', code: 'tooLong' }]);
  });

  test('found by two at once are one', async () => {
    const pair = await livePair(db);
    await Promise.all([found(pair, [refused('a')]), found(pair, [refused('a')], [], other)]);
    expect(await groupsOf(pair)).toEqual(['a']);
  });

  test('are lifted for the pairs that are named', async () => {
    const [one, two] = [await livePair(db), await livePair(db)];
    await found(one, [refused('a')]);
    await found(two, [refused('a')]);
    await liftRejections(db, [one.pairId]);
    await liftRejections(db, []);
    expect([await groupsOf(one), await groupsOf(two)]).toEqual([[], ['a']]);
  });
});

describe('telling a refusal on the person', () => {
  test('is begun, marked, and done once', async () => {
    const pair = await livePair(db);
    await found(pair, [refused('a')]);
    const [first] = await takeUnlogged(db, pair.pairId);
    expect(first).toMatchObject({
      side: 'dynamics',
      table: 'lead',
      field: 'a',
      code: '0x80044331',
      message: 'too long',
      startedAt: null,
    });
    expect(await takeUnlogged(db, pair.pairId)).toMatchObject([{ id: first?.id, startedAt: expect.any(Date) }]);
    await markNotStarted(db, [first?.id ?? '']);
    expect(await takeUnlogged(db, pair.pairId)).toMatchObject([{ startedAt: null }]);
    await markLogged(db, [first?.id ?? '']);
    expect(await takeUnlogged(db, pair.pairId)).toEqual([]);
    await markNotStarted(db, [first?.id ?? '']);
    expect(await takeUnlogged(db, pair.pairId)).toEqual([]);
    await markLogged(db, []);
    await markNotStarted(db, []);
  });

  test('is not due for a refusal that is over', async () => {
    const pair = await livePair(db);
    await found(pair, [refused('a')]);
    await found(pair, []);
    expect(await takeUnlogged(db, pair.pairId)).toEqual([]);
  });
});

describe('what was refused', () => {
  test('is the same in any order, and another with another value or under other rules', () => {
    const hash = valueHash({ a: 1, b: 'x' }, ['rules']);
    expect(valueHash({ b: 'x', a: 1 }, ['rules'])).toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    const others = [
      valueHash({ a: '1', b: 'x' }, ['rules']),
      valueHash({ a: 1, b: null }, ['rules']),
      valueHash({ a: 1 }, ['rules']),
      valueHash({ a: 1, b: 'x' }, ['others']),
    ];
    expect(new Set([hash, ...others]).size).toBe(5);
  });
});
