/** The gateway over HTTP on the real store. Temporal is the one part that is played: it is not there. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreationOutcome } from '../../../src/core/ports';
import type { Waits } from '../../../src/gateway/deps';
import { createGateway } from '../../../src/gateway/server';
import { noteFailure } from '../../../src/store/inbox';
import { createOperations } from '../../../src/store/operations';
import { replaceRejections } from '../../../src/store/rejections';
import { createRequests, endRequests } from '../../../src/store/requests';
import { openRequests } from '../../support/creation';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { memoryLog, MemoryTemporal } from '../../unit/gateway/support';
import { livePair, newMarketoId } from '../store/support';
import { type Answer, GATEWAY_TOKEN, OPERATOR_TOKEN, send, WEBHOOK } from './support';
import { oneToken } from '../../support/keyring';

let fresh: FreshDatabase;
let temporal: MemoryTemporal;
let gateway: ReturnType<typeof createGateway>;
let url: string;

beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());
beforeEach(() => open({ outcomeMs: 1_000 }));
afterEach(() => gateway.close());

async function open(waits: Partial<Waits>, db = fresh.db): Promise<void> {
  temporal = new MemoryTemporal();
  gateway = createGateway({
    requests: createRequests(db),
    operations: createOperations(db),
    temporal,
    tokens: { gateway: oneToken(GATEWAY_TOKEN), operator: oneToken(OPERATOR_TOKEN) },
    health: async () => ({ status: 'ready', parts: { store: 'ok', temporal: 'ok' } }),
    log: memoryLog().log,
    clock: { now: () => new Date() },
    waits,
  });
  url = await gateway.listen({ port: 0, host: '127.0.0.1' });
}

const webhook = (body: object): Promise<Answer> => send(url, WEBHOOK, GATEWAY_TOKEN, body);
const operator = (path: string, body?: object): Promise<Answer> => send(url, `/operator/${path}`, OPERATOR_TOKEN, body);
const requestIds = async (marketoId: string): Promise<string[]> =>
  (await openRequests(fresh.db, marketoId)).map(({ requestId }) => requestId);
const inboxOf = (key: string) =>
  fresh.db.selectFrom('inbox').select(['state', 'lane', 'kind', 'attempts']).where('key', '=', key).execute();

/** What the workflow does at its end. */
async function serve(marketoId: string, outcome: CreationOutcome): Promise<void> {
  let ids = await requestIds(marketoId);
  while (ids.length === 0) {
    await sleep(5);
    ids = await requestIds(marketoId);
  }
  await endRequests(fresh.db, [{ requestIds: ids, outcome, others: { ...outcome, status: 'alreadySynced' } }]);
}

