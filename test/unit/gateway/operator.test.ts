import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RecordProgress } from '../../../src/core/ports';
import { type Answer, GATEWAY_TOKEN, OPERATOR_TOKEN, startTestGateway, type TestGateway } from './support';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await startTestGateway({ waits: { storeMs: 150, temporalMs: 150 } });
});
afterEach(() => gateway.close());

const get = (path: string): Promise<Answer> => gateway.send('GET', path, { token: OPERATOR_TOKEN });
const post = (path: string, body?: unknown): Promise<Answer> => gateway.send('POST', path, { token: OPERATOR_TOKEN, body });

const GUID = '6c9f1d3e-0d3b-ee11-be6d-002248aa0001';
const refused: RecordProgress = {
  key: 'record/1042',
  marketoId: '1042',
  microsoftId: GUID,
  state: 'done',
  outcome: 'rejected',
  rejections: [{ side: 'dynamics', field: 'phone', code: '0x80040265', message: 'Not a phone number.' }],
};

describe('GET /operator/status', () => {
  test('answers what the store knows, and when the next cycle runs', async () => {
    const { status, json } = await get('/operator/status');
    expect(status).toBe(200);
    expect(json).toEqual({ ...gateway.operations.current, schedule: gateway.temporal.state });
  });

  test('while Temporal is away the rest is answered', async () => {
    gateway.temporal.down = true;
    expect(await get('/operator/status')).toMatchObject({ status: 200, json: { pairs: 1234, schedule: null } });
  });

  test.each(['down', 'hanging'] as const)('with the store %s: 503, and nothing of its error', async (how) => {
    gateway.operations[how] = true;
    const answer = await get('/operator/status');
    expect(answer).toMatchObject({ status: 503, json: { error: 'unavailable' } });
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(JSON.stringify(answer.json) + gateway.lines.join()).not.toContain('secret-host');
  });
});

describe('POST /operator/retry', () => {
  beforeEach(() => {
    gateway.operations.put(refused);
    gateway.operations.put({
      key: 'record/7',
      marketoId: '7',
      state: 'quarantined',
      failure: { code: 'timeout', message: 'No answer' },
    });
  });

  test.each([
    ['a Marketo id', { id: 1042 }],
    ['a Marketo id as text', { id: ' 1042 ' }],
    ['a GUID', { id: GUID }],
    ['a GUID as Dynamics shows it', { id: `{${GUID.toUpperCase()}}` }],
    ['everything with a code', { all: true, code: '0x80040265' }],
  ])('puts back the record that is named by %s, and starts a cycle', async (_name, body) => {
    const { status, json } = await post('/operator/retry', body);
    expect(status).toBe(200);
    expect(json).toEqual({
      records: [{ key: 'record/1042', marketoId: '1042', microsoftId: GUID, state: 'waiting', rejections: [] }],
      cycleTriggered: true,
    });
    expect(gateway.temporal.cycles).toBe(1);
  });

  test('puts back all that failed', async () => {
    const { json } = await post('/operator/retry', { all: true });
    expect(json.records.map(({ key }: RecordProgress) => key)).toEqual(['record/1042', 'record/7']);
  });

  test('starts no cycle for nothing', async () => {
    expect(await post('/operator/retry', { id: 999 })).toMatchObject({
      status: 200,
      json: { records: [], cycleTriggered: false },
    });
    expect(gateway.temporal.cycles).toBe(0);
  });

  test('says so when Temporal does not start the cycle: the records are back at work all the same', async () => {
    gateway.temporal.down = true;
    expect((await post('/operator/retry', { id: 7 })).json).toMatchObject({
      records: [{ key: 'record/7', state: 'waiting' }],
      cycleTriggered: false,
    });
  });

  test.each([
    ['nothing', {}, 'The body must have either id, for one record, or all: true'],
    ['both', { id: 7, all: true }, 'either id, for one record, or all: true'],
    ['all, but false', { all: false }, 'all must be true, or left out'],
    ['a code alone', { id: 7, code: 'x' }, 'may have code only together with all: true'],
    ['an e-mail address', { id: 'jane@example.com' }, 'id must be a Marketo id such as 1234, or the GUID'],
    ['a GUID that is none', { id: `${GUID}0` }, 'or the GUID of a contact or lead'],
    ['a negative number', { id: -7 }, 'must be a Marketo id such as 1234'],
    ['a misspelt member', { ID: 7 }, 'ID must be written id'],
  ])('refuses %s with 400, and an example', async (_name, body, message) => {
    const answer = await post('/operator/retry', body);
    expect(answer).toMatchObject({ status: 400, json: { error: 'badRequest', example: { id: 1234 } } });
    expect(answer.json.message).toContain(message);
    expect(gateway.operations.records.get('record/7')?.state).toBe('quarantined');
  });

  test('503 while the store is away', async () => {
    gateway.operations.down = true;
    expect((await post('/operator/retry', { all: true })).status).toBe(503);
    expect(gateway.temporal.cycles).toBe(0);
  });
});

