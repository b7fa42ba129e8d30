/** What becomes of two pairs when their people were merged in Marketo. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Database } from '../../../src/store/database';
import { raiseFence } from '../../../src/store/fence';
import { createRequests } from '../../../src/store/requests';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { feed, idsOf, inboxRow, livePair, newMarketoId, pairRow, passFence, personChange, queue } from './support';

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
});
afterAll(() => fresh.drop());

const merged = (winnerId: string, loserId: string) => ({
  ...personChange(winnerId),
  kind: 'merged' as const,
  mergedIds: [loserId],
});
const reviewsOf = (pairId: number) => db.selectFrom('review').select(['kind', 'detail']).where('pair_id', '=', pairId).execute();

describe('two people merged into one', () => {
  test.each([
    ['contact', 'lead', 'loser'],
    ['lead', 'contact', 'winner'],
    ['lead', 'lead', 'winner'],
    ['contact', 'contact', 'winner'],
  ] as const)('the loser had a %s and the winner a %s: the one of the %s is kept', async (ofLoser, ofWinner, whose) => {
    const loser = await livePair(db, { table: ofLoser });
    const winner = await livePair(db, { table: ofWinner });
    await queue(db, loser);
    await feed(db, [merged(winner.marketoId, loser.marketoId)]);
    const [kept, other] = whose === 'winner' ? [winner, loser] : [loser, winner];
    expect(await idsOf(db, kept.pairId)).toEqual([
      `${kept.table}/${kept.rowId}`,
      `person/${loser.marketoId} (former)`,
      `person/${winner.marketoId}`,
    ]);
    expect(await pairRow(db, kept.pairId)).toMatchObject({ state: 'live', baseline: {} });
    expect(await pairRow(db, other.pairId)).toMatchObject({ state: 'review' });
    expect(await reviewsOf(other.pairId)).toEqual([
      { kind: 'mergedPeople', detail: expect.objectContaining({ microsoftId: other.rowId, keptRow: kept.rowId }) },
    ]);
    expect(await inboxRow(db, winner.key)).toMatchObject({ state: 'open', pair_id: kept.pairId });
    expect(await inboxRow(db, loser.key)).toMatchObject({ state: 'closed' });
  });

  test('what a campaign asked for the loser is asked for the winner', async () => {
    const [loser, winner] = [newMarketoId(), newMarketoId()];
    await createRequests(db).accept({ requestId: `merged-${loser}`, marketoId: loser, syncAs: 'lead', source: 'webhook' });
    await feed(db, [merged(winner, loser)]);
    expect(await inboxRow(db, `create/${winner}`)).toMatchObject({ state: 'open' });
    const request = await db
      .selectFrom('request')
      .select('marketo_id')
      .where('request_id', '=', `merged-${loser}`)
      .executeTakeFirst();
    expect(request).toEqual({ marketo_id: winner });
  });

  test.each(['loser', 'winner'] as const)('wait while a write of the %s may be under way', async (whose) => {
    const loser = await livePair(db);
    const winner = await livePair(db, { table: 'contact' });
    const busy = whose === 'loser' ? loser : winner;
    await raiseFence(db, [{ pairId: busy.pairId, epoch: (await pairRow(db, busy.pairId))?.epoch ?? 0 }], 30);
    const entry = merged(winner.marketoId, loser.marketoId);
    expect(await feed(db, [entry])).toMatchObject({ lost: true });
    expect(await pairRow(db, loser.pairId)).toMatchObject({ state: 'live' });
    // The control: the same entry, read again when the write has ended.
    await passFence(db, busy.pairId);
    expect(await feed(db, [entry])).toMatchObject({ lost: false });
    expect(await pairRow(db, loser.pairId)).toMatchObject({ state: 'review' });
  });
});
