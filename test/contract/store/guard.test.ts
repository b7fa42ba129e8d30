/** The look before a write to Marketo: when there is one, and what comes of it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createFlusher, type MarketoWrite } from '../../../src/activities/flush';
import type { Remotes } from '../../../src/activities/deps';
import type { WriteItem } from '../../../src/core/ports';
import type { RawValue, RecordRef } from '../../../src/core/types';
import type { Database } from '../../../src/store/database';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { field } from '../../unit/core/support';
import { livePair, reading } from './support';

const NOW = Date.UTC(2026, 2, 1);
const TITLE = field('string', { marketo: 'title', column: 'jobtitle' });

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
});
afterAll(async () => fresh.drop());

/** A Marketo whose people all hold one title, and that counts what it is asked. */
function marketoHolding(title: RawValue) {
  const asked = { reads: 0, writes: [] as WriteItem[] };
  const marketo = {
    read: async (refs: readonly RecordRef[]) => {
      asked.reads += 1;
      return refs.map((ref) => ({ ok: { ...ref, values: { title } } }));
    },
    write: async (items: readonly WriteItem[]) => {
      asked.writes.push(...items);
      return items.map(({ entity, id }) => ({ ok: { entity, id } }));
    },
  };
  const flush = createFlusher({
    db,
    remotes: { marketo, dynamics: {} } as unknown as Remotes,
    fenceSec: { marketo: 30, dynamics: 30 },
    untilPlace: async () => undefined,
    now: () => NOW,
  });
  return { asked, flush };
}

/** Decided when the person had no title: it is to become a baker. */
async function write(lane: 'live' | 'backfill', readMsAgo: number): Promise<MarketoWrite> {
  const { pairId, epoch, ...pair } = await livePair(db).then(async (made) => ({ ...made, ...(await reading(db, made)) }));
  const item = { entity: 'person', id: pair.marketoId, values: { title: 'Baker' } } as const;
  return { pairId, epoch, lane, item, decidedOn: { title: null }, readAt: NOW - readMsAgo, plans: [TITLE] };
}

describe('before a write to Marketo', () => {
  test.each([
    ['of a single edit, however fresh', 'live', 0],
    ['of a mass update, when its page was read some time ago', 'backfill', 5_001],
  ] as const)('people are looked at once more %s: an edit made since is decided anew', async (_which, lane, readMsAgo) => {
    const { asked, flush } = marketoHolding('Butcher');
    expect(await flush.marketo(await write(lane, readMsAgo))).toMatchObject({ failure: { code: 'changedMeanwhile' } });
    expect(asked).toEqual({ reads: 1, writes: [] });
    // The control: with nothing edited since, it is written.
    const same = marketoHolding(null);
    expect(await same.flush.marketo(await write(lane, readMsAgo))).toMatchObject({ ok: { guard: { title: null } } });
    expect(same.asked).toMatchObject({ reads: 1, writes: [{ values: { title: 'Baker' } }] });
  });

  test('of a mass update they are not, right after its page was read; the look that was decided on is what the feed is held against', async () => {
    const { asked, flush } = marketoHolding('Butcher');
    expect(await flush.marketo(await write('backfill', 5_000))).toMatchObject({ ok: { guard: { title: null } } });
    expect(asked).toMatchObject({ reads: 0, writes: [{ values: { title: 'Baker' } }] });
  });
});
