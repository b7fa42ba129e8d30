/** "Sync Person to Microsoft" as a flow step: installed and run by the Marketo sandbox, everything else the product's own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { freePort } from '../../src/embedded/processes';
import { FLOW_STEP_DOCUMENT_PATH } from '../../src/gateway/schemas';
import { age } from '../contract/flowStep/support';
import { type GatewayProgram, startGatewayProgram } from '../contract/gateway/support';
import { GATEWAY_TOKEN, startWorld, type World } from '../support/world';

interface PersonResult {
  readonly leadId: number;
  readonly success: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface CampaignRun {
  readonly id: string;
  readonly state: 'waiting' | 'done';
  readonly results: readonly PersonResult[];
  readonly missing: readonly number[];
  readonly calls: readonly { readonly answered: boolean; readonly refused: Readonly<Record<string, number>> }[];
}

type Installed = {
  readonly picklists: Readonly<Record<string, readonly { readonly submittedValue: string }[]>>;
  readonly incoming: object;
};

let world: World;
let step: Installed;
let gateway: GatewayProgram;
let port: number;

beforeAll(async () => {
  world = await startWorld({ people: 20, contacts: 10, leads: 5, ownProcess: true });
  port = await freePort();
  await startGateway();
  await world.settle();
  const url = `${gateway.url}${FLOW_STEP_DOCUMENT_PATH}`;
  step = (await world.control('marketo', 'campaigns/flow-step/install', { url, apiKey: GATEWAY_TOKEN })) as unknown as Installed;
}, 180_000);

afterAll(async () => {
  gateway.kill('SIGTERM');
  await gateway.ended;
  await world.stop();
}, 60_000);

/** The program, as a deployment runs it, always at the same address: Marketo keeps the one it has installed. */
async function startGateway(): Promise<void> {
  gateway = await startGatewayProgram({ ...world.env, MDSYNC_GATEWAY_TOKEN: GATEWAY_TOKEN }, port);
  await gateway.says('gateway ready');
}

async function crashGateway(): Promise<void> {
  gateway.kill('SIGKILL');
  await gateway.ended;
}

let last = 0;
const newPerson = (over: Record<string, string> = {}): Promise<string> => {
  last += 1;
  return world.marketer.create({ firstName: 'Flow', lastName: `Step ${last}`, email: `flow.step.${last}@example.com`, ...over });
};
const emailOf = async (id: string) => String((await world.marketer.person(id, ['email']))?.['email']);

async function run(ids: readonly string[], type: 'trigger' | 'batch', over: object = {}): Promise<string> {
  const body = { service: 'syncPersonToMicrosoft', type, leadIds: ids.map(Number), flow: { syncAs: 'lead' }, ...over };
  const { run: id } = await world.control('marketo', 'campaigns/flow-step/run', body);
  return String(id);
}

async function stateOf(id: string): Promise<CampaignRun> {
  const { runs } = await world.control('marketo', 'campaigns/flow-step');
  return (runs as CampaignRun[]).find((one) => one.id === id) as CampaignRun;
}

async function finished(id: string, timeoutMs = 45_000): Promise<CampaignRun> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const found = await stateOf(id);
    if (found.state === 'done') return found;
    if (Date.now() > until) throw new Error(`The campaign is waiting still: ${JSON.stringify(found).slice(0, 500)}`);
    await sleep(100);
  }
}

const rowsOf = async (id: string) => {
  const filter = `emailaddress1 eq '${await emailOf(id)}'`;
  return [...(await world.sales.find('leads', filter)), ...(await world.sales.find('contacts', filter))];
};

/** Runs that create many people at once. */
async function runsTogether(): Promise<string[]> {
  const found: string[] = [];
  for await (const { workflowId } of world.client.workflow.list({ query: `WorkflowType = 'syncPeopleToMicrosoft'` }))
    found.push(workflowId);
  return found;
}

describe('the step', () => {
  test('is installed with its owners and its incoming fields', () => {
    expect(step.incoming).toEqual({ microsoftId: 'microsoftId', microsoftType: 'microsoftType' });
    expect(step.picklists['syncAs']?.map(({ submittedValue }) => submittedValue)).toEqual(['lead', 'contact']);
    expect(step.picklists['assignTo']?.length).toBeGreaterThan(0);
  });
});

