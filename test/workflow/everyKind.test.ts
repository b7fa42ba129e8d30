/**
 * A short life in which every type of workflow runs, and then each run is replayed: workflow code that asks the clock, a random number or
 * the order of a Map would not do the same twice. With MDSYNC_TEST_RECORD=1 one run of each kind is saved for the replay suite.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { History } from '@temporalio/common/lib/proto-utils';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { createLooks } from '../../src/temporal/lookInto';
import { GATEWAY_TOKEN, startWorld, type World } from '../support/world';

const RECORD = process.env['MDSYNC_TEST_RECORD'] === '1';
const SAVED = join(__dirname, '../replay/histories');
const workflowBundle = { codePath: resolve(__dirname, '../../dist/workflowBundle.js') };

let world: World;

beforeAll(async () => {
  world = await startWorld({ contacts: 6, leads: 3 });
}, 120_000);
afterAll(async () => world.stop(), 60_000);

interface Run {
  readonly type: string;
  readonly workflowId: string;
  readonly runId: string;
}

async function runs(): Promise<readonly Run[]> {
  const found: Run[] = [];
  for await (const { type, workflowId, runId } of world.client.workflow.list()) found.push({ type, workflowId, runId });
  return found;
}

const historyOf = ({ workflowId, runId }: Run): Promise<History> =>
  world.client.workflow.getHandle(workflowId, runId).fetchHistory();

/** Saves the newest execution of a type, its first run when it went on as new, under a name that says what happened in it. */
async function save(type: string, what: string): Promise<void> {
  if (!RECORD) return;
  const ofType = (await runs()).filter((one) => one.type === type);
  const run = ofType.findLast(({ workflowId }) => workflowId === ofType[0]?.workflowId);
  if (run === undefined) throw new Error(`No ${type} has run`);
  const history: unknown = JSON.parse(historyToJSON(await historyOf(run)));
  mkdirSync(SAVED, { recursive: true });
  writeFileSync(join(SAVED, `${type}.${what}.json`), `${JSON.stringify({ workflowId: run.workflowId, history })}\n`);
}

describe('a life of every kind', () => {
  beforeAll(() => {
    if (RECORD) rmSync(SAVED, { recursive: true, force: true });
  });

  test('set-up and the initial load', async () => {
    await save('setUp', 'fresh');
    await world.settle();
    await save('syncPage', 'initialLoad');
    await save('syncCycle', 'idle');
    expect((await runs()).map(({ type }) => type)).toEqual(expect.arrayContaining(['setUp', 'syncCycle', 'syncPage']));
  });

  test('edits, one of which is refused, and one whose write has to be repeated', async () => {
    const [first, second, third] = await world.sales.find('contacts', 'emailaddress1 ne null');
    const personOf = async (row: typeof first) =>
      String((await world.marketer.findByEmail(String(row?.['emailaddress1'])))[0]?.['id']);
    await world.sales.update('contacts', String(first?.['contactid']), { jobtitle: 'Replay' });
    await world.cycle();
    await save('syncCycle', 'changes');
    await save('syncRecord', 'written');

    await world.marketer.update(await personOf(second), { title: 'Replay '.repeat(20) });
    await world.settle();
    await save('syncRecord', 'rejected');

    await world.control('dataverse', 'faults', { match: { method: 'PATCH' }, times: 1, action: { status: 500, body: {} } });
    await world.marketer.update(await personOf(third), { title: 'Replayed' });
    await world.settle();
    await save('syncRecord', 'repeated');
    expect((await runs()).filter(({ type }) => type === 'syncRecord')).toHaveLength(3);
  });

  test('a campaign that asks by webhook and by flow step', async () => {
    const ids = await Promise.all(
      ['one', 'two'].map((name) => world.marketer.create({ lastName: `Replay ${name}`, email: `replay.${name}@example.com` })),
    );
    expect((await world.webhook({ leadId: Number(ids[0]) })).body['status']).toBe('created');
    await save('syncPersonToMicrosoft', 'created');

    const url = `${world.gatewayUrl}/flow-steps/sync-person-to-microsoft/openapi.json`;
    await world.control('marketo', 'campaigns/flow-step/install', { url, apiKey: GATEWAY_TOKEN });
    const body = { service: 'syncPersonToMicrosoft', type: 'trigger', leadIds: [Number(ids[1])], flow: { syncAs: 'lead' } };
    await world.control('marketo', 'campaigns/flow-step/run', body);
    const answers = async () => (await runs()).filter(({ type }) => type === 'answerFlowStep');
    while ((await answers()).length === 0) await new Promise((resume) => setTimeout(resume, 50));
    for (const { workflowId } of await answers()) await world.client.workflow.getHandle(workflowId).result();
    await save('answerFlowStep', 'trigger');

    const many = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        world.marketer.create({ lastName: `Replay many ${index}`, email: `replay.many.${index}@example.com` }),
      ),
    );
    await world.control('marketo', 'campaigns/flow-step/run', { ...body, leadIds: many.map(Number) });
    const together = async () => (await runs()).filter(({ type }) => type === 'syncPeopleToMicrosoft');
    while ((await together()).length === 0) await new Promise((resume) => setTimeout(resume, 50));
    for (const { workflowId } of await together()) await world.client.workflow.getHandle(workflowId).result();
    await save('syncPeopleToMicrosoft', 'trigger');
  });

  test('an operator who looks', async () => {
    const looks = createLooks(world.client);
    expect((await looks.doctor()).checks.length).toBeGreaterThan(0);
    await save('doctor', 'asked');
    await looks.plan();
    await save('plan', 'asked');
  });
});

test('every run does the same when it is replayed', async () => {
  for (const run of await runs())
    await expect(Worker.runReplayHistory({ workflowBundle }, await historyOf(run), run.workflowId)).resolves.toBeUndefined();
}, 120_000);
