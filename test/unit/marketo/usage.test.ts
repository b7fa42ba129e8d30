import { afterEach, describe, expect, test } from '@jest/globals';
import { ok, refused, startWorld, type World } from './instance';

let world: World;
afterEach(() => world.close());

const answering = async (...result: readonly unknown[]) => {
  world = await startWorld(() => ok({ result }));
  return world.marketo.usage();
};

describe('what Marketo has counted of today', () => {
  test('is of all integrations, and of the API user that our token was granted to', async () => {
    const users = [
      { userId: 'other@acme.com', count: 700 },
      { userId: 'api@acme.com', count: 420 },
    ];
    expect(await answering({ date: '2026-03-01', total: 1_120, users })).toEqual({
      ok: { date: '2026-03-01', total: 1_120, ours: 420 },
    });
    expect(world.asked().map(({ path }) => path)).toEqual(['/rest/v1/stats/usage.json']);
  });

  test.each([
    ['others', [{ userId: 'other@acme.com', count: 1_120 }]],
    ['nobody by name', undefined],
    ['names of another shape', [{ user: 7 }]],
  ])('says nothing of us when it names %s', async (_whom, users) => {
    expect(await answering({ date: '2026-03-01', total: 1_120, users })).toEqual({ ok: { date: '2026-03-01', total: 1_120 } });
  });

  test('is nothing before the first call of a day', async () => {
    expect(await answering()).toEqual({ ok: undefined });
  });

  test('is not guessed from an answer without a total', async () => {
    expect(await answering({ date: '2026-03-01' })).toHaveProperty('failure');
  });

  test('is a failure when Marketo refuses to tell', async () => {
    world = await startWorld(() => refused('607', 'Daily quota reached'));
    expect(await world.marketo.usage()).toEqual({ failure: expect.objectContaining({ kind: 'quota', code: '607' }) });
  });
});