describe('a trigger campaign', () => {
  test('has the person in Dynamics at once, and the outcome on the person and in the campaign', async () => {
    const id = await newPerson();
    const [owner] = step.picklists['assignTo'] ?? [];
    const { results } = await finished(
      await run([id], 'trigger', { flow: { syncAs: 'contact', assignTo: owner?.submittedValue } }),
    );
    const rows = await rowsOf(id);
    expect(rows).toHaveLength(1);
    const microsoftId = rows[0]?.['contactid'];
    expect(rows[0]?.['_ownerid_value']).toBe(owner?.submittedValue);
    expect(results).toEqual([
      {
        leadId: Number(id),
        success: true,
        attributes: { success: true, operation: 'created', microsoftId, microsoftType: 'Contact', syncAsValue: 'contact' },
      },
    ]);
    expect(await world.marketer.person(id, ['microsoftId', 'microsoftType'])).toMatchObject({
      microsoftId,
      microsoftType: 'Contact',
    });
    const [activity, ...more] = await world.marketer.activities('syncPersonToMicrosoft', id);
    expect([activity?.primaryAttributeValue, more]).toEqual(['created', []]);
    // What the callback wrote is no edit of a user: nothing goes around.
    await world.settle();
    expect(await rowsOf(id)).toHaveLength(1);
  });

  test('links the one row with the same e-mail address, and leaves two of them to a person', async () => {
    const twin = await newPerson();
    const ambiguous = await newPerson();
    const twinRow = await world.sales.create('contacts', { lastname: 'Twin', emailaddress1: await emailOf(twin) });
    for (const table of ['leads', 'contacts'] as const)
      await world.sales.create(table, { lastname: 'Both', emailaddress1: await emailOf(ambiguous) });
    const { results } = await finished(await run([twin, ambiguous], 'trigger'));
    const byPerson = Object.fromEntries(results.map(({ leadId, attributes }) => [leadId, attributes]));
    expect(byPerson[twin]).toMatchObject({ success: true, operation: 'linked', microsoftId: twinRow, microsoftType: 'Contact' });
    expect(byPerson[ambiguous]).toMatchObject({ success: false, operation: 'review', errorCode: 'AMBIGUOUS_MATCH' });
    expect(await rowsOf(ambiguous)).toHaveLength(2);
  });

  test('of many people is many calls, each with its own answer', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => newPerson()));
    const { results, calls } = await finished(await run(ids, 'trigger'));
    expect(calls).toHaveLength(20);
    expect(results.map(({ attributes }) => attributes['operation'])).toEqual(Array(20).fill('created'));
    for (const id of ids) expect(await rowsOf(id)).toHaveLength(1);
  });

  test('of many people at one moment creates them together, and tells each of them', async () => {
    const before = await runsTogether();
    const ids = await Promise.all(Array.from({ length: 30 }, () => newPerson()));
    const { results } = await finished(await run(ids, 'trigger'));
    expect(results.map(({ attributes }) => attributes['operation'])).toEqual(Array(30).fill('created'));
    for (const id of ids) expect(await rowsOf(id)).toHaveLength(1);
    const runs = (await runsTogether()).filter((id) => !before.includes(id));
    expect(runs.length).toBeGreaterThan(0);
    for (const id of runs) await world.client.workflow.getHandle(id).result();
    const logged = await Promise.all(ids.map((id) => world.marketer.activities('syncPersonToMicrosoft', id)));
    expect(logged.map((entries) => entries.length)).toEqual(Array(30).fill(1));
    // What each pair holds was agreed on: the next cycle writes nothing.
    await world.callsSince();
    await world.settle();
    const { dataverse } = await world.callsSince();
    expect(dataverse).not.toHaveProperty('update');
  });

  test('that delivers its call three times gets one answer and one row', async () => {
    const id = await newPerson();
    const { calls, results } = await finished(await run([id], 'trigger', { deliveries: 3 }));
    await sleep(2_000);
    expect(calls).toEqual([expect.objectContaining({ answered: true, refused: {} })]);
    expect(results).toHaveLength(1);
    expect(await rowsOf(id)).toHaveLength(1);
  });
});

