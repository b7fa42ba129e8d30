import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { createCallBack, RESERVED_SEC } from '../../../src/activities/flowStep/callBack';
import { createChunks } from '../../../src/activities/flowStep/chunks';
import type { FlowStepChunk } from '../../../src/core/ports';
import { createFlowStepChunks } from '../../../src/store/flowStep';
import { beginAnswer } from '../../../src/store/flowStepAnswer';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { adobeProblems } from '../../support/flowSteps';
import { age, chunkFor, endPeople, keepLog, newIds, type Receiver, startReceiver } from './support';

let fresh: FreshDatabase;
let marketo: Receiver;
const { log, lines } = keepLog();
const callBack = (hosts = ['127.0.0.1']) =>
  createCallBack(
    { db: fresh.db, clock: { now: () => new Date() }, log, options: { callbackHosts: hosts } },
    createChunks(fresh.db, RESERVED_SEC),
  );

beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());
beforeEach(async () => {
  marketo = await startReceiver();
  lines.length = 0;
});
afterEach(() => marketo.close());

/** A call with people that are all through. */
async function finished(count = 1, over: Partial<FlowStepChunk> = {}): Promise<FlowStepChunk> {
  const ids = newIds(count);
  const chunk = chunkFor(ids, { callbackUrl: marketo.url, ...over });
  await createFlowStepChunks(fresh.db).accept(chunk);
  await endPeople(fresh.db, chunk.id, ids, { status: 'created', microsoftId: '6c9f' });
  return chunk;
}

async function failureOf(work: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApplicationFailure)) throw new Error(`expected a failure, got ${String(error)}`);
  return error;
}

const endOf = async (id: string) =>
  (await fresh.db
    .selectFrom('flow_step_chunk')
    .select(['end_state', 'end_code', 'tries'])
    .where('id', '=', id)
    .executeTakeFirst()) ?? {};

describe('the answer', () => {
  test('carries key and token in its headers and every person once in its body', async () => {
    const ids = newIds(3);
    const chunk = chunkFor(ids, { callbackUrl: marketo.url });
    await createFlowStepChunks(fresh.db).accept(chunk);
    await endPeople(fresh.db, chunk.id, ids.slice(0, 1), { status: 'alreadySynced', microsoftId: '6c9f' });
    await endPeople(fresh.db, chunk.id, ids.slice(1, 2), { status: 'rejected', code: 'unknownOwner', reason: 'No such user' });
    expect(await callBack()({ chunk: chunk.id })).toEqual({ answered: 'sent', people: 3, unfinished: 1 });
    const [answer] = marketo.taken;
    expect(answer?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-api-key': 'call-back-key',
      'x-callback-token': chunk.token,
    });
    expect(adobeProblems(answer?.body, 'flowCallBack')).toEqual([]);
    expect(answer?.body).toMatchObject({
      munchkinId: 'AAA-999-ZZZ',
      objectData: [
        { leadData: { id: Number(ids[0]), microsoftId: '6c9f' }, activityData: { success: true, operation: 'alreadySynced' } },
        {
          leadData: { id: Number(ids[1]) },
          activityData: { success: false, errorCode: 'UNKNOWN_OWNER', reason: 'No such user' },
        },
        { leadData: { id: Number(ids[2]) }, activityData: { success: true, operation: 'queued' } },
      ],
    });
  });

  test('of a call without token and key has no such headers', async () => {
    const { token: _token, callbackKey: _key, ...bare } = chunkFor(newIds(1), { callbackUrl: marketo.url });
    await createFlowStepChunks(fresh.db).accept(bare);
    await callBack()({ chunk: bare.id });
    expect(marketo.taken[0]?.headers).not.toHaveProperty('x-callback-token');
    expect(marketo.taken[0]?.headers).not.toHaveProperty('x-api-key');
  });

  test('of a thousand people is one answer with each of them', async () => {
    const chunk = await finished(1_000);
    await callBack()({ chunk: chunk.id });
    const ids = marketo.taken[0]?.body.objectData.map(({ leadData }: { leadData: { id: number } }) => String(leadData.id));
    expect(ids).toEqual(chunk.people.map(({ marketoId }) => marketoId));
  });

  test('sent again is not sent: it is known', async () => {
    const { id } = await finished();
    await callBack()({ chunk: id });
    expect(await callBack()({ chunk: id })).toMatchObject({ answered: 'known' });
    expect(marketo.hits).toHaveLength(1);
  });

  test('sent by five at once leaves once; the others wait', async () => {
    const { id } = await finished();
    const ends = await Promise.allSettled(Array.from({ length: 5 }, () => callBack()({ chunk: id })));
    expect(marketo.hits).toHaveLength(1);
    const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as ApplicationFailure] : []));
    for (const failure of failures) expect(failure).toMatchObject({ type: 'Busy', nonRetryable: false });
  });

  test('leaves no secret and no address in the log', async () => {
    const { id, token = '' } = await finished();
    marketo.next.push(500);
    await failureOf(callBack()({ chunk: id }));
    await callBack()({ chunk: id });
    expect(lines.join()).toContain(id);
    for (const secret of [token, 'call-back-key', '127.0.0.1']) expect(lines.join()).not.toContain(secret);
  });
});

