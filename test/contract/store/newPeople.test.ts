import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Change } from '../../../src/core/ports';
import type { Database } from '../../../src/store/database';
import { leftOfBackfill, openRows, takePage, toSingles } from '../../../src/store/inbox';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { edit, feed, inboxRow, livePair, personChange, queue, reading } from './support';

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
});
afterAll(async () => fresh.drop());

/** As Marketo's feed has it: without any field. */
function newPerson(marketoId: string): Change {
  const { fields: _none, ...entry } = personChange(marketoId);
  return { ...entry, isNew: true };
}

describe('the entry of a new person', () => {
  test('says nothing about a pair that is live, even while a run has it', async () => {
    const pair = await livePair(db);
    expect(await feed(db, [newPerson(pair.marketoId)])).toMatchObject({ queued: 0, echoes: 1 });
    await reading(db, pair);
    expect(await feed(db, [newPerson(pair.marketoId)])).toMatchObject({ queued: 0, echoes: 1 });
  });

  test('but an entry without fields that is not of a new person is looked at', async () => {
    const pair = await livePair(db);
    const { isNew: _not, ...entry } = newPerson(pair.marketoId);
    expect(await feed(db, [entry])).toMatchObject({ queued: 1, echoes: 0 });
  });

  test('does not hide an edit in the same page', async () => {
    const pair = await livePair(db);
    const changes = [newPerson(pair.marketoId), personChange(pair.marketoId, edit('firstName', 'Ada', 'Augusta'))];
    expect(await feed(db, changes)).toMatchObject({ queued: 1, echoes: 0 });
    const reversed = [personChange(pair.marketoId), newPerson(pair.marketoId)];
    expect(await feed(db, reversed)).toMatchObject({ queued: 1, echoes: 0 });
  });
});

describe('pages of the initial load', () => {
  const load = async (...pairs: readonly { key: string }[]): Promise<void> => {
    for (const { key } of pairs) await db.updateTable('inbox').set({ lane: 5 }).where('key', '=', key).execute();
  };

  test('are larger, as long as nothing more urgent is due', async () => {
    await db.deleteFrom('inbox').execute();
    const pairs = [await livePair(db), await livePair(db), await livePair(db)];
    for (const pair of pairs) await queue(db, pair);
    await load(...pairs);
    expect(await leftOfBackfill(db)).toBe(3);
    expect((await takePage(db, 'all-bulk', 1, 3)).rows).toHaveLength(3);

    const more = [await livePair(db), await livePair(db)];
    for (const pair of more) await queue(db, pair);
    await load(more[0]!);
    const { rows } = await takePage(db, 'mixed', 1, 3);
    expect(rows.map(({ key }) => key)).toEqual([more[1]!.key]);
  });

  test('put a record that needs a run of its own before the others', async () => {
    const pair = await livePair(db);
    await queue(db, pair);
    await load(pair);
    expect((await openRows(db, [pair.key, 'record/unknown'])).map(({ key, marketoId }) => [key, marketoId])).toEqual([
      [pair.key, pair.marketoId],
    ]);
    await toSingles(db, [pair.key]);
    expect(await inboxRow(db, pair.key)).toMatchObject({ lane: 3, taken_by: null, state: 'open' });
    await toSingles(db, []);
  });
});
