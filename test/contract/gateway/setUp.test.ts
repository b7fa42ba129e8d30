/** `POST /operator/setup` on a real Temporal server with the real workflow; only the activity is played, in place of Marketo. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { toApplicationFailure } from '../../../src/activities/failures';
import type { SetUpReport } from '../../../src/core/ports';
import { createGateway } from '../../../src/gateway/server';
import { createTemporalDoor } from '../../../src/temporal/door';
import { SET_UP_WORKFLOW_ID, TASK_QUEUE } from '../../../src/temporal/names';
import { memoryLog, MemoryOperations, MemoryRequests } from '../../unit/gateway/support';
import { type Answer, eventually, GATEWAY_TOKEN, OPERATOR_TOKEN, ROOT, startOwnTemporal } from './support';
import { oneToken } from '../../support/keyring';

Runtime.install({ logger: new DefaultLogger('ERROR') });

let temporal: Awaited<ReturnType<typeof startOwnTemporal>>;
let connection: NativeConnection;
let client: Client;
let gateway: ReturnType<typeof createGateway>;
let url: string;
let stopWorker: (() => Promise<void>) | undefined;

beforeAll(async () => {
  temporal = await startOwnTemporal();
  connection = await NativeConnection.connect({ address: temporal.address });
  client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
  gateway = createGateway({
    requests: new MemoryRequests(),
    operations: new MemoryOperations(),
    temporal: createTemporalDoor(client),
    tokens: { gateway: oneToken(GATEWAY_TOKEN), operator: oneToken(OPERATOR_TOKEN) },
    health: async () => ({ status: 'ready', parts: { store: 'ok', temporal: 'ok' } }),
    log: memoryLog().log,
    clock: { now: () => new Date() },
    waits: { reportMs: 3_000 },
  });
  url = await gateway.listen({ port: 0, host: '127.0.0.1' });
}, 60_000);
afterEach(async () => {
  await stopWorker?.();
  stopWorker = undefined;
});
afterAll(async () => {
  await gateway.close();
  await connection.close();
  await client.connection.close();
  await temporal.stop();
});

async function startWorker(setUp: () => Promise<SetUpReport>): Promise<void> {
  const worker = await Worker.create({
    connection,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: resolve(ROOT, 'dist/workflowBundle.js') },
    activities: { setUp },
    shutdownGraceTime: '1 second',
  });
  const run = worker.run();
  stopWorker = async () => {
    worker.shutdown();
    await run;
  };
}

async function setUp(): Promise<Answer> {
  const response = await fetch(`${url}/operator/setup`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
  });
  return { status: response.status, json: await response.json() };
}

const runsOf = async (): Promise<number> => {
  let runs = 0;
  for await (const run of client.workflow.list({ query: `WorkflowId = '${SET_UP_WORKFLOW_ID}'` })) runs += run ? 1 : 0;
  return runs;
};

describe('POST /operator/setup', () => {
  test('answers what the worker has made; two who ask at once share one run', async () => {
    const report: SetUpReport = { createdFields: ['microsoftId'], preparedTypes: ['syncPersonToMicrosoft'] };
    let made = 0;
    await startWorker(async () => {
      made += 1;
      await new Promise((done) => setTimeout(done, 300));
      return report;
    });
    const answers = await Promise.all([setUp(), setUp()]);
    expect(answers).toEqual([
      { status: 200, json: report },
      { status: 200, json: report },
    ]);
    expect(made).toBe(1);
    // The control: asked again later it is another run.
    await setUp();
    expect(made).toBe(2);
  });

  test('424 with the reason when Marketo refuses', async () => {
    await startWorker(async () => {
      throw toApplicationFailure('marketo', { kind: 'config', scope: 'side', code: '603', message: 'Access denied for jane' });
    });
    const { status, json } = await setUp();
    expect(status).toBe(424);
    expect(json).toMatchObject({ error: 'failed', workflowId: SET_UP_WORKFLOW_ID });
    expect(json.message).toMatch(/^Marketo does not let us in .*\(603\)/);
    expect(json.message).not.toContain('jane');
  });

  test('503 without a worker; once there is one, asking again is answered with the report of that very run', async () => {
    const before = await runsOf();
    expect(await setUp()).toMatchObject({ status: 503, json: { error: 'stillRunning', workflowId: SET_UP_WORKFLOW_ID } });
    await startWorker(async () => ({ createdFields: ['late'], preparedTypes: [] }));
    expect(await setUp()).toEqual({ status: 200, json: { createdFields: ['late'], preparedTypes: [] } });
    await eventually(runsOf, (runs) => runs === before + 1);
  });

  test('503 when an operator ends the run', async () => {
    const answer = setUp();
    await eventually(
      () =>
        client.workflow
          .getHandle(SET_UP_WORKFLOW_ID)
          .describe()
          .then(({ status }) => status.name),
      (status) => status === 'RUNNING',
    );
    await client.workflow.getHandle(SET_UP_WORKFLOW_ID).terminate('by hand');
    expect(await answer).toMatchObject({ status: 503, json: { error: 'ended' } });
  });
});
