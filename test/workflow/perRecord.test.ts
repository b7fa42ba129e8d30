/** What cycles and records cost in calls, runs and history: counts, which are the same on every machine. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PAGE } from '../../src/workflows/page';
import { startWorld, type World } from '../support/world';

const CONTACTS = 40;
let world: World;

beforeAll(async () => {
  world = await startWorld({ contacts: CONTACTS, env: { MDSYNC_OVERLAP_EVERY_CYCLES: '1000' } });
  await world.settle();
}, 180_000);
afterAll(async () => world.stop(), 60_000);

async function pairs(): Promise<readonly { readonly personId: string; readonly rowId: string }[]> {
  const rows = await world.db.selectFrom('identity').selectAll().where('current', '=', true).orderBy('pair_id').execute();
  return rows
    .filter(({ side }) => side === 'marketo')
    .flatMap(({ id, pair_id }) => {
      const row = rows.find((other) => other.side === 'dynamics' && other.pair_id === pair_id);
      return row === undefined ? [] : [{ personId: id, rowId: row.id }];
    });
}

const runsOf = async (type: string): Promise<number> => (await world.client.workflow.count(`WorkflowType = '${type}'`)).count;

/** The events of the newest run of a workflow id, and the activities that were scheduled on their own. */
async function historyOf(workflowId: string) {
  const { events = [] } = await world.client.workflow.getHandle(workflowId).fetchHistory();
  const scheduled = (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
  return { events: events?.length ?? 0, scheduled };
}

describe('the initial load', () => {
  test('goes by the page: no record has a child of its own', async () => {
    expect(await pairs()).toHaveLength(CONTACTS);
    expect(await runsOf('syncPage')).toBeGreaterThanOrEqual(1);
    expect(await runsOf('syncPage')).toBeLessThanOrEqual(3);
    expect(await runsOf('syncRecord')).toBe(0);
  });

  test('and an edit later on has one', async () => {
    const [pair] = await pairs();
    await world.marketer.update(pair!.personId, { phone: '+1 555 0101' });
    await world.settle();
    expect((await world.sales.row('contacts', pair!.rowId))?.['telephone1']).toBe('+1 555 0101');
    expect(await runsOf('syncRecord')).toBe(1);
  });
});

describe('an idle cycle', () => {
  test('takes one call a feed, no child, and at most forty events', async () => {
    await world.settle();
    await world.callsSince();
    const children = (await runsOf('syncRecord')) + (await runsOf('syncPage'));
    await world.cycle();
    const { marketo, dataverse } = await world.callsSince();
    const total = [marketo, dataverse].flatMap((calls) => Object.values(calls)).reduce((sum, count) => sum + count, 0);
    expect(total).toBe(5);
    expect((await runsOf('syncRecord')) + (await runsOf('syncPage'))).toBe(children);
    for await (const newest of world.client.workflow.list({ query: `WorkflowType = 'syncCycle'` })) {
      expect((await historyOf(newest.workflowId)).events).toBeLessThanOrEqual(40);
      break;
    }
    expect.assertions(3);
  });
});

describe('a written record', () => {
  test('takes nine events: its write went through within the workflow task', async () => {
    const pair = (await pairs())[1]!;
    await world.marketer.update(pair.personId, { phone: '+1 555 0102' });
    await world.settle();
    expect(await historyOf(`record/${pair.personId}`)).toEqual({ events: 9, scheduled: [] });
  });

  test('whose write fails shows it as an activity that is retried', async () => {
    const pair = (await pairs())[2]!;
    await world.control('dataverse', 'faults', { match: { method: 'PATCH' }, times: 1, action: { status: 500, body: {} } });
    await world.marketer.update(pair.personId, { phone: '+1 555 0103' });
    await world.cycle();
    await world.control('dataverse', 'faults', undefined, 'DELETE');
    await world.settle();
    expect((await world.sales.row('contacts', pair.rowId))?.['telephone1']).toBe('+1 555 0103');
    expect((await historyOf(`record/${pair.personId}`)).scheduled).toContain('write');
  }, 90_000);

  test('shares its calls with the others that changed', async () => {
    const changed = (await pairs()).slice(3, 33);
    for (const { personId } of changed) await world.marketer.update(personId, { title: 'Changed together' });
    await world.callsSince();
    await world.cycle();
    const { dataverse } = await world.callsSince();
    for (const { rowId } of changed) expect((await world.sales.row('contacts', rowId))?.['jobtitle']).toBe('Changed together');
    // Two feeds, one read of the page, and the writes.
    const calls = Object.entries(dataverse).flatMap(([operation, count]) => (operation.includes('token') ? [] : [count]));
    expect(calls.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(3 + changed.length / 3);
  });
});

describe('the cycle that runs the children', () => {
  // Of a full page the server would warn at 10,240 events or 10 MB, and replaying it would take seconds.
  const MOST_EVENTS = 4_000;
  const MOST_BYTES = 2_000_000;

  test('has a history that a full page of children keeps small, and begins a new one for the next page', async () => {
    const changed = (await pairs()).slice(3, 33);
    for (const { personId } of changed) await world.marketer.update(personId, { title: 'Changed once more' });
    await world.cycle();
    const runs: { children: number; events: number; bytes: number }[] = [];
    for await (const { workflowId, runId } of world.client.workflow.list({ query: `WorkflowType = 'syncCycle'` })) {
      const run = world.client.workflow.getHandle(workflowId, runId);
      const { historyLength: events, historySize: bytes = Number.NaN } = await run.describe();
      const history = await run.fetchHistory();
      const ended = history.events?.filter((event) => event.childWorkflowExecutionCompletedEventAttributes) ?? [];
      runs.push({ children: ended.length, events, bytes });
      if (runs.length === 2) break;
    }
    const [last, withChildren] = runs;
    expect(last?.children).toBe(0);
    expect(withChildren?.children).toBe(changed.length);
    expect(((withChildren?.events ?? 0) / changed.length) * PAGE).toBeLessThan(MOST_EVENTS);
    expect(((withChildren?.bytes ?? 0) / changed.length) * PAGE).toBeLessThan(MOST_BYTES);
  });
});

describe('a creation that a campaign asks for', () => {
  const asked = async (firstName: string) => {
    const email = `${firstName.toLowerCase()}.creation@example.com`;
    const personId = await world.marketer.create({ firstName, lastName: 'Creation', email });
    const { body } = await world.webhook({ leadId: Number(personId), syncAs: 'contact' });
    await world.client.workflow.getHandle(`create/${personId}`).result();
    const rows = await world.sales.find('contacts', `emailaddress1 eq '${email}'`);
    return { status: body['status'], rows: rows.length, history: await historyOf(`create/${personId}`) };
  };

  test('takes ten events: row and activity were written within the workflow task', async () => {
    const { status, rows, history } = await asked('Prompt');
    expect({ status, rows, history }).toEqual({ status: 'created', rows: 1, history: { events: 10, scheduled: [] } });
  });

  test('whose row Dynamics does not take at once shows that as an activity that is retried', async () => {
    await world.control('dataverse', 'faults', {
      match: { method: 'POST', path: '/contacts', caller: 'sync-app' },
      times: 1,
      action: { status: 500, body: {} },
    });
    const { rows, history } = await asked('Patient');
    await world.control('dataverse', 'faults', undefined, 'DELETE');
    expect(rows).toBe(1);
    expect(history.scheduled).toEqual(['createRow']);
  }, 90_000);

  test('whose activity Marketo does not let us write is created all the same, and its request stays to be logged', async () => {
    await world.control('marketo', 'faults', {
      match: { method: 'POST', path: '/rest/v1/activities/external.json' },
      times: 1,
      action: { status: 200, body: { requestId: 'a#1', success: false, errors: [{ code: '603', message: 'Access denied' }] } },
    });
    const { status, rows, history } = await asked('Denied');
    expect({ status, rows, history: history.scheduled }).toEqual({ status: 'created', rows: 1, history: [] });
    const waiting = await world.db
      .selectFrom('inbox')
      .select('key')
      .where('kind', '=', 'create')
      .where('state', '=', 'open')
      .execute();
    expect(waiting).toHaveLength(1);
  });
});