describe('when Marketo does not take it', () => {
  test.each([500, 502, 503, 429])('%d: it is sent again, with the same token', async (status) => {
    const { id, token } = await finished();
    marketo.next.push(status);
    expect(await failureOf(callBack()({ chunk: id }))).toMatchObject({
      nonRetryable: false,
      message: `Marketo could not be answered (${status})`,
    });
    expect(await callBack()({ chunk: id })).toMatchObject({ answered: 'sent' });
    expect(marketo.hits.map(({ headers }) => headers['x-callback-token'])).toEqual([token, token]);
    expect(marketo.taken).toHaveLength(1);
  });

  test('not before it is asked to', async () => {
    const { id } = await finished();
    marketo.next.push({ status: 429, headers: { 'retry-after': '7' } });
    expect((await failureOf(callBack()({ chunk: id }))).nextRetryDelay).toBe(7_000);
  });

  test.each([400, 401, 403, 404, 405])('%d: it is over, with an alert', async (status) => {
    const { id } = await finished();
    marketo.next.push(status);
    expect(await failureOf(callBack()({ chunk: id }))).toMatchObject({ type: 'CallbackRefused', nonRetryable: true });
    expect(await endOf(id)).toMatchObject({ end_state: 'refused', end_code: String(status) });
    expect(lines.filter((line) => line.includes('"level":"error"'))).toHaveLength(1);
    expect(await callBack()({ chunk: id })).toMatchObject({ answered: 'known' });
    expect(marketo.hits).toHaveLength(1);
  });

  test('a redirect is not followed', async () => {
    let followed = 0;
    const elsewhere = createServer((_request, response) => {
      followed += 1;
      response.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    const { id } = await finished();
    marketo.next.push({ status: 307, headers: { location: url } });
    expect(await failureOf(callBack()({ chunk: id }))).toMatchObject({ type: 'CallbackRefused' });
    expect(followed).toBe(0);
    // The control: that address does answer.
    expect((await fetch(url)).ok).toBe(true);
    elsewhere.close();
  });

  test('an answer whose receipt was lost is sent again, and known to have arrived by the used token', async () => {
    const { id } = await finished();
    marketo.next.push('lose');
    expect(await failureOf(callBack()({ chunk: id }))).toMatchObject({ nonRetryable: false });
    expect(await callBack()({ chunk: id })).toMatchObject({ answered: 'sent' });
    expect(marketo.hits).toHaveLength(2);
    expect(marketo.taken).toHaveLength(1);
    expect(await endOf(id)).toEqual({ end_state: 'answered', end_code: '404', tries: 2 });
  });

  test('an answer that never arrived is sent again and taken', async () => {
    const { id } = await finished();
    marketo.next.push('refuse-connection');
    await failureOf(callBack()({ chunk: id }));
    await callBack()({ chunk: id });
    expect(await endOf(id)).toMatchObject({ end_state: 'answered', end_code: '202' });
  });

  test('a Marketo that is not there is tried again, and not thought to have it', async () => {
    const { id } = await finished();
    await marketo.close();
    expect(await failureOf(callBack()({ chunk: id }))).toMatchObject({ nonRetryable: false });
    const row = await fresh.db
      .selectFrom('flow_step_chunk')
      .select(['in_doubt', 'ended_at'])
      .where('id', '=', id)
      .executeTakeFirst();
    expect(row).toEqual({ in_doubt: false, ended_at: null });
  });

  test('after a worker that died while sending, the next waits until it cannot be under way any more', async () => {
    const { id } = await finished();
    await beginAnswer(fresh.db, id, 40);
    const busy = await failureOf(callBack()({ chunk: id }));
    expect(busy.type).toBe('Busy');
    expect(Number(busy.nextRetryDelay)).toBeGreaterThan(35_000);
    expect(marketo.hits).toEqual([]);
    await age(fresh.db, id, 45);
    expect(await callBack()({ chunk: id })).toMatchObject({ answered: 'sent' });
  });
});

describe('where it goes', () => {
  test('not to this machine, unless this worker may; the call stays open for a mended setting', async () => {
    const { id } = await finished();
    expect(await failureOf(callBack([])({ chunk: id }))).toMatchObject({
      nonRetryable: false,
      message: 'Marketo could not be answered (hostNotAllowed)',
    });
    expect(marketo.hits).toEqual([]);
    expect(await callBack()({ chunk: id })).toMatchObject({ answered: 'sent' });
  });

  test('not to a name that leads to a private address, though the name is allowed', async () => {
    const url = new URL(marketo.url);
    const { id } = await finished(1, { callbackUrl: `https://localhost:${url.port}/` });
    expect(await failureOf(callBack(['localhost'])({ chunk: id }))).toMatchObject({
      type: 'CallbackRefused',
      message: expect.stringContaining('ERR_FORBIDDEN_ADDRESS'),
    });
    expect(marketo.hits).toEqual([]);
  });
});