describe('a batch campaign', () => {
  test('of many people has them created together by the cycle, refusals and twins among them', async () => {
    const before = await runsTogether();
    const ids = await Promise.all(Array.from({ length: 30 }, () => newPerson()));
    const nameless = await newPerson({ lastName: '' });
    const linked = await newPerson();
    await world.sales.create('leads', { lastname: 'There already', subject: 'Twin', emailaddress1: await emailOf(linked) });
    const id = await run([...ids, nameless, linked], 'batch');
    await world.cycle();
    const { results, calls, missing } = await finished(id);
    expect([calls.length, missing]).toEqual([1, []]);
    const operations = Object.fromEntries(results.map(({ leadId, attributes }) => [leadId, attributes['operation']]));
    expect(operations).toEqual({
      ...Object.fromEntries(ids.map((one) => [one, 'created'])),
      [nameless]: 'rejected',
      // The same cycle found the row in Dynamics' feed: whoever was first has linked it.
      [linked]: expect.stringMatching(/^(linked|alreadySynced)$/),
    });
    for (const one of [...ids, linked]) expect(await rowsOf(one)).toHaveLength(1);
    expect(await rowsOf(nameless)).toEqual([]);
    expect((await runsTogether()).length).toBe(before.length + 1);
  });

  test('waits for the cycle, then has everybody in one answer: new people, known ones and one that is gone', async () => {
    const fresh = await newPerson();
    const known = await newPerson();
    const gone = await newPerson();
    await finished(await run([known], 'trigger'));
    const id = await run([fresh, known, gone, fresh], 'batch');
    await world.marketer.remove(gone);
    await sleep(2_000);
    expect((await stateOf(id)).results).toEqual([]);
    expect(await rowsOf(fresh)).toEqual([]);

    await world.cycle();
    const { results, missing, calls } = await finished(id);
    expect(calls).toHaveLength(1);
    expect(missing).toEqual([]);
    expect(results).toHaveLength(3);
    const byPerson = Object.fromEntries(results.map(({ leadId, attributes }) => [leadId, attributes]));
    expect(byPerson[fresh]).toMatchObject({ success: true, operation: 'created', microsoftType: 'Lead' });
    expect(byPerson[known]).toMatchObject({ success: true, operation: 'alreadySynced', microsoftType: 'Lead' });
    expect(byPerson[gone]).toMatchObject({ success: false, operation: 'rejected', errorCode: 'PERSON_NOT_FOUND' });
    expect(await rowsOf(fresh)).toHaveLength(1);
  });

  test('an owner nobody knows fails that person alone, and nothing is created', async () => {
    const id = await newPerson();
    const run1 = await run([id], 'batch', { flow: { syncAs: 'lead', assignTo: 'nobody@example.com' } });
    await world.cycle();
    const { results } = await finished(run1);
    expect(results).toMatchObject([{ success: false, attributes: { operation: 'rejected', errorCode: 'UNKNOWN_OWNER' } }]);
    expect(await rowsOf(id)).toEqual([]);
    // The control: without the owner the same person is created.
    await finished(await run([id], 'trigger'));
    expect(await rowsOf(id)).toHaveLength(1);
  });
});

describe('when things go wrong', () => {
  test('an answer that is lost after Marketo has taken it is sent again, and is one answer', async () => {
    const id = await newPerson();
    await world.control('marketo', 'faults', { match: { path: '/customflowaction/' }, action: { drop: 'after' } });
    const { results } = await finished(await run([id], 'trigger'));
    expect(results).toHaveLength(1);
    const chunkEnd = async () =>
      (await world.db.selectFrom('flow_step_chunk').select('end_code').orderBy('accepted_at', 'desc').executeTakeFirst())
        ?.end_code;
    while ((await chunkEnd()) === null) await sleep(200);
    // 404: the used token tells that it had arrived.
    expect(await chunkEnd()).toBe('404');
  });

  test('a Marketo that is away for a while gets its answer later', async () => {
    const id = await newPerson();
    await world.control('marketo', 'faults', { match: { path: '/customflowaction/' }, times: 2, action: { status: 503 } });
    const { results } = await finished(await run([id], 'trigger'));
    expect(results).toMatchObject([{ attributes: { operation: 'created' } }]);
  });

  test('a person that Dynamics refuses is told so, with its code; a refused field alone keeps nobody out', async () => {
    const rule = (pattern: string, message: string) =>
      world.control('dataverse', 'rules', { table: 'lead', column: 'lastname', pattern, code: '0x80040265', message });
    await rule('^Whole', 'Our plug-in says no.');
    await rule('^Field', 'The value of lastname is not welcome.');
    const [whole, field] = [await newPerson({ lastName: 'Whole' }), await newPerson({ lastName: 'Field' })];
    const { results } = await finished(await run([whole, field], 'trigger'));
    await world.control('dataverse', 'rules', undefined, 'DELETE');
    const byPerson = Object.fromEntries(results.map(({ leadId, attributes }) => [leadId, attributes]));
    expect(byPerson[whole]).toMatchObject({
      success: false,
      operation: 'rejected',
      errorCode: 'DYNAMICS_REFUSED',
      reason: expect.stringContaining('0x80040265'),
    });
    expect(await rowsOf(whole)).toEqual([]);
    expect(byPerson[field]).toMatchObject({ success: true, operation: 'created' });
    expect(await rowsOf(field)).toMatchObject([{ firstname: 'Flow', lastname: null }]);
  });
});