describe('the webhook', () => {
  test('202 means that the request stands in the store, in the most urgent lane', async () => {
    await gateway.close();
    await open({ outcomeMs: 50 });
    const id = newMarketoId();
    expect(await webhook({ leadId: id, syncAs: 'contact', assignTo: 'owner@example.com' })).toEqual({
      status: 202,
      json: { status: 'queued', workflowId: `create/${id}` },
    });
    expect(await openRequests(fresh.db, id)).toMatchObject([{ syncAs: 'contact', assignTo: 'owner@example.com' }]);
    expect(await inboxOf(`create/${id}`)).toEqual([{ state: 'open', lane: 1, kind: 'create', attempts: 0 }]);
  });

  test('200 carries the outcome as soon as it is there', async () => {
    const id = newMarketoId();
    const started = Date.now();
    const [answer] = await Promise.all([webhook({ leadId: id }), serve(id, { status: 'created', microsoftId: 'x' })]);
    expect(answer).toEqual({ status: 200, json: { status: 'created', microsoftId: 'x' } });
    expect(Date.now() - started).toBeLessThan(900);
  });

  test('a request id that is sent again is one request, answered the same', async () => {
    const id = newMarketoId();
    const [first] = await Promise.all([
      webhook({ leadId: id, requestId: 'welcome' }),
      serve(id, { status: 'rejected', reason: 'No.' }),
    ]);
    const again = await webhook({ leadId: id, requestId: 'welcome' });
    expect([first, again]).toEqual([first, first]);
    expect(first).toEqual({ status: 200, json: { status: 'rejected', reason: 'No.' } });
    expect(temporal.signals).toHaveLength(1);
    // The control: another id is another request.
    await Promise.all([webhook({ leadId: id, requestId: 'other' }), serve(id, { status: 'created' })]);
    expect(temporal.signals).toHaveLength(2);
  });

  test('twenty calls at once with one request id are one request, and all are answered', async () => {
    const id = newMarketoId();
    const calls = Array.from({ length: 20 }, () => webhook({ leadId: id, requestId: 'same' }));
    await sleep(100);
    expect(await requestIds(id)).toEqual([`${id}/same`]);
    await serve(id, { status: 'linked', microsoftId: 'y' });
    for (const answer of await Promise.all(calls))
      expect(answer).toEqual({ status: 200, json: { status: 'linked', microsoftId: 'y' } });
  });

  test('two hundred people at once are all kept, and answered as their outcomes come', async () => {
    await gateway.close();
    await open({ acceptMs: 20_000, outcomeMs: 20_000 });
    const ids = Array.from({ length: 200 }, newMarketoId);
    const calls = Promise.all(ids.map((id) => webhook({ leadId: id })));
    await Promise.all(ids.map((id) => serve(id, { status: 'created', microsoftId: id })));
    const answers = await calls;
    expect(answers.map(({ status, json }) => [status, json.microsoftId])).toEqual(ids.map((id) => [200, id]));
  });

  test('several wishes of one person at once: the first is served, the others find it done', async () => {
    const id = newMarketoId();
    const calls = Array.from({ length: 5 }, () => webhook({ leadId: id }));
    while ((await requestIds(id)).length < 5) await sleep(5);
    await serve(id, { status: 'created', microsoftId: 'z' });
    const statuses = (await Promise.all(calls)).map(({ json }) => String(json.status)).toSorted();
    expect(statuses).toEqual([...Array<string>(4).fill('alreadySynced'), 'created']);
  });

  test.each([{ leadId: 0 }, { leadId: 5, syncas: 'contact' }, { leadid: 5 }])('400 for %j keeps nothing', async (body) => {
    const before = await fresh.db.selectFrom('request').select('request_id').execute();
    expect((await webhook(body)).status).toBe(400);
    expect(await fresh.db.selectFrom('request').select('request_id').execute()).toEqual(before);
  });

  test('401 keeps nothing', async () => {
    const id = newMarketoId();
    expect((await send(url, WEBHOOK, OPERATOR_TOKEN, { leadId: id })).status).toBe(401);
    expect(await requestIds(id)).toEqual([]);
  });

  test('503 when the database is gone, in time for Marketo', async () => {
    const doomed = await freshDatabase();
    await gateway.close();
    await open({}, doomed.db);
    await doomed.drop();
    const started = Date.now();
    expect(await webhook({ leadId: 5 })).toMatchObject({ status: 503, json: { error: 'unavailable' } });
    expect(await operator('status')).toMatchObject({ status: 503, json: { error: 'unavailable' } });
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  test('a gateway that is closed while callers wait answers them 202, and their requests stand', async () => {
    await gateway.close();
    await open({ outcomeMs: 30_000 });
    const ids = [newMarketoId(), newMarketoId()];
    const calls = ids.map((id) => webhook({ leadId: id }));
    for (const id of ids) while ((await requestIds(id)).length === 0) await sleep(5);
    const started = Date.now();
    await gateway.close();
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([202, 202]);
    expect(Date.now() - started).toBeLessThan(2_000);
    for (const id of ids) expect(await requestIds(id)).toHaveLength(1);
  });
});

describe('operators', () => {
  test('see what waits, what failed and what was refused', async () => {
    const { json: before } = await operator('status');
    const pair = await livePair(fresh.db);
    await refuse(pair);
    await webhook({ leadId: newMarketoId() });
    const { status, json } = await operator('status');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      pairs: before.pairs + 1,
      openRejections: before.openRejections + 1,
      openRequests: before.openRequests + 1,
      schedule: temporal.state,
    });
    expect(json.waiting.create).toBe(before.waiting.create + 1);
  });

  test.each(['its Marketo id', 'the GUID of its row'])('put a refused record back to work by %s', async (by) => {
    const pair = await livePair(fresh.db);
    await refuse(pair);
    expect(await inboxOf(pair.key)).toMatchObject([{ state: 'closed' }]);
    const id = by === 'its Marketo id' ? pair.marketoId : pair.rowId.toUpperCase();
    const { json } = await operator('retry', { id });
    expect(json).toEqual({
      records: [{ key: pair.key, marketoId: pair.marketoId, microsoftId: pair.rowId, state: 'waiting', rejections: [] }],
      cycleTriggered: true,
    });
    expect(await inboxOf(pair.key)).toMatchObject([{ state: 'open', lane: 2, attempts: 0 }]);
    expect((await operator('progress', { keys: [pair.key] })).json).toEqual({ records: json.records });
  });

  test('put back everything with one code, and nothing else', async () => {
    const [one, other, third] = [await livePair(fresh.db), await livePair(fresh.db), await livePair(fresh.db)];
    await refuse(one, 'codeA');
    await refuse(other, 'codeB');
    await operator('retry', { id: third.marketoId });
    await noteFailure(fresh.db, third.key, 'codeA', 'No answer');
    const { json } = await operator('retry', { all: true, code: 'codeA' });
    expect(json.records.map(({ key }: { key: string }) => key).toSorted()).toEqual([one.key, third.key].toSorted());
    expect(await inboxOf(other.key)).toMatchObject([{ state: 'closed' }]);
  });

  test('are told of a failure while it is tried again', async () => {
    const pair = await livePair(fresh.db);
    await operator('retry', { id: pair.marketoId });
    await noteFailure(fresh.db, pair.key, 'timeout', 'No answer');
    expect((await operator('progress', { keys: [pair.key] })).json.records).toMatchObject([
      { state: 'waiting', failure: { code: 'timeout', message: 'No answer' } },
    ]);
  });

  test('find nothing by an id that nobody has', async () => {
    expect(await operator('retry', { id: '999999999' })).toEqual({ status: 200, json: { records: [], cycleTriggered: false } });
  });
});

async function refuse({ pairId, key }: { readonly pairId: number; readonly key: string }, code = '0x80040265'): Promise<void> {
  const found = [
    {
      side: 'dynamics',
      table: 'lead',
      group: 'phone',
      field: 'phone',
      valueHash: 'h',
      refusalHash: 'r',
      code,
      message: 'Not a phone number.',
    } as const,
  ];
  await replaceRejections(fresh.db, [{ pairId, key, found, still: [] }]);
}
