/** What the doctor can tell of settings and mapping: wrong ones are given to a worker, and told to be fine once they are mended. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { freePort } from '../../src/embedded/processes';
import { AT_REST, type DoctorWorld, startDoctorWorld, told } from '../support/doctor';
import type { World } from '../support/world';

let own: DoctorWorld;
let world: World;

beforeAll(async () => {
  own = await startDoctorWorld({ setUp: true });
  ({ world } = own);
}, 180_000);
afterAll(() => own.stop(), 60_000);

const ACCESS = { marketo: 'Marketo: address and credentials', dynamics: 'Dynamics: address and credentials' };

/** Both sides at once: what is said of one does not depend on the other. */
async function withSettings(env: Readonly<Record<string, string>>) {
  await world.restartWorker(env);
  const { checks, healthy } = await own.doctor();
  expect(healthy).toBe(false);
  return { checks, access: [...told(checks, 'marketo.access'), ...told(checks, 'dynamics.access')] };
}

test('wrong secrets, and what cannot be checked without the sides is said', async () => {
  const { checks, access } = await withSettings({ MARKETO_CLIENT_SECRET: 'wrong', DATAVERSE_CLIENT_SECRET: 'wrong' });
  expect(access).toEqual([
    [
      ACCESS.marketo,
      'problem',
      'Marketo does not accept the client id and secret.',
      'Copy both from Admin, LaunchPoint, View Details into MARKETO_CLIENT_ID and MARKETO_CLIENT_SECRET, and restart the worker.',
    ],
    [
      ACCESS.dynamics,
      'problem',
      'Microsoft Entra does not accept the client secret.',
      'Copy the value of the secret (not its id) from the app registration, Certificates & secrets, into DATAVERSE_CLIENT_SECRET, and restart the worker.',
    ],
  ]);
  const notChecked = checks.filter(({ finding }) => finding.startsWith('Not checked'));
  expect(notChecked.map(({ name }) => name)).toEqual([
    'marketo.rights',
    'marketo.setUp',
    'dynamics.rights',
    'mapping.contact',
    'mapping.lead',
    'marketo.feed.leadchanges',
    'marketo.feed.activities',
    'marketo.feed.deletedleads',
    'dynamics.feed.contact',
    'dynamics.feed.lead',
  ]);
  expect(told(checks, 'mapping.lead')).toEqual([
    [
      'The mapping: fields of the lead',
      'warning',
      'Not checked, because Marketo and Dynamics could not be asked.',
      'Mend what is said about that first, then ask again.',
    ],
  ]);
});

test('an unknown application', async () => {
  const { access } = await withSettings({ DATAVERSE_CLIENT_ID: 'nobody' });
  expect(access).toEqual([
    [
      ACCESS.dynamics,
      'problem',
      'The tenant has no application with this client id.',
      'Copy the application (client) id of the app registration into DATAVERSE_CLIENT_ID, see that DATAVERSE_TENANT_ID is its tenant, and restart the worker.',
    ],
  ]);
});

test('an unknown tenant', async () => {
  const { access } = await withSettings({ DATAVERSE_TENANT_ID: '00000000-0000-0000-0000-00000000beef' });
  expect(access).toEqual([
    [
      ACCESS.dynamics,
      'problem',
      'There is no such tenant.',
      'Copy the directory (tenant) id of the app registration into DATAVERSE_TENANT_ID, and restart the worker.',
    ],
  ]);
});

test('an application that is no user of the environment', async () => {
  const { access } = await withSettings({ DATAVERSE_CLIENT_ID: 'stranger-app', DATAVERSE_CLIENT_SECRET: 'stranger-secret' });
  expect(access).toEqual([
    [
      ACCESS.dynamics,
      'problem',
      'The app registration is no user of this environment.',
      'In Power Platform admin center, Environments, Settings, Application users, create an application user for it and give it a security role.',
    ],
  ]);
});

