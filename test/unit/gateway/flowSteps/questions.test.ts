import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestGateway } from '../support';
import { adobeProblems } from '../../../support/flowSteps';
import { startStepGateway, type StepGateway } from './support';

let gateway: StepGateway;
beforeEach(async () => {
  gateway = await startStepGateway();
});
afterEach(() => gateway.close());

describe('status', () => {
  test('says that all is well, to whoever has the key', async () => {
    const answer = await gateway.get('status');
    expect(answer.status).toBe(200);
    expect(adobeProblems(answer.json, 'serviceStatus')).toEqual([]);
    expect(answer.json).toEqual({ info: [expect.stringContaining('1234 people')], warnings: [], errors: [] });
  });

  test.each([[null], ['wrong']])('verifies credentials: %j is 401', async (key) => {
    expect((await gateway.get('status', key)).status).toBe(401);
  });

  test('says what is down, and never fails itself', async () => {
    gateway.health = { status: 'down', parts: { store: 'ok', temporal: 'down' } };
    expect((await gateway.get('status')).json.errors).toEqual([expect.stringContaining('Temporal does not answer')]);
    gateway.health = { status: 'down', parts: { store: 'down', temporal: 'ok' } };
    expect((await gateway.get('status')).json.errors).toEqual([expect.stringContaining('database does not answer')]);
    gateway.health = { status: 'ready', parts: { store: 'ok', temporal: 'ok' } };
    gateway.chunks.down = true;
    expect((await gateway.get('status')).json.errors).toEqual([expect.stringContaining('database does not answer')]);
  });

  test('says how both sides are, what waits and what was lost', async () => {
    gateway.health = { status: 'starting', parts: { store: 'ok', temporal: 'ok' } };
    gateway.operations.current = {
      ...gateway.operations.current,
      quarantined: 2,
      problems: ['Marketo lacks person field microsoftId. Run "mdsync setup", which creates them.'],
      sides: { marketo: { blockedUntil: '2026-03-01T12:00:00.000Z', reason: '606' }, dynamics: {} },
      lastCycle: { startedAt: '2026-03-01T11:55:00.000Z', outcome: 'blocked' },
    };
    gateway.chunks.known = { open: 3, oldestOpenSec: 40, lost: [{ code: '404', count: 1 }] };
    const { info, warnings, errors } = (await gateway.get('status')).json;
    expect(info.join(' ')).toMatch(/first cycle has not.*3 calls wait for their answer, the oldest for 40 s.*blocked/);
    expect(warnings).toEqual([
      'Marketo is left alone until 2026-03-01T12:00:00.000Z (606).',
      expect.stringContaining('2 records failed too often'),
      expect.stringContaining('1 answers to campaigns were not taken (404)'),
    ]);
    expect(errors).toEqual([expect.stringContaining('mdsync setup')]);
  });
});

describe('picklists', () => {
  const ask = (name: string, type = 'flow', key?: string | null) =>
    gateway.post('getPicklist', { name, type, fieldMappingContext: {} }, key);
  const OWNER = { id: '6c9f0000-0000-4000-8000-000000000001', name: 'Ann Owner', email: 'ann@example.com' };

  test('of Sync As: lead and contact', async () => {
    const { json } = await ask('syncAs');
    expect(adobeProblems(json, 'picklistObject')).toEqual([]);
    expect(json.choices).toEqual([
      { displayValue: { en_US: 'Lead' }, submittedValue: 'lead' },
      { displayValue: { en_US: 'Contact' }, submittedValue: 'contact' },
    ]);
  });

  test('of Assign To: the users that the store knows, by GUID', async () => {
    gateway.chunks.ownersKnown = [OWNER, { id: 'b', name: 'No Mail' }];
    const { json } = await ask('assignTo');
    expect(adobeProblems(json, 'picklistObject')).toEqual([]);
    expect(json.choices).toEqual([
      { displayValue: { en_US: 'Ann Owner (ann@example.com)' }, submittedValue: OWNER.id },
      { displayValue: { en_US: 'No Mail' }, submittedValue: 'b' },
    ]);
  });

  test('of Assign To: empty before the users were read, and never more than Marketo takes', async () => {
    expect((await ask('assignTo')).json).toEqual({ choices: [] });
    gateway.chunks.ownersKnown = Array.from({ length: 1_500 }, (_one, index) => ({ ...OWNER, id: String(index) }));
    expect((await ask('assignTo')).json.choices).toHaveLength(1_000);
  });

  test('names of users are told with the key only; what is public without', async () => {
    gateway.chunks.ownersKnown = [OWNER];
    const refused = await ask('assignTo', 'flow', null);
    expect(refused.status).toBe(401);
    expect(refused.text).not.toContain('Ann');
    expect((await ask('syncAs', 'flow', null)).status).toBe(200);
  });

  test('a store that is away: 503, not an empty list that would take choices away', async () => {
    gateway.chunks.down = true;
    const answer = await ask('assignTo');
    expect([answer.status, answer.json.error]).toEqual([503, 'unavailable']);
  });

  test.each([
    ['an unknown attribute', { name: 'owner', type: 'flow' }, 'no such picklist'],
    ['another type', { name: 'syncAs', type: 'global' }, 'no such picklist'],
    ['no name', { type: 'flow' }, 'name must be'],
  ])('%s: 400', async (_what, body, message) => {
    const answer = await gateway.post('getPicklist', body);
    expect([answer.status, answer.json.message]).toEqual([400, expect.stringContaining(message)]);
  });
});

test('a gateway without flow steps offers none of it', async () => {
  const plain = await startTestGateway();
  expect((await plain.send('GET', '/flow-steps/sync-person-to-microsoft/getServiceDefinition')).status).toBe(404);
  expect((await gateway.get('getServiceDefinition')).status).toBe(200);
  await plain.close();
});
