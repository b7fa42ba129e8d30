import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { copyStore, letGoOfTaken } from '../../../src/store/copy';
import type { Database } from '../../../src/store/database';
import { enqueue, takePage } from '../../../src/store/inbox';
import { claim } from '../../../src/store/claims';
import { recordKey } from '../../../src/temporal/names';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { idsOf, inboxRow, livePair, newRowId, type Pair, pairRow, queue } from './support';

let fresh: FreshDatabase;
let db: Database;
let pair: Pair;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
  pair = await livePair(db);
  await queue(db, pair);
});
afterAll(async () => fresh.drop());

async function withCopy(work: (copy: Database) => Promise<void>): Promise<void> {
  const copy = await copyStore(fresh.url);
  try {
    await work(copy);
  } finally {
    await copy.destroy();
  }
}

describe('a copy of the store', () => {
  test('has the same pairs and open records', async () => {
    await withCopy(async (copy) => {
      expect(await pairRow(copy, pair.pairId)).toEqual(await pairRow(db, pair.pairId));
      expect(await idsOf(copy, pair.pairId)).toEqual(await idsOf(db, pair.pairId));
      expect(await inboxRow(copy, pair.key)).toEqual(await inboxRow(db, pair.key));
    });
  });

  test('keeps everything that is done to it to itself', async () => {
    const before = { pair: await pairRow(db, pair.pairId), inbox: await inboxRow(db, pair.key) };
    const id = newRowId();
    await withCopy(async (copy) => {
      const { rows } = await takePage(copy, 'run', 10);
      expect(rows.map(({ key }) => key)).toEqual([pair.key]);
      await claim(copy, pair.key);
      const key = recordKey.row('lead', id);
      await enqueue(copy, [{ key, kind: 'record', lane: 'live', entity: 'lead', id }]);
      expect(await claim(copy, key)).toMatchObject({ claim: { microsoftId: id } });
      // The control: it did happen there.
      expect((await pairRow(copy, pair.pairId))?.epoch).toBe((before.pair?.epoch ?? 0) + 1);
      expect((await inboxRow(copy, pair.key))?.taken_by).toBe('run');
    });
    expect({ pair: await pairRow(db, pair.pairId), inbox: await inboxRow(db, pair.key) }).toEqual(before);
    expect(await inboxRow(db, recordKey.row('lead', id))).toBeUndefined();
  });

  test('knows no table but its own, so what is missing fails instead of reaching the real one', async () => {
    await withCopy(async (copy) => {
      const { rows } = await sql<{ path: string }>`select current_setting('search_path') as path`.execute(copy);
      expect(rows).toEqual([{ path: 'pg_temp' }]);
      await sql`drop table pg_temp.lease`.execute(copy);
      await expect(copy.deleteFrom('lease').execute()).rejects.toThrow(/does not exist/);
    });
    // The control: the real one is there.
    await db.deleteFrom('lease').execute();
  });

  test('is empty after its connection was lost, and never the real store', async () => {
    await withCopy(async (copy) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(copy);
      await sql`select pg_terminate_backend(${rows[0]?.pid ?? 0})`.execute(db);
      const seen: string[] = [];
      while (!seen.some((message) => message.includes('does not exist'))) {
        // Until the loss is noticed, and another connection is made.
        const answer: unknown = await copy
          .selectFrom('pair')
          .selectAll()
          .execute()
          .catch((error: Error) => error.message);
        expect(answer).toEqual(expect.any(String));
        seen.push(String(answer));
      }
    });
  });

  test('lets go of what a run took and did not end', async () => {
    await withCopy(async (copy) => {
      await takePage(copy, 'run', 10);
      expect((await takePage(copy, 'run', 10)).rows).toHaveLength(1);
      await letGoOfTaken(copy);
      expect((await takePage(copy, 'run', 10)).rows).toEqual([]);
    });
  });
});