describe('a kill -9', () => {
  const chunks = () => world.db.selectFrom('flow_step_chunk').select(['id', 'sending_until', 'ended_at']);
  const callsKept = async () => (await chunks().execute()).length;

  async function until(holds: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 90_000; !(await holds()); await sleep(5))
      if (Date.now() > end) throw new Error('It did not come to what was waited for');
  }

  /** Each call has one answer that was taken, each person is in it and has one row. */
  async function expectOnce(run: string, people: readonly string[]): Promise<void> {
    const { results, missing, calls } = await finished(run, 150_000);
    expect([results.map(({ leadId }) => String(leadId)).toSorted(), missing]).toEqual([people.toSorted(), []]);
    expect(calls.filter(({ answered }) => answered)).toHaveLength(people.length);
    await world.settle();
    for (const person of people) expect(await rowsOf(person)).toHaveLength(1);
    // Nothing is left that would be sent once more.
    await until(async () => (await chunks().where('ended_at', 'is', null).execute()).length === 0);
  }

  const newPeople = (count = 5) => Promise.all(Array.from({ length: count }, () => newPerson()));

  test('of the gateway while it keeps a call, before its answer: Marketo calls again', async () => {
    const [id = ''] = await newPeople();
    const before = await callsKept();
    let running: Promise<string> | undefined;
    await world.db.transaction().execute(async (tx) => {
      await sql`lock table flow_step_chunk in share row exclusive mode`.execute(tx);
      running = run([id], 'trigger');
      const waiting = sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into flow_step_chunk%'`;
      await until(async () => (await waiting.execute(world.db)).rows.length > 0);
      await crashGateway();
    });
    // The control: nothing was kept, so the promise is that of the second call.
    expect(await callsKept()).toBe(before);
    await startGateway();
    await expectOnce((await running) ?? '', [id]);
  }, 180_000);

  test('of the gateway at the moment a call is kept: answered or not, it is one call', async () => {
    const [id = ''] = await newPeople();
    const before = await callsKept();
    const running = run([id], 'trigger');
    await until(async () => (await callsKept()) > before);
    await crashGateway();
    await startGateway();
    await expectOnce(await running, [id]);
  }, 180_000);

  test('of gateway and worker right after the answer', async () => {
    const people = await newPeople();
    const id = await run(people, 'trigger');
    await Promise.all([crashGateway(), world.crashWorker()]);
    await startGateway();
    await expectOnce(id, people);
  }, 240_000);

  test.each([5, 12])(
    'of gateway and worker while people are being created: %i of them',
    async (count) => {
      const people = await newPeople(count);
      await world.control('dataverse', 'faults', { match: { path: '$batch' }, times: 2, action: { delayMs: 1_500 } });
      const id = await run(people, 'trigger');
      const writing = world.db.selectFrom('pair').select('id').where('writing_until', '>', sql<Date>`now()`);
      await until(async () => (await writing.execute()).length > 0);
      await Promise.all([crashGateway(), world.crashWorker()]);
      await startGateway();
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
      const campaign = await run(people, 'trigger');
      const sending = chunks().where('sending_until', 'is not', null);
      await until(async () => (await sending.execute()).length > 0);
      await Promise.all([crashGateway(), world.crashWorker()]);
      // As if the time had passed that the killed worker had reserved for itself.
      for (const { id } of await sending.execute()) await age(world.db, id, 60);
      await startGateway();
      await expectOnce(campaign, people);
    },
    240_000,
  );
});
