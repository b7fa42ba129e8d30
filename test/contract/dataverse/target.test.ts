/** The live path of these tests, played on a sandbox that is taken for a real environment: it touches its own rows only, and leaves none. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readLiveSystems } from '../../../src/config/testEnv';
import { createDataverseSandbox, type DataverseSandbox } from '../../../src/sandbox/dataverse';
import { createSalesperson, type Salesperson } from '../../support/vendors';
import { LAST_NAME } from '../target';
import { openDataverse } from './target';

let sandbox: DataverseSandbox;
let url: string;
let sales: Salesperson;
beforeAll(async () => {
  sandbox = await createDataverseSandbox({});
  url = await sandbox.listen(0);
  sales = createSalesperson(url);
});
afterAll(() => sandbox.close());

const openLive = () =>
  openDataverse(
    'target',
    readLiveSystems({
      MDSYNC_CONTRACT_LIVE: '1',
      DATAVERSE_URL: url,
      DATAVERSE_AUTHORITY: url,
      DATAVERSE_TENANT_ID: 'sandbox',
      DATAVERSE_CLIENT_ID: 'sync-app',
      DATAVERSE_CLIENT_SECRET: 'sync-secret',
    }),
  );

test('rows of a run are deleted at its end, those of a run that was killed at the next start, and no others', async () => {
  const foreign = await sales.create('contacts', { lastname: 'Customer', emailaddress1: 'mdsync-contract-target-1@example.com' });
  const namesake = await sales.create('leads', { lastname: LAST_NAME, emailaddress1: 'somebody@example.com' });
  const first = await openLive();
  expect([first.isLive, first.url]).toEqual([true, url]);
  const killed = await first.row('contacts');
  expect(await sales.row('contacts', killed)).toBeDefined();

  const target = await openLive();
  expect(await sales.row('contacts', killed)).toBeUndefined();
  const own = await target.row('leads');
  await target.close();
  expect(await sales.row('leads', own)).toBeUndefined();
  expect(await sales.row('contacts', foreign)).toBeDefined();
  expect(await sales.row('leads', namesake)).toBeDefined();
});
