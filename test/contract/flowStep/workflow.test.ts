/**
 * From Marketo's call to Marketo's receipt: gateway, store, Temporal, worker and HTTP are real. Only the creation of people is played,
 * by activities that give their requests the outcome a test wants.
 */
import { createHash, randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { createPeopleActivities } from '../../../src/activities/creation/createPeople';
import { createFlowStepActivities } from '../../../src/activities/flowStep';
import type { ActivityDeps } from '../../../src/activities/deps';
import type { CreationOutcome } from '../../../src/core/ports';
import type { Waits } from '../../../src/gateway/deps';
import { createGateway } from '../../../src/gateway/server';
import { createFlowStepChunks } from '../../../src/store/flowStep';
import { createOperations } from '../../../src/store/operations';
import { createRequests, endRequests } from '../../../src/store/requests';
import { createTemporalDoor } from '../../../src/temporal/door';
import { startAnswer } from '../../../src/temporal/flowStep';
import { flowStepKey, TASK_QUEUE } from '../../../src/temporal/names';
import { createWorkers } from '../../../src/temporal/workers';
import { openRequests } from '../../support/creation';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { call, person } from '../../support/flowSteps';
import { textOf } from '../../support/histories';
import { age, chunkFor, keepLog, newIds, type Receiver, startReceiver } from './support';
import { runsTogether } from '../../support/runs';
import { oneToken } from '../../support/keyring';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const TOKEN = 'campaigns-only-1234';

let fresh: FreshDatabase;
let marketo: Receiver;
let connection: NativeConnection;
let client: Client;
let gateway: ReturnType<typeof createGateway>;
let url: string;
let worker: { stop(): Promise<void> };
const { log, lines } = keepLog();

/** How creations end; `undefined`: not at all, for now. */
let outcome: CreationOutcome | undefined;
/** People whose creation fails. */
const failing = new Set<string>();
/** How the list of unanswered calls fails, if it does. */
let listFailure: ApplicationFailure | undefined;
/** Creations wait for this, as for a place in a vendor's budget. */
let budget: Promise<unknown> = Promise.resolve();

async function startWorker(): Promise<typeof worker> {
  const deps = { db: fresh.db, clock: { now: () => new Date() }, log, options: { callbackHosts: ['127.0.0.1'] } };
  // The other members are for activities that are not here.
  const flowStep = createFlowStepActivities(deps as unknown as ActivityDeps);
  const creation = {
    fetchRequest: async ({ marketoId }: { marketoId: string }) => {
      await budget;
      if (failing.has(marketoId)) throw ApplicationFailure.nonRetryable('the test wants it so');
      if (outcome === undefined) return { deferred: 'The test wants it so', unlogged: false };
      const ids = (await openRequests(fresh.db, marketoId)).map(({ requestId }) => requestId);
      await endRequests(fresh.db, [{ requestIds: ids, outcome, others: outcome }]);
      return { outcome, unlogged: false };
    },
    createRow: () => Promise.reject(new Error('nobody gets so far')),
    logRequest: async () => undefined,
  };
  const running = await createWorkers({
    connection,
    workflowBundle: { codePath: resolve(__dirname, '../../../dist/workflowBundle.js') },
    activities: {
      ...flowStep,
      async abandonedChunks() {
        if (listFailure) throw listFailure;
        return flowStep.abandonedChunks();
      },
      fetchRequest: creation.fetchRequest,
      ...createPeopleActivities(fresh, creation),
      // A cycle without work.
      collect: async () => ({ queued: 0, echoes: 0 }),
      takePage: async () => ({ refs: [], quarantined: 0 }),
      endCycle: async () => undefined,
    },
    shutdownGraceTime: '1 second',
  });
  const run = running.run();
  return {
    async stop() {
      running.shutdown();
      await run;
    },
  };
}

beforeAll(async () => {
  const address = process.env.TEST_TEMPORAL_ADDRESS ?? '';
  fresh = await freshDatabase();
  marketo = await startReceiver();
  connection = await NativeConnection.connect({ address });
  client = new Client({ connection: await Connection.connect({ address }) });
  worker = await startWorker();
  // It takes up nothing by itself: who takes up what was left is a test of its own.
  gateway = openGateway({ unattendedMs: 3_600_000 });
  url = await gateway.listen({ port: 0, host: '127.0.0.1' });
}, 60_000);

function openGateway(waits: Partial<Waits> = {}): ReturnType<typeof createGateway> {
  return createGateway({
    requests: createRequests(fresh.db),
    operations: createOperations(fresh.db),
    temporal: createTemporalDoor(client),
    tokens: { gateway: oneToken(TOKEN), operator: oneToken('operators-only-5678') },
    health: async () => ({ status: 'ready', parts: { store: 'ok', temporal: 'ok' } }),
    flowStep: {
      chunks: createFlowStepChunks(fresh.db),
      startAnswer: (chunk, kind) => startAnswer(client, chunk, kind),
      callbackHosts: ['127.0.0.1'],
    },
    log,
    clock: { now: () => new Date() },
    waits,
  });
}

afterAll(async () => {
  await gateway.close();
  await worker.stop();
  await connection.close();
  await client.connection.close();
  await marketo.close();
  await fresh.drop();
});

beforeEach(() => {
  outcome = { status: 'created', microsoftId: '6c9f' };
  marketo.taken.length = 0;
  marketo.hits.length = 0;
});

async function submit(
  ids: readonly string[],
  over: object = {},
  token: string = randomUUID(),
): Promise<{ token: string; chunk: string }> {
  const response = await fetch(`${url}/flow-steps/sync-person-to-microsoft/submitAsyncAction`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': TOKEN },
    body: JSON.stringify(call(ids, { token, callbackUrl: marketo.url, ...over })),
  });
  expect(response.status).toBe(201);
  return { token, chunk: createHash('sha256').update(token).digest('hex').slice(0, 32) };
}