test('addresses where nobody is', async () => {
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const { access } = await withSettings({ MARKETO_BASE_URL: nowhere, DATAVERSE_URL: nowhere, DATAVERSE_AUTHORITY: nowhere });
  expect(access).toEqual([
    [
      ACCESS.marketo,
      'problem',
      'Nobody is there at the address of Marketo.',
      "Check MARKETO_BASE_URL, and that the worker's machine can reach it: name resolution, proxy, firewall.",
    ],
    [
      ACCESS.dynamics,
      'problem',
      'Nobody is there at the address of Dynamics.',
      "Check DATAVERSE_URL and DATAVERSE_AUTHORITY, and that the worker's machine can reach it: name resolution, proxy, firewall.",
    ],
  ]);
});

test('addresses of something else: each side at the other one', async () => {
  const { access } = await withSettings({
    MARKETO_BASE_URL: world.dataverseUrl,
    DATAVERSE_URL: world.marketoUrl,
    DATAVERSE_AUTHORITY: world.marketoUrl,
  });
  expect(access.map(([, , finding]) => finding)).toEqual([
    expect.stringMatching(/^There is something at the address of Marketo, but not its API \(\w+\)\.$/),
    expect.stringMatching(/^There is something at the address of Dynamics, but not its API \(\w+\)\.$/),
  ]);
  expect(access.map(([, , , fix]) => fix)).toEqual([
    'Set MARKETO_BASE_URL to the endpoint in Admin, Integration, Web Services, without its /rest, and restart the worker.',
    'Set DATAVERSE_URL to the address of the environment and leave DATAVERSE_AUTHORITY to its default outside national clouds, and restart the worker.',
  ]);
});

test('an address that is silent', async () => {
  const held: Socket[] = [];
  const silent = createServer((socket) => void held.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  const { access } = await withSettings({ MARKETO_BASE_URL: `http://127.0.0.1:${port}`, MARKETO_TIMEOUT_MS: '1000' });
  for (const socket of held) socket.destroy();
  silent.close();
  expect(access).toEqual([
    [
      ACCESS.marketo,
      'problem',
      'Marketo does not answer in time.',
      "If it lasts, check MARKETO_BASE_URL, and what stands between the worker's machine and there: proxy, firewall. The sync tries again by itself.",
    ],
  ]);
});

test('a mapping that does not fit: names that one side lacks, a type, a required column that nothing fills', async () => {
  const broken = own.defaultMapping
    .replace(/^ {2}title: .*$/m, '  title: { contact: jobtitel, type: string }')
    .replace(/^ {2}phone: .*$/m, '  phone: { contact: telephone1, type: boolean }')
    .replace(/^ {2}lastName: .*$/m, '  lastName: { contact: lastname, type: string }')
    .replace(/^ {2}firstName: .*$/m, '  firstNaam: { contact: firstname, type: string }');
  own.useMapping(broken);
  await world.restartWorker();
  expect(told((await own.doctor()).checks, 'mapping')).toEqual([
    [
      'The mapping: firstNaam on the contact',
      'warning',
      'Marketo has no person field firstNaam.',
      'Run "mdsync setup", which creates it, or correct the mapping.',
    ],
    [
      'The mapping: title on the contact',
      'warning',
      'Dynamics has no column jobtitel on contact.',
      'Correct the mapping, or create the column.',
    ],
    [
      'The mapping: phone on the contact',
      'warning',
      'telephone1 on contact is of type String in Dynamics, which boolean does not fit.',
      'Map it as string or text or email or phone or url.',
    ],
    [
      'The mapping: lastname on the lead',
      'warning',
      'Dynamics requires Last Name (lastname) of every lead, but no person field fills it, so rows that campaigns create lack it.',
      'Map a person field to it in the direction both or toDynamics, with a default for people who have no value.',
    ],
  ]);
  own.useMapping(own.defaultMapping);
  await world.restartWorker();
  expect(await own.notWell()).toEqual(AT_REST);
});
