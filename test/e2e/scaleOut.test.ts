/** Several worker processes on one store and one task queue: they share the work, and nothing is done twice. */
import { afterEach, expect, test } from '@jest/globals';
import { startWorld, type World } from '../support/world';

let world: World;
afterEach(async () => world.stop(), 60_000);

/** The processes that had a hand in a run. */
async function workersOf(workflowId: string): Promise<readonly string[]> {
  const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: done }) => done?.identity ?? []);
}

/** What an idle cycle asks for. The process whose first cycle it is reads the schemas as well. */
const ONE_CALL_A_FEED = {
  marketo: {
    'GET /rest/v1/activities/leadchanges.json': 1,
    'GET /rest/v1/activities.json': 1,
    'GET /rest/v1/activities/deletedleads.json': 1,
  },
  dataverse: { 'GET /contacts': 1, 'GET /leads': 1 },
};

test.each([2, 4])(
  '%i processes share the records of a cycle, run and write each of them once, and read the feeds no more often than one does',
  async (processes) => {
    world = await startWorld({
      people: 60,
      contacts: 60,
      ownProcess: true,
      processes,
      env: { MDSYNC_OVERLAP_EVERY_CYCLES: '1000' },
    });
    await world.settle();
    const contacts = (await world.sales.find('contacts', 'emailaddress1 ne null')).slice(0, 60);
    const people = new Map<string, string>();
    for (const row of contacts) {
      const [person] = await world.marketer.findByEmail(String(row['emailaddress1']));
      people.set(String(row['contactid']), String(person?.['id']));
    }
    for (const [index, [rowId, personId]] of [...people].entries())
      if (index % 2 === 0) await world.sales.update('contacts', rowId, { address1_city: `City ${index}` });
      else await world.marketer.update(personId, { title: `Title ${index}` });
    const newestBefore = await newestDecision();

    const cycle = await world.cycle();

    expect(cycle.outcomes).toEqual({ written: people.size });
    for (const [index, [rowId, personId]] of [...people].entries())
      if (index % 2 === 0) expect(await world.marketer.person(personId, ['city'])).toMatchObject({ city: `City ${index}` });
      else expect(await world.sales.row('contacts', rowId)).toMatchObject({ jobtitle: `Title ${index}` });
    const decided = await world.db.selectFrom('decision').select(['pair_id', 'result']).where('id', '>', newestBefore).execute();
    expect(decided.map(({ result }) => result)).toEqual(Array.from({ length: people.size }, () => 'confirmed'));
    expect(new Set(decided.map((one) => one.pair_id)).size).toBe(people.size);
    const hands = await Promise.all([...people.values()].map((id) => workersOf(`record/${id}`)));
    expect(new Set(hands.flat()).size).toBe(processes);
    // Nobody took up what another one had begun.
    expect(hands.map((workers) => new Set(workers).size)).toEqual(hands.map(() => 1));

    await world.settle();
    await world.callsSince();
    await world.cycle();
    expect(await world.callsSince()).toMatchObject(ONE_CALL_A_FEED);
  },
  240_000,
);

async function newestDecision(): Promise<number> {
  const { newest } = await world.db
    .selectFrom('decision')
    .select((of) => of.fn.coalesce(of.fn.max('id'), of.lit(0)).as('newest'))
    .executeTakeFirstOrThrow();
  return newest;
}
