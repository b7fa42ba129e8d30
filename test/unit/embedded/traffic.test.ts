/** People at work on both sandboxes; no sync and no gateway. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createDynamicsUser } from '../../../src/embedded/people/dynamicsUser';
import { createMarketoUser } from '../../../src/embedded/people/marketoUser';
import { startTraffic } from '../../../src/embedded/traffic';
import { createDataverseSandbox } from '../../../src/sandbox/dataverse';
import { createMarketoSandbox } from '../../../src/sandbox/marketo';

let marketo: Awaited<ReturnType<typeof createMarketoSandbox>>;
let dataverse: Awaited<ReturnType<typeof createDataverseSandbox>>;
let urls: { readonly marketoUrl: string; readonly dynamicsUrl: string };
let said: string[];

beforeEach(async () => {
  marketo = await createMarketoSandbox({});
  dataverse = await createDataverseSandbox({});
  urls = { marketoUrl: await marketo.listen(0), dynamicsUrl: await dataverse.listen(0) };
  said = [];
});
afterEach(() => Promise.all([marketo.close(), dataverse.close()]));

async function control(url: string, name: string, body?: object): Promise<object> {
  const answer = await fetch(`${url}/_sandbox/${name}`, body ? { method: 'POST', body: JSON.stringify(body) } : {});
  return (await answer.json()) as object;
}

/** Two humans that both sides know, as the sync leaves them. */
async function pairTwo(): Promise<void> {
  const [marketer, seller] = [createMarketoUser(urls.marketoUrl), createDynamicsUser(urls.dynamicsUrl)];
  const field = { displayName: 'Microsoft Id', name: 'microsoftId', dataType: 'string' };
  await marketer.ask('/rest/v1/leads/schema/fields.json', { input: [field] });
  await control(urls.dynamicsUrl, 'seed', { contacts: 1, leads: 1 });
  for (const [table, column] of [
    ['contacts', 'contactid'],
    ['leads', 'leadid'],
  ] as const) {
    const rows = await seller.ask<{ value: Record<string, string>[] }>('GET', `${table}?$select=${column}`);
    const input = [{ email: `${table}@example.com`, microsoftId: rows?.value[0]?.[column] }];
    await marketer.ask('/rest/v1/leads.json', { action: 'createOnly', lookupField: 'email', input });
  }
}

const work = (random: () => number) =>
  startTraffic({
    ...urls,
    gatewayUrl: 'http://127.0.0.1:9',
    token: 'campaigns-only-1234',
    perMinute: 6_000,
    tell: (sentence) => said.push(sentence),
    random,
  });

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !holds(); await sleep(10))
    if (Date.now() > end) throw new Error(`It was never so:\n${said.join('\n')}`);
}

test('edits both sides with credentials of its own, tells each deed, and stops when asked', async () => {
  await pairTwo();
  // Numbers without order, the same in every run.
  let state = 7;
  const traffic = work(() => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  });
  const deeds = ['another phone number', 'moved', 'too long', 'Sales made', 'Sales added', 'both changed the title', 'both stay'];
  await until(() => deeds.every((words) => said.some((sentence) => sentence.includes(words))));
  const done = await traffic.stop();
  const total = said.length;
  const failures = said.filter((sentence) => sentence.includes('could not'));
  expect(done).toBe(total - failures.length);
  // Campaigns alone need the gateway, which is not there.
  for (const failure of failures) expect(failure).toContain('flow-step/install');
  await sleep(50);
  expect(said).toHaveLength(total);
  const [atMarketo, atDynamics] = await Promise.all([control(urls.marketoUrl, 'calls'), control(urls.dynamicsUrl, 'calls')]);
  expect(Object.keys(atMarketo)).toEqual(['marketing-client']);
  expect(Object.keys(atDynamics)).toEqual(['sales-app']);
});

test('goes on with one line when something cannot be done', async () => {
  const traffic = work(() => 0.1);
  await until(() => said.length > 2);
  await traffic.stop();
  expect(new Set(said)).toEqual(new Set(['Something could not be done: nobody is paired yet']));
});