const batch = { context: { campaign: { type: 'batch' } } };
const answerOf = (index = 0) =>
  marketo.taken[index]?.body.objectData as { leadData: { id: number }; activityData: { operation: string } }[];
const handleOf = (chunk: string) => client.workflow.getHandle(flowStepKey.answer(chunk));

describe('a trigger campaign', () => {
  test('has its answer seconds after its call', async () => {
    const [id = ''] = newIds(1);
    const started = Date.now();
    const { token, chunk } = await submit([id]);
    await marketo.waitFor(1);
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(marketo.taken[0]?.headers['x-callback-token']).toBe(token);
    expect(answerOf()).toMatchObject([
      { leadData: { id: Number(id) }, activityData: { operation: 'created', microsoftId: '6c9f' } },
    ]);
    expect(await handleOf(chunk).result()).toEqual({ answered: 'sent', people: 1, unfinished: 0 });
  });

  test('leaves no secret and nothing of a person in Temporal, and few events', async () => {
    const [id = ''] = newIds(1);
    const objectData = [person(id, { syncAs: 'lead', assignTo: 'owner@example.com' })];
    const { token, chunk } = await submit([], { objectData });
    await marketo.waitFor(1);
    await handleOf(chunk).result();
    const histories = await Promise.all(
      [flowStepKey.answer(chunk), `create/${id}`].map(async (name) => client.workflow.getHandle(name).fetchHistory()),
    );
    const text = textOf(histories);
    for (const secret of [token, '123abc', 'owner@example.com', 'a@b.com', marketo.url])
      expect(text.includes(secret)).toBe(false);
    // The control: what may stand there is found.
    expect(text).toContain(`{"chunk":"${chunk}"}`);
    expect(histories[0]?.events?.length).toBeLessThan(15);
  });

  test('gets one answer for a call that was delivered three times', async () => {
    const ids = newIds(1);
    const { token } = await submit(ids);
    await Promise.all([submit(ids, {}, token), submit(ids, {}, token)]);
    await marketo.waitFor(1);
    await sleep(3_000);
    expect(marketo.hits).toHaveLength(1);
  });

  test('gets people that are not through as queued, when it has waited long enough', async () => {
    outcome = undefined;
    const [open = '', refused = ''] = newIds(2);
    const { chunk } = await submit([], { objectData: [person(open), person(refused, { syncAs: 'account' })] });
    await sleep(2_000);
    expect(marketo.hits).toEqual([]);
    await age(fresh.db, chunk, 60);
    await marketo.waitFor(1);
    expect(answerOf().map(({ activityData }) => activityData.operation)).toEqual(['queued', 'rejected']);
    expect(await handleOf(chunk).result()).toEqual({ answered: 'sent', people: 2, unfinished: 1 });
  });
});

