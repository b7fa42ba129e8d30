import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createPace } from '../../../src/remote/pace';
import { type Database, openDatabase } from '../../../src/store/database';
import { blockedSides, blockSide, type Budget, callsOnDay, takePermit } from '../../../src/store/limits';
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
beforeEach(async () => {
  await sql`update limits set slot = 0, counts = '{}', blocked_until = null, block_code = null, probe_until = null`.execute(db);
});

const HOUR = 3_600_000;
const BUDGET: Budget = { calls: 30, windowMs: HOUR };

async function waitFor(permit: ReturnType<typeof takePermit>): Promise<number> {
  const taken = await permit;
  return 'ok' in taken ? 0 : taken.waitMs;
}
/** Moves everything that is on the clock into the past, as time does. */
async function pass(ms: number): Promise<void> {
  const seconds = ms / 1_000;
  await sql`
    update limits set blocked_until = blocked_until - make_interval(secs => ${seconds}),
      probe_until = probe_until - make_interval(secs => ${seconds})`.execute(db);
}

describe('the budget', () => {
  test('is one for all processes, to the call', async () => {
    const tries = Array.from({ length: 60 }, (_, n) => takePermit(n % 2 ? db : other, 'marketo', BUDGET));
    const taken = await Promise.all(tries);
    expect(taken.filter((one) => 'ok' in one)).toHaveLength(30);
    for (const one of taken) if ('waitMs' in one) expect(one.waitMs).toBeGreaterThan(HOUR / 2);
  });

  test('is one per side', async () => {
    const one: Budget = { calls: 1, windowMs: HOUR };
    expect(await takePermit(db, 'marketo', one)).toEqual({ ok: true });
    expect(await waitFor(takePermit(db, 'marketo', one))).toBeGreaterThan(0);
    expect(await takePermit(db, 'dynamics', one)).toEqual({ ok: true });
  });

  test('lets no stretch of a window see more calls than it has, across the borders of slots and windows', async () => {
    const small: Budget = { calls: 10, windowMs: 400 };
    const asked: number[] = [];
    const answered: number[] = [];
    const end = Date.now() + 2_500;
    const work = async (database: Database): Promise<void> => {
      while (Date.now() < end) {
        const before = performance.now();
        const waitMs = await waitFor(takePermit(database, 'marketo', small));
        if (waitMs > 0) await sleep(waitMs);
        else {
          asked.push(before);
          answered.push(performance.now());
        }
      }
    };
    await Promise.all([work(db), work(other), work(other)]);
    // The database counted each call somewhere between the two; so the n-th and the (n + 10)-th are no further apart than this.
    const [starts, ends] = [asked, answered].map((moments) => moments.toSorted((a, b) => a - b));
    const spans = (ends ?? []).slice(10).map((moment, n) => moment - (starts?.[n] ?? 0));
    expect(Math.min(...spans)).toBeGreaterThanOrEqual(small.windowMs);
    expect(asked.length).toBeGreaterThan(30);
  });

  test('says when there is a place again, and then there is one', async () => {
    const tiny: Budget = { calls: 2, windowMs: 200 };
    await takePermit(db, 'marketo', tiny);
    await takePermit(db, 'marketo', tiny);
    const waitMs = await waitFor(takePermit(db, 'marketo', tiny));
    expect(waitMs).toBeGreaterThan(100);
    expect(waitMs).toBeLessThanOrEqual(220);
    await sleep(waitMs);
    expect(await takePermit(db, 'marketo', tiny)).toEqual({ ok: true });
  });
});

describe('the calls of a day', () => {
  const days = async () => {
    const { rows } = await sql<{ today: string; yesterday: string }>`
      select to_char(day, 'YYYY-MM-DD') as today, to_char(day - 1, 'YYYY-MM-DD') as yesterday
      from (select (now() at time zone 'America/Chicago')::date as day) as chicago`.execute(db);
    return rows[0]!;
  };

  test('are counted for each side as they are let go, those that have to wait are not', async () => {
    const { today } = await days();
    await sql`update limits set day = null, day_calls = 0`.execute(db);
    expect(await callsOnDay(db, 'marketo', today)).toBe(0);
    const tries = Array.from({ length: 40 }, (_, n) => takePermit(n % 2 ? db : other, 'marketo', BUDGET));
    await Promise.all(tries);
    expect(await callsOnDay(db, 'marketo', today)).toBe(30);
    expect(await callsOnDay(db, 'dynamics', today)).toBe(0);
  });

  test('begin anew when it is midnight in Chicago', async () => {
    const { today, yesterday } = await days();
    await sql`update limits set day = ${yesterday}::date, day_calls = 700`.execute(db);
    expect(await callsOnDay(db, 'marketo', yesterday)).toBe(700);
    expect(await callsOnDay(db, 'marketo', today)).toBe(0);
    await takePermit(db, 'marketo', BUDGET);
    expect(await callsOnDay(db, 'marketo', today)).toBe(1);
  });
});

