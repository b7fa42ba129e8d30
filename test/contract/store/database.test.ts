import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { type Database, inTransaction, isAlive, migrate, openDatabase } from '../../../src/store/database';
import { type FreshDatabase, freshDatabase } from '../../support/database';

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
});
afterAll(() => fresh.drop());

describe('the schema', () => {
  test('is made by several processes at once, and again, without harm', async () => {
    await sql`drop schema public cascade`.execute(db);
    await sql`create schema public`.execute(db);
    const others = [openDatabase(fresh.url), openDatabase(fresh.url), openDatabase(fresh.url)];
    await Promise.all(others.map((one) => migrate(one)));
    await migrate(db);
    expect(await db.selectFrom('limits').select('side').orderBy('side').execute()).toEqual([
      { side: 'dynamics' },
      { side: 'marketo' },
    ]);
    await Promise.all(others.map((one) => one.destroy()));
  });

  test('tells why it cannot be made', async () => {
    const nowhere = new URL(fresh.url);
    nowhere.pathname = '/no_such_database';
    const wrong = openDatabase(nowhere.href);
    await expect(migrate(wrong)).rejects.toMatchObject({ code: '3D000' });
    expect(await isAlive(wrong)).toBe(false);
    expect(await isAlive(db)).toBe(true);
    await wrong.destroy();
  });
});

describe('a transaction', () => {
  const add = (value: number) => sql`insert into setting (name, value) values (${`t-${value}`}, '0')`;

  test('leaves nothing behind when its work fails, and hands the error up', async () => {
    await expect(
      inTransaction(db, async (tx) => {
        await add(1).execute(tx);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    const { rows } = await sql`select 1 from setting where name = 't-1'`.execute(db);
    expect(rows).toEqual([]);
  });

  test('that is chosen to give way in a deadlock is run again', async () => {
    await add(2).execute(db);
    await add(3).execute(db);
    let runs = 0;
    let met: () => void = () => undefined;
    const both = new Promise<void>((resolve) => {
      met = resolve;
    });
    const crossing = (first: string, second: string) =>
      inTransaction(db, async (tx) => {
        runs += 1;
        await sql`update setting set value = to_jsonb((value #>> '{}')::int + 1) where name = ${first}`.execute(tx);
        if (runs >= 2) met();
        await both;
        await sql`update setting set value = to_jsonb((value #>> '{}')::int + 1) where name = ${second}`.execute(tx);
      });
    await Promise.all([crossing('t-2', 't-3'), crossing('t-3', 't-2')]);
    expect(runs).toBe(3);
    const { rows } = await sql`select value from setting where name in ('t-2', 't-3')`.execute(db);
    expect(rows).toEqual([{ value: 2 }, { value: 2 }]);
  });
});

test('numbers of any size come as numbers', async () => {
  const { rows } = await sql`select 9007199254740991::bigint as big, count(*) as counted from limits`.execute(db);
  expect(rows).toEqual([{ big: 9_007_199_254_740_991, counted: 2 }]);
});