describe('many calls of a trigger campaign at one moment', () => {
  const wasRun = (workflowId: string) =>
    client.workflow
      .getHandle(workflowId)
      .describe()
      .then(
        () => true,
        () => false,
      );

  test('have one answer each, from a few runs that create their people, and nothing of a person is in those', async () => {
    const before = await runsTogether(client);
    const ids = newIds(40);
    const calls = await Promise.all(ids.map((id) => submit([id])));
    await marketo.waitFor(40);
    expect(new Set(marketo.taken.map(({ headers }) => headers['x-callback-token']))).toEqual(
      new Set(calls.map(({ token }) => token)),
    );
    expect(marketo.taken.flatMap(({ body }) => body.objectData as { leadData: { id: number } }[])).toHaveLength(40);
    const runs = (await runsTogether(client)).filter((id) => !before.includes(id));
    expect(runs.length).toBeGreaterThan(0);
    expect(runs.length).toBeLessThan(10);
    const histories = await Promise.all(
      runs.map(async (id) => {
        const handle = client.workflow.getHandle(id);
        expect(await handle.result()).toMatchObject({ outcomes: { created: expect.any(Number) } });
        return handle.fetchHistory();
      }),
    );
    const text = textOf(histories);
    for (const secret of [calls[0]?.token ?? '', '123abc', 'a@b.com', marketo.url]) expect(text.includes(secret)).toBe(false);
    // The control: what may stand there is found.
    expect(calls.filter(({ chunk }) => !text.includes(chunk))).toEqual([]);
    for (const { events } of histories) expect(events?.length).toBeLessThan(40);
    expect(marketo.hits).toHaveLength(40);
  });

  test('leave those whose people are not through to runs that wait for them', async () => {
    const ids = newIds(12);
    const [bad = ''] = ids;
    failing.add(bad);
    const calls = await Promise.all(ids.map((id) => submit([id])));
    await marketo.waitFor(11);
    await expect(client.workflow.getHandle(`create/${bad}`).result()).rejects.toThrow('Workflow execution failed');
    expect(await wasRun(`create/${ids[1] ?? ''}`)).toBe(false);
    expect(await wasRun(flowStepKey.answer(calls[1]?.chunk ?? ''))).toBe(false);
    await age(fresh.db, calls[0]?.chunk ?? '', 60);
    await marketo.waitFor(12);
    const operations = marketo.taken.flatMap(({ body }) => body.objectData as { activityData: { operation: string } }[]);
    expect(operations.map(({ activityData }) => activityData.operation).filter((word) => word !== 'created')).toEqual(['queued']);
    expect(await handleOf(calls[0]?.chunk ?? '').result()).toMatchObject({ answered: 'sent', unfinished: 1 });
    failing.clear();
  });

  test('are answered once each by a Marketo that fails at first', async () => {
    marketo.next.push(503, 'lose', 429);
    const calls = await Promise.all(newIds(12).map((id) => submit([id])));
    await marketo.waitFor(12);
    // The one whose receipt was lost counts as taken: its second try comes later.
    while (marketo.hits.length < 15) await sleep(50);
    await sleep(1_000);
    expect(marketo.hits.length).toBe(15);
    expect(new Set(marketo.taken.map(({ headers }) => headers['x-callback-token'])).size).toBe(calls.length);
  });

  test('are told of as refused, where Marketo refuses an answer for good, and the others are answered', async () => {
    marketo.next.push(405);
    await Promise.all(newIds(12).map((id) => submit([id])));
    await marketo.waitFor(11);
    await sleep(1_000);
    expect(marketo.hits.length).toBe(12);
  });
});

describe('a worker whose hands are full of creations that wait', () => {
  test('answers other calls all the same', async () => {
    let release: (value?: unknown) => void = () => undefined;
    budget = new Promise((resolve) => {
      release = resolve;
    });
    try {
      await Promise.all(newIds(100).map((id) => submit([id])));
      await sleep(2_000);
      expect(marketo.taken).toEqual([]);
      const [refused = ''] = newIds(1);
      const started = Date.now();
      await submit([], { objectData: [person(refused, { syncAs: 'account' })] });
      await marketo.waitFor(1);
      expect(Date.now() - started).toBeLessThan(30_000);
    } finally {
      // A worker that is asked to end waits for its activities.
      release();
      budget = Promise.resolve();
    }
    await marketo.waitFor(101);
    expect(new Set(marketo.taken.map(({ headers }) => headers['x-callback-token'])).size).toBe(101);
  }, 120_000);
});

describe('a batch campaign', () => {
  test('has one answer, when all are through; nobody is woken before the cycle', async () => {
    const ids = newIds(3);
    const { chunk } = await submit(ids, batch);
    await expect(client.workflow.getHandle(`create/${ids[0] ?? ''}`).describe()).rejects.toThrow();
    for (const id of ids.slice(0, 2)) {
      const requests = await openRequests(fresh.db, id);
      const requestIds = requests.map(({ requestId }) => requestId);
      await endRequests(fresh.db, [{ requestIds, outcome: { status: 'created' }, others: { status: 'created' } }]);
    }
    // As if ten minutes had passed, so that it is looked at often enough for a test; one is not through yet.
    await age(fresh.db, chunk, 14 * 60 - 20);
    await sleep(12_000);
    expect(marketo.hits).toEqual([]);
    await marketo.waitFor(1);
    expect(answerOf().map(({ activityData }) => activityData.operation)).toEqual(['created', 'created', 'queued']);
  }, 90_000);
});