describe('POST /operator/progress', () => {
  test('answers the records that are known', async () => {
    gateway.operations.put(refused);
    const { status, json } = await post('/operator/progress', { keys: ['record/1042', 'record/0'] });
    expect(status).toBe(200);
    expect(json).toEqual({ records: [refused] });
  });

  test.each([
    ['no keys', {}, 'keys must be a list of record keys'],
    ['an empty list', { keys: [] }, 'keys must name at least one record'],
    ['numbers', { keys: [1042] }, 'keys.0 must be a record key, such as record/1234'],
    ['too many', { keys: Array.from({ length: 1_001 }, () => 'record/1') }, 'at most 1000 keys'],
  ])('refuses %s', async (_name, body, message) => {
    const answer = await post('/operator/progress', body);
    expect(answer.status).toBe(400);
    expect(answer.json.message).toContain(message);
  });
});

describe('POST /operator/cycle', () => {
  test('runs a cycle now', async () => {
    expect(await post('/operator/cycle')).toMatchObject({ status: 200, json: { cycleTriggered: true } });
    expect(gateway.temporal.cycles).toBe(1);
  });

  test('says so when Temporal is away', async () => {
    gateway.temporal.down = true;
    expect(await post('/operator/cycle')).toMatchObject({ status: 200, json: { cycleTriggered: false } });
  });
});

describe('who may ask', () => {
  const routes = [
    ['GET', '/operator/status'],
    ['POST', '/operator/retry'],
    ['POST', '/operator/progress'],
    ['POST', '/operator/cycle'],
    ['POST', '/operator/setup'],
    ['GET', '/operator/openapi.json'],
  ] as const;

  test.each(routes)('%s %s: not without the operators’ token, and not with that of campaigns', async (method, path) => {
    for (const token of [undefined, GATEWAY_TOKEN, `${OPERATOR_TOKEN}x`, OPERATOR_TOKEN.slice(1)]) {
      const answer = await gateway.send(method, path, { ...(token !== undefined && { token }) });
      expect(answer).toMatchObject({ status: 401, json: { error: 'unauthorized' } });
      expect(answer.json.message).toContain('MDSYNC_OPERATOR_TOKEN');
    }
    // The control: it is the token that was missing.
    expect((await gateway.send(method, path, { token: OPERATOR_TOKEN })).status).not.toBe(401);
  });

  test('a scheme is a scheme in any case', async () => {
    const headers = { authorization: `bearer ${OPERATOR_TOKEN}` };
    expect((await gateway.send('GET', '/operator/status', { headers })).status).toBe(200);
  });

  test('no token of anybody is logged', async () => {
    await get('/operator/status');
    await gateway.send('GET', '/operator/status', { token: 'somebody-elses' });
    expect(gateway.lines.length).toBeGreaterThan(0);
    expect(gateway.lines.join()).not.toMatch(/operators-only|somebody-elses/);
  });
});