describe('a block', () => {
  test('holds for every process, for as long as was said, and does not use up the budget', async () => {
    await blockSide(db, 'marketo', 60_000, '606');
    const waits = await Promise.all(
      Array.from({ length: 40 }, (_, n) => waitFor(takePermit(n % 2 ? db : other, 'marketo', BUDGET))),
    );
    expect(Math.min(...waits)).toBeGreaterThan(55_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
    expect(await takePermit(db, 'dynamics', BUDGET)).toEqual({ ok: true });
    await pass(60_000 + 5_000);
    expect(await takePermit(db, 'marketo', BUDGET)).toEqual({ ok: true });
  });

  test('is told with its reason while it stands', async () => {
    expect(await blockedSides(db)).toEqual([]);
    await blockSide(db, 'dynamics', 60_000, '0x80072322');
    expect(await blockedSides(other)).toEqual([
      { side: 'dynamics', until: expect.any(Date), waitMs: expect.any(Number), code: '0x80072322' },
    ]);
    await pass(60_000);
    expect(await blockedSides(db)).toEqual([]);
  });

  test('is not shortened by a shorter one, and lengthened by a longer one', async () => {
    await blockSide(db, 'marketo', 60_000, '607');
    await blockSide(db, 'marketo', 1_000, '606');
    expect(await blockedSides(db)).toMatchObject([{ code: '607' }]);
    expect(await waitFor(takePermit(db, 'marketo', BUDGET))).toBeGreaterThan(50_000);
    await blockSide(db, 'marketo', 120_000, '615');
    expect(await blockedSides(db)).toMatchObject([{ code: '615' }]);
  });
});

describe('after a block', () => {
  const blockThatPassed = async (): Promise<void> => {
    await blockSide(db, 'marketo', 60_000, '606');
    await pass(60_000);
  };

  test('one call of all processes goes first, the others wait a moment', async () => {
    await blockThatPassed();
    const waits = await Promise.all(
      Array.from({ length: 20 }, (_, n) => waitFor(takePermit(n % 2 ? db : other, 'marketo', BUDGET))),
    );
    const waiting = waits.filter((waitMs) => waitMs > 0);
    expect(waiting).toHaveLength(19);
    expect(Math.max(...waiting)).toBeLessThanOrEqual(2_000);
    // Control: nobody has to wait for a probe without a block.
    expect(await Promise.all([takePermit(db, 'dynamics', BUDGET), takePermit(other, 'dynamics', BUDGET)])).toEqual([
      { ok: true },
      { ok: true },
    ]);
  });

  test('all may go when the first one met no limit', async () => {
    await blockThatPassed();
    await takePermit(db, 'marketo', BUDGET);
    await pass(2_000);
    const taken = await Promise.all([db, other, db].map((database) => takePermit(database, 'marketo', BUDGET)));
    expect(taken).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
    const row = await db.selectFrom('limits').selectAll().where('side', '=', 'marketo').executeTakeFirst();
    expect(row).toMatchObject({ blocked_until: null, block_code: null, probe_until: null });
  });

  test('nobody may when the first one met the limit again, and then one goes first again', async () => {
    await blockThatPassed();
    await takePermit(db, 'marketo', BUDGET);
    await blockSide(db, 'marketo', 60_000, '606');
    expect(await waitFor(takePermit(other, 'marketo', BUDGET))).toBeGreaterThan(50_000);
    await pass(60_000);
    const waits = await Promise.all([waitFor(takePermit(db, 'marketo', BUDGET)), waitFor(takePermit(other, 'marketo', BUDGET))]);
    expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(1);
  });
});

test('paces of two processes share what there is, and nobody is turned away who can wait', async () => {
  const small: Budget = { calls: 10, windowMs: 500 };
  const paces = [db, other].map((database) =>
    createPace({
      take: () => takePermit(database, 'marketo', small),
      block: (waitMs, code) => blockSide(database, 'marketo', waitMs, code),
      maxWaitMs: 10_000,
    }),
  );
  const started = Date.now();
  const places = await Promise.all(paces.flatMap((pace) => Array.from({ length: 15 }, () => pace.acquire())));
  expect(places.filter((place) => 'ok' in place)).toHaveLength(30);
  expect(Date.now() - started).toBeGreaterThan(950);
  await paces[0]?.block(60_000, '606');
  expect(await paces[1]?.acquire()).toEqual({ waitMs: expect.any(Number) });
});