describe('when things are away', () => {
  test('a Marketo that fails is answered later, once', async () => {
    marketo.next.push(503, 'lose');
    const { chunk } = await submit(newIds(1));
    await marketo.waitFor(1);
    expect(await handleOf(chunk).result()).toMatchObject({ answered: 'sent' });
    expect(marketo.hits).toHaveLength(3);
    expect(marketo.taken).toHaveLength(1);
  });

  test('a refusal ends the workflow as failed, where operators see it', async () => {
    marketo.next.push(405);
    const { chunk } = await submit(newIds(1));
    while (marketo.hits.length === 0) await sleep(50);
    await expect(handleOf(chunk).result()).rejects.toThrow('Workflow execution failed');
    expect((await handleOf(chunk).describe()).status.name).toBe('FAILED');
    expect(lines.filter((line) => line.includes('did not take the answer') && line.includes(chunk))).toHaveLength(1);
  });

  test('a call that came while Temporal was away is answered through the next cycle', async () => {
    const [id = ''] = newIds(1);
    const chunk = chunkFor([id], { callbackUrl: marketo.url });
    await createFlowStepChunks(fresh.db).accept(chunk);
    await age(fresh.db, chunk.id, 60);
    await sleep(1_000);
    expect(marketo.hits).toEqual([]);
    await client.workflow.execute('syncCycle', { taskQueue: TASK_QUEUE, workflowId: `cycle-${randomUUID()}`, args: [] });
    await marketo.waitFor(1);
    expect(answerOf()).toMatchObject([{ activityData: { operation: 'queued' } }]);
    expect(await handleOf(chunk.id).result()).toMatchObject({ answered: 'sent' });
  });

  test('a call whose gateway was killed before it woke anybody is taken up by another one, without a cycle', async () => {
    const ids = newIds(1);
    const chunk = chunkFor(ids, { callbackUrl: marketo.url });
    await createFlowStepChunks(fresh.db).accept(chunk);
    await age(fresh.db, chunk.id, 30);
    const other = openGateway({ unattendedMs: 50 });
    await other.listen({ port: 0, host: '127.0.0.1' });
    await marketo.waitFor(1);
    await other.close();
    expect(marketo.taken[0]?.body.objectData).toMatchObject([
      { leadData: { id: Number(ids[0]) }, activityData: { operation: 'created' } },
    ]);
  });

  test('a cycle goes on though it cannot learn of such calls', async () => {
    listFailure = ApplicationFailure.nonRetryable('the store is away');
    const result = client.workflow.execute('syncCycle', { taskQueue: TASK_QUEUE, workflowId: `cycle-${randomUUID()}`, args: [] });
    expect(await result).toMatchObject({ ended: 'done' });
    listFailure = undefined;
  });

  test('a cycle does not start a second answer beside a running one', async () => {
    outcome = undefined;
    const { chunk } = await submit(newIds(1));
    await sleep(1_500);
    const { runId } = await handleOf(chunk).describe();
    await age(fresh.db, chunk, 30);
    await client.workflow.execute('syncCycle', { taskQueue: TASK_QUEUE, workflowId: `cycle-${randomUUID()}`, args: [] });
    expect((await handleOf(chunk).describe()).runId).toBe(runId);
    await age(fresh.db, chunk, 60);
    await marketo.waitFor(1);
    await sleep(1_000);
    expect(marketo.hits).toHaveLength(1);
  });

  test('a worker that ends while a call waits is followed by one that answers it', async () => {
    outcome = undefined;
    const [id = ''] = newIds(1);
    const { chunk } = await submit([id]);
    await sleep(1_500);
    await worker.stop();
    const requestIds = (await openRequests(fresh.db, id)).map(({ requestId }) => requestId);
    await endRequests(fresh.db, [{ requestIds, outcome: { status: 'linked', microsoftId: 'x' }, others: { status: 'linked' } }]);
    worker = await startWorker();
    await marketo.waitFor(1);
    expect(answerOf()).toMatchObject([{ activityData: { operation: 'linked' } }]);
    expect(await handleOf(chunk).result()).toMatchObject({ answered: 'sent', unfinished: 0 });
    expect(marketo.hits).toHaveLength(1);
  });
});
