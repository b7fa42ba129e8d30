/** Gateway and worker are killed at moments of a flow step's call: it ends in one answer and one row for each person all the same. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { age } from '../contract/flowStep/support';
import { type Campaigns, startCampaigns } from '../support/campaigns';
import type { World } from '../support/world';

let campaigns: Campaigns;
let world: World;

beforeAll(async () => {
  campaigns = await startCampaigns();
  ({ world } = campaigns);
}, 180_000);

afterAll(async () => campaigns.stop(), 60_000);

describe('a kill -9', () => {
  const chunks = () => world.db.selectFrom('flow_step_chunk').select(['id', 'sending_until', 'ended_at']);
  const callsKept = async () => (await chunks().execute()).length;

  async function until(holds: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 90_000; !(await holds()); await sleep(5))
      if (Date.now() > end) throw new Error('It did not come to what was waited for');
  }

  /** Each call has one answer that was taken, each person is in it and has one row. */
  async function expectOnce(run: string, people: readonly string[]): Promise<void> {
    const { results, missing, calls } = await campaigns.finished(run, 150_000);
    expect([results.map(({ leadId }) => String(leadId)).toSorted(), missing]).toEqual([people.toSorted(), []]);
    expect(calls.filter(({ answered }) => answered)).toHaveLength(people.length);
    await world.settle();
    for (const person of people) expect(await campaigns.rowsOf(person)).toHaveLength(1);
    // Nothing is left that would be sent once more.
    await until(async () => (await chunks().where('ended_at', 'is', null).execute()).length === 0);
  }

  const newPeople = (count = 5) => Promise.all(Array.from({ length: count }, () => campaigns.newPerson()));

  test('of the gateway while it keeps a call, before its answer: Marketo calls again', async () => {
    const [id = ''] = await newPeople();
    const before = await callsKept();
    let running: Promise<string> | undefined;
    await world.db.transaction().execute(async (tx) => {
      await sql`lock table flow_step_chunk in share row exclusive mode`.execute(tx);
      running = campaigns.run([id], 'trigger');
      const waiting = sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into flow_step_chunk%'`;
      await until(async () => (await waiting.execute(world.db)).rows.length > 0);
      await campaigns.crashGateway();
    });
    // The control: nothing was kept, so the promise is that of the second call.
    expect(await callsKept()).toBe(before);
    await campaigns.startGateway();
    await expectOnce((await running) ?? '', [id]);
  }, 180_000);

  test('of the gateway at the moment a call is kept: answered or not, it is one call', async () => {
    const [id = ''] = await newPeople();
    const before = await callsKept();
    const running = campaigns.run([id], 'trigger');
    await until(async () => (await callsKept()) > before);
    await campaigns.crashGateway();
    await campaigns.startGateway();
    await expectOnce(await running, [id]);
  }, 180_000);

  test('of gateway and worker right after the answer', async () => {
    const people = await newPeople();
    const id = await campaigns.run(people, 'trigger');
    await Promise.all([campaigns.crashGateway(), world.crashWorker()]);
    await campaigns.startGateway();
    await expectOnce(id, people);
  }, 240_000);

  test.each([5, 12])(
    'of gateway and worker while people are being created: %i of them',
    async (count) => {
      const people = await newPeople(count);
      await world.control('dataverse', 'faults', { match: { path: '$batch' }, times: 2, action: { delayMs: 1_500 } });
      const id = await campaigns.run(people, 'trigger');
      const writing = world.db.selectFrom('pair').select('id').where('writing_until', '>', sql<Date>`now()`);
      await until(async () => (await writing.execute()).length > 0);
      await Promise.all([campaigns.crashGateway(), world.crashWorker()]);
      await campaigns.startGateway();
      await world.control('dataverse', 'faults', undefined, 'DELETE');
      await expectOnce(id, people);
    },
    240_000,
  );

  test.each([1, 12])(
    'of gateway and worker while Marketo is being called back: %i answers',
    async (count) => {
      const people = await newPeople(count);
      await world.control('marketo', 'faults', { match: { path: '/customflowaction/' }, action: { delayMs: 1_000 } });
      const campaign = await campaigns.run(people, 'trigger');
      const sending = chunks().where('sending_until', 'is not', null);
      await until(async () => (await sending.execute()).length > 0);
      await Promise.all([campaigns.crashGateway(), world.crashWorker()]);
      // As if the time had passed that the killed worker had reserved for itself.
      for (const { id } of await sending.execute()) await age(world.db, id, 60);
      await campaigns.startGateway();
      await expectOnce(campaign, people);
    },
    240_000,
  );
});
