import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { settleCreation } from '../../../src/store/creation';
import type { Database } from '../../../src/store/database';
import { planDecisions } from '../../../src/store/decisions';
import { lowerFence, raiseFence } from '../../../src/store/fence';
import { takeLeases } from '../../../src/store/leases';
import { standing } from '../../../src/store/pairs';
import { createRequests, markRequestsLogged } from '../../../src/store/requests';
import { erasePerson, prune } from '../../../src/store/retention';
import { settle } from '../../../src/store/settle';
import { recordKey } from '../../../src/temporal/names';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import {
  claimed,
  edit,
  ending,
  feed,
  inboxRow,
  livePair,
  newMarketoId,
  pairRow,
  personChange,
  queue,
  reading,
  runOf,
} from './support';

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
});
afterAll(() => fresh.drop());

const count = async (
  table: 'decision' | 'rejection' | 'review' | 'request' | 'seen_activity' | 'lease' | 'inbox' | 'identity',
): Promise<number> => (await db.selectFrom(table).select(sql<number>`count(*)`.as('count')).executeTakeFirstOrThrow()).count;

const refusal = {
  side: 'dynamics',
  table: 'lead',
  group: 'lastName',
  field: 'lastName',
  valueHash: 'h',
  refusalHash: 'r',
  code: 'c',
  message: 'Byron is too long',
} as const;
const decided = {
  decision: { field: 'firstName', group: 'firstName', rule: 'marketoChanged', marketo: 'Augusta', dynamics: 'Ada', writes: [] },
  writes: [],
  result: 'noted',
} as const;

describe('pruning', () => {
  test('forgets what ended long ago, and nothing that is open or recent', async () => {
    const pair = await livePair(db);
    const run = await reading(db, pair);
    await planDecisions(db, run, [decided]);
    await settle(db, { ...ending(run), rejections: [refusal], reviews: [{ kind: 'ambiguousMatch', detail: {} }] });
    const [old, unlogged, open] = [randomUUID(), randomUUID(), randomUUID()];
    for (const requestId of [old, unlogged, open]) {
      const marketoId = newMarketoId();
      await createRequests(db).accept({ requestId, marketoId, syncAs: 'contact', source: 'webhook' });
      if (requestId === open) continue;
      const key = recordKey.create(marketoId);
      const creation = { ...runOf(key, await claimed(db, key)), marketoId, requestIds: [requestId] };
      await settleCreation(db, { ...creation, outcome: { status: 'rejected', code: 'x' }, baseline: {}, rejections: [] });
    }
    await markRequestsLogged(db, [old]);
    await takeLeases(db, [{ name: 'n', holder: 'h' }], 60);
    await feed(db, [{ ...personChange(pair.marketoId, edit('firstName', 'Ada', 'A')), at: new Date().toISOString() }]);
    const all = async () => [
      await count('decision'),
      await count('rejection'),
      await count('review'),
      await count('request'),
      await count('seen_activity'),
      await count('lease'),
    ];
    const before = await all();
    await prune(db, { historyDays: 90 });
    expect(await all()).toEqual(before);

    for (const column of ['decision.decided_at', 'request.ended_at', 'seen_activity.at', 'lease.until'])
      await sql.raw(`update ${column.split('.')[0]} set ${column.split('.')[1]} = now() - interval '91 days'`).execute(db);
    await sql`update request set ended_at = null where request_id = ${open}`.execute(db);
    await sql`update rejection set opened_at = now() - interval '91 days'`.execute(db);
    await sql`update review set opened_at = now() - interval '91 days'`.execute(db);
    await prune(db, { historyDays: 90 });
    // Open refusals and reviews stay, with the decisions they show, and so do requests without an outcome or whose outcome nobody was told.
    expect(await all()).toEqual([1, 1, 1, 2, 0, 0]);
    await sql`update rejection set closed_at = now() - interval '91 days'`.execute(db);
    await sql`update review set closed_at = now() - interval '91 days'`.execute(db);
    await prune(db, { historyDays: 90 });
    expect(await all()).toEqual([0, 0, 0, 2, 0, 0]);
  });
});

