/** The ledger's count of a day's calls beside Marketo's own: real store, real sandbox. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { lookAtUsage } from '../../../src/activities/usage';
import { createMarketo } from '../../../src/marketo/client';
import { createHttpClient } from '../../../src/remote/http';
import { createPace } from '../../../src/remote/pace';
import { createMarketoSandbox } from '../../../src/sandbox/marketo';
import { takePermit } from '../../../src/store/limits';
import { createOperations } from '../../../src/store/operations';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { sendJson } from '../../support/vendors';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let sandbox: Awaited<ReturnType<typeof createMarketoSandbox>>;
let baseUrl: string;
let fresh: FreshDatabase;
let look: () => Promise<NonNullable<Awaited<ReturnType<ReturnType<typeof createOperations>['status']>>['marketoCalls']>>;
let marketo: ReturnType<typeof createMarketo>;

beforeAll(async () => {
  sandbox = await createMarketoSandbox({});
  baseUrl = await sandbox.listen(0);
  await sendJson(`${baseUrl}/_sandbox/limits`, 'POST', { callsPer20s: 10_000 });
  fresh = await freshDatabase();
  const { db } = fresh;
  const pace = createPace({
    take: () => takePermit(db, 'marketo', { calls: 1_000, windowMs: 20_000 }),
    block: async () => undefined,
    maxWaitMs: 1_000,
  });
  const http = createHttpClient({ timeoutMs: 5_000, concurrency: 5, pace });
  const clock = { now: () => new Date() };
  marketo = createMarketo({ baseUrl, clientId: 'sync-client', clientSecret: 'sync-secret', http, clock, log: silent, pace });
  look = async () => {
    await lookAtUsage({ db, remotes: { marketo }, log: silent, now: Date.now });
    const { marketoCalls } = await createOperations(db).status();
    if (marketoCalls === undefined) throw new Error('Nothing was told');
    return marketoCalls;
  };
  // Of a day without a call Marketo has nothing to tell.
  await marketo.schema();
}, 60_000);
afterAll(async () => {
  await fresh.drop();
  await sandbox.close();
});

/** Calls of another program. */
async function callAs(client: 'sync' | 'marketing', times: number): Promise<void> {
  const grant = `grant_type=client_credentials&client_id=${client}-client&client_secret=${client}-secret`;
  const { access_token: token } = await sendJson(`${baseUrl}/identity/oauth/token?${grant}`);
  for (let call = 0; call < times; call += 1)
    await sendJson(`${baseUrl}/rest/v1/leads/describe.json`, 'GET', undefined, { authorization: `Bearer ${String(token)}` });
}

test('both count the same, whatever others call under a name of their own', async () => {
  const before = await look();
  await marketo.schema();
  await callAs('marketing', 60);
  const now = await look();
  expect(now.total - before.total).toBeGreaterThanOrEqual(60);
  expect(now.counted).toBeGreaterThan(before.counted + 1);
  // Asking for a token is no call for Marketo, and the question itself is under way while it is answered.
  expect(now.counted - Number(now.ours)).toBeLessThanOrEqual(2);
  expect(now.ofOthers).toBe(0);
});

test('they do not when another program has our API user, and status tells how many calls that were', async () => {
  await look();
  await callAs('sync', 60);
  expect((await look()).ofOthers).toBe(60);
});

test('a Marketo that does not answer changes nothing', async () => {
  const before = await look();
  await sendJson(`${baseUrl}/_sandbox/faults`, 'POST', { match: { path: '/stats/usage' }, times: 1, action: { status: 500 } });
  expect(await look()).toEqual(before);
  expect((await look()).askedAt).not.toBe(before.askedAt);
});
