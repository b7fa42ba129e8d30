/** The live path of these tests, played on a sandbox that is taken for a real instance: it touches its own people only, and leaves none. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readLiveSystems } from '../../../src/config/testEnv';
import { createMarketoSandbox, type MarketoSandbox } from '../../../src/sandbox/marketo';
import { createMarketer, type Marketer } from '../../support/vendors';
import { LAST_NAME } from '../target';
import { openMarketo } from './target';

let sandbox: MarketoSandbox;
let url: string;
let marketer: Marketer;
beforeAll(async () => {
  sandbox = await createMarketoSandbox({});
  url = await sandbox.listen(0);
  marketer = createMarketer(url, new Date(0).toISOString());
});
afterAll(() => sandbox.close());

const openLive = () =>
  openMarketo(
    'target',
    readLiveSystems({
      MDSYNC_CONTRACT_LIVE: '1',
      MARKETO_BASE_URL: url,
      MARKETO_CLIENT_ID: 'sync-client',
      MARKETO_CLIENT_SECRET: 'sync-secret',
    }),
  );

test('it is live, and may not set anything up unless that is allowed', async () => {
  const target = await openLive();
  expect([target.isLive, target.url, target.maySetUp]).toEqual([true, url, false]);
  await target.close();
});

test('people of a run are deleted at its end, those of a run that was killed at the next start, and nobody else', async () => {
  const foreign = await marketer.create({ lastName: 'Customer', email: 'mdsync-contract-target-1@example.com' });
  const namesake = await marketer.create({ lastName: LAST_NAME, email: 'somebody@example.com' });
  const killed = await (await openLive()).person({ email: 'mdsync-contract-target-2@example.com' });
  expect(await marketer.person(killed, [])).toBeDefined();

  const target = await openLive();
  expect(await marketer.person(killed, [])).toBeUndefined();
  const own = await target.person({ email: 'mdsync-contract-target-3@example.com' });
  await target.close();
  expect(await marketer.person(own, [])).toBeUndefined();
  for (const id of [foreign, namesake]) expect(await marketer.person(id, [])).toBeDefined();
});