describe('erasing a person', () => {
  async function known() {
    const pair = await livePair(db);
    await createRequests(db).accept({
      requestId: randomUUID(),
      marketoId: pair.marketoId,
      syncAs: 'contact',
      source: 'webhook',
      assignTo: 'sam@example.com',
    });
    const run = await reading(db, pair);
    await planDecisions(db, run, [decided]);
    await settle(db, { ...ending(run), rejections: [refusal], reviews: [{ kind: 'ambiguousMatch', detail: {} }] });
    await queue(db, pair);
    await takeLeases(db, [{ name: `lease of ${pair.key}`, holder: pair.key }], 60);
    await sql`
      insert into plan_line (number, key, marketo_id, microsoft_id, side, act, field, label, before, after)
      values (${Number(pair.marketoId)}, ${pair.key}, ${pair.marketoId}, ${pair.rowId}, 'marketo', 'update', 'title', 'Title', 'null', '"Countess"')`.execute(
      db,
    );
    await sql`insert into flow_step_chunk (id, kind, callback_url, munchkin_id, ended_at)
      values (${pair.key}, 'batch', 'https://x', 'x', now())`.execute(db);
    await sql`insert into flow_step_person (chunk_id, marketo_id, position) values (${pair.key}, ${pair.marketoId}, 0)`.execute(
      db,
    );
    return pair;
  }

  test.each(['marketoId', 'rowId'] as const)('by %s leaves nothing of it, and nobody else is touched', async (by) => {
    const other = await known();
    const pair = await known();
    const mentions = async (what: { marketoId: string; rowId: string; pairId: number; key: string }) => {
      const { rows } = await sql<{ found: boolean }>`
        select exists (select 1 from pair where id = ${what.pairId}) or exists (select 1 from identity where pair_id = ${what.pairId})
          or exists (select 1 from inbox where position(${what.marketoId} in key) > 0 or position(${what.rowId} in key) > 0)
          or exists (select 1 from decision where pair_id = ${what.pairId}) or exists (select 1 from rejection where pair_id = ${what.pairId})
          or exists (select 1 from review where pair_id = ${what.pairId} or key = ${what.key})
          or exists (select 1 from request where marketo_id = ${what.marketoId}) or exists (select 1 from lease where holder = ${what.key})
          or exists (select 1 from plan_line where marketo_id = ${what.marketoId})
          or exists (select 1 from flow_step_person where marketo_id = ${what.marketoId})
          as found`.execute(db);
      return rows[0]?.found;
    };
    expect(await erasePerson(db, pair[by].toUpperCase())).toEqual({ erased: true });
    expect(await mentions(pair)).toBe(false);
    expect(await mentions(other)).toBe(true);
    expect(await erasePerson(db, pair[by])).toEqual({ erased: false });
  });

  test('erases what was decided for it before a merge, in the pair that lost it; the row stays known and makes no new person', async () => {
    const decidedOf = (pairId: number) => db.selectFrom('decision').select('id').where('pair_id', '=', pairId).execute();
    const lost = await known();
    const kept = await livePair(db, { table: 'contact' });
    await feed(db, [{ ...personChange(kept.marketoId), kind: 'merged', mergedIds: [lost.marketoId] }]);
    const stranger = await known();
    expect(await decidedOf(lost.pairId)).toHaveLength(1);
    expect(await erasePerson(db, kept.marketoId)).toEqual({ erased: true });
    expect(await decidedOf(lost.pairId)).toEqual([]);
    expect(await pairRow(db, lost.pairId)).toMatchObject({ state: 'review', baseline: {} });
    expect(await decidedOf(stranger.pairId)).toHaveLength(1);
  });

  test('waits for a write that may be under way', async () => {
    const pair = await known();
    const run = await reading(db, pair);
    await raiseFence(db, [run], 30);
    expect(await erasePerson(db, pair.marketoId)).toEqual({ busyForMs: expect.any(Number) });
    expect(await pairRow(db, pair.pairId)).toBeDefined();
    await lowerFence(db, [run]);
    expect(await erasePerson(db, pair.marketoId)).toEqual({ erased: true });
  });

  test('ends the run that holds it: it has nothing to settle any more', async () => {
    const pair = await known();
    const run = await reading(db, pair);
    await erasePerson(db, pair.rowId);
    expect(await standing(db, run)).toBe('superseded');
    expect(await settle(db, ending(run))).toEqual({ superseded: true });
    expect(await inboxRow(db, pair.key)).toBeUndefined();
  });

  test('whom only a request or an entry knows works, too', async () => {
    const marketoId = newMarketoId();
    await createRequests(db).accept({ requestId: randomUUID(), marketoId, syncAs: 'contact', source: 'webhook' });
    expect(await erasePerson(db, marketoId)).toEqual({ erased: true });
    expect(await inboxRow(db, recordKey.create(marketoId))).toBeUndefined();
  });
});
