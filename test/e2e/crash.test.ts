/** A worker that is killed in the middle of its work loses nothing and doubles nothing. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startWorld, type World } from '../support/world';

/** Each costs the time-outs by which Temporal notices a dead worker; a long run says MDSYNC_TEST_KILLS=10. */
const KILLS = Number(process.env['MDSYNC_TEST_KILLS'] ?? 1);

let world: World;

beforeAll(async () => {
  world = await startWorld({ people: 60, contacts: 40, leads: 10, offset: 5, ownProcess: true });
  await world.settle();
}, 120_000);

afterAll(async () => world.stop(), 60_000);

const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms));

test(
  'edits on both sides, new rows and campaign requests all end once, whenever the worker dies',
  async () => {
    const contacts = (await world.sales.find('contacts', 'emailaddress1 ne null')).slice(0, 30);
    const people = await Promise.all(
      contacts.map(async (row) => String((await world.marketer.findByEmail(row['emailaddress1'] as string))[0]?.['id'])),
    );
    for (const [index, row] of contacts.entries()) {
      await world.marketer.update(people[index] ?? '', { title: `Marketo ${index}` });
      await world.sales.update('contacts', row['contactid'] as string, { address1_city: `Dynamics ${index}` });
    }
    const newRows = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        world.sales.create('contacts', { lastname: `Crash ${index}`, emailaddress1: `crash.${index}@example.com` }),
      ),
    );
    const asked = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        world.marketer.create({ lastName: `Asked ${index}`, email: `asked.${index}@example.com` }),
      ),
    );
    // Answers that take a while, so that the worker dies with calls under way.
    for (const side of ['marketo', 'dataverse'] as const) await world.control(side, 'latency', { medianMs: 60, p99Ms: 200 });
    const cycle = world.cycle();
    const answers = asked.map(async (id) => world.webhook({ leadId: Number(id), requestId: 'crash' }));
    for (let kill = 0; kill < KILLS; kill += 1) {
      await pause(1_500);
      await world.crashWorker();
    }
    await cycle;
    await Promise.all(answers);
    await pause(11_000);
    for (const side of ['marketo', 'dataverse'] as const) await world.control(side, 'latency', { medianMs: 0, p99Ms: 0 });
    await world.settle();
    await pause(6_000);
    await world.settle();

    for (const [index, row] of contacts.entries()) {
      expect(await world.sales.row('contacts', row['contactid'] as string)).toMatchObject({ jobtitle: `Marketo ${index}` });
      expect(await world.marketer.person(people[index] ?? '', ['city'])).toMatchObject({ city: `Dynamics ${index}` });
    }
    for (const [index, rowId] of newRows.entries())
      expect(await world.marketer.findByEmail(`crash.${index}@example.com`, ['microsoftId'])).toEqual([
        expect.objectContaining({ microsoftId: rowId }),
      ]);
    for (const [index, id] of asked.entries()) {
      const rows = await world.sales.find('leads', `emailaddress1 eq 'asked.${index}@example.com'`);
      expect(rows).toHaveLength(1);
      const repeated = await world.webhook({ leadId: Number(id), requestId: 'crash' });
      expect(['created', 'linked']).toContain(repeated.body['status']);
      const logged = await world.marketer.activities('syncPersonToMicrosoft', id);
      expect(logged).toHaveLength(1);
    }
  },
  120_000 + KILLS * 120_000,
);
