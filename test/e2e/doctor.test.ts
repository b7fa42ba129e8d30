/** What the doctor can tell, each brought about through the vendors' APIs or the settings, and told to be fine once it is mended. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SCHEDULE_ID } from '../../src/temporal/names';
import type { Check } from '../../src/core/doctor';
import type { DoctorAnswer } from '../../src/gateway/operatorDoctor';
import { mdsync } from '../contract/cli/support';
import { freePort } from '../../src/embedded/processes';
import { sendJson } from '../support/vendors';
import { OPERATOR_TOKEN, startWorld, type World } from '../support/world';

let world: World;
let dir: string;
let mappingFile: string;
const defaultMapping = readFileSync(resolve(__dirname, '../../src/config/defaultMapping.yaml'), 'utf8');

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'mdsync-doctor-'));
  mappingFile = join(dir, 'mapping.yaml');
  writeFileSync(mappingFile, defaultMapping);
  world = await startWorld({ setUp: false, env: { MDSYNC_MAPPING: mappingFile } });
}, 180_000);

afterAll(async () => {
  await world.stop();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

async function doctor(): Promise<DoctorAnswer> {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
  return (await sendJson(`${world.gatewayUrl}/operator/doctor`, 'POST', undefined, headers)) as unknown as DoctorAnswer;
}

const cli = (...args: readonly string[]) =>
  mdsync(['doctor', ...args], { url: world.gatewayUrl, env: { MDSYNC_OPERATOR_TOKEN: OPERATOR_TOKEN } });

/** What is not well, as an operator reads it: title, status, what it means, how to mend it. */
const told = (checks: readonly Check[], name: string): readonly (readonly (string | undefined)[])[] =>
  checks
    .filter((check) => check.name === name || check.name.startsWith(`${name}.`))
    .flatMap(({ title, status, finding, fix }) => (status === 'ok' ? [] : [[title, status, finding, fix]]));

const notWell = async () => {
  const { checks } = await doctor();
  return checks.flatMap(({ name, status }) => (status === 'ok' ? [] : [name]));
};

/** What a world of its own, in which nothing is wrong, is told of: cycles run only when a scenario asks for one. */
const AT_REST = ['schedule'];

const refuse = (side: 'marketo' | 'dataverse', path: string, status: number, body: unknown) =>
  world.control(side, 'faults', {
    match: { path, caller: side === 'marketo' ? 'sync-client' : 'sync-app' },
    times: 100,
    action: { status, body },
  });
const noMoreFaults = (side: 'marketo' | 'dataverse') => world.control(side, 'faults', undefined, 'DELETE');
const DENIED = { requestId: 'a#1', success: false, errors: [{ code: '603', message: 'Access denied' }] };

const grant = (permission: string): string =>
  `In Marketo, Admin, Users & Roles, give the role of the API-only user the permission ${permission}; see that no IP allowlist is in the way.`;

describe('before set-up', () => {
  test('fields and activity types are missing; after it nothing is', async () => {
    const { checks } = await doctor();
    expect(told(checks, 'marketo.setUp')).toEqual([
      [
        'Marketo: the fields and activity types of the sync',
        'problem',
        'Marketo lacks person field microsoftId, person field microsoftType, person field microsoftIsDeleted, custom activity type syncPersonToMicrosoft, custom activity type microsoftSyncRejected, so nothing is synced.',
        'Run "mdsync setup", which creates and approves what is missing.',
      ],
    ]);
    expect(told(checks, 'mapping.contact.microsoftId')).toEqual([
      [
        'The mapping: microsoftId on the contact',
        'warning',
        'Marketo has no person field microsoftId.',
        'Run "mdsync setup", which creates it, or correct the mapping.',
      ],
    ]);
    await world.client.workflow.execute('setUp', { taskQueue: 'sync', workflowId: 'set-up', args: [] });
    expect(await notWell()).toEqual(AT_REST);
  });
});

describe('as an operator runs it', () => {
  const cold = async () => {
    await world.control('dataverse', 'change-tracking', { table: 'contact', enabled: false });
    const found = { text: await cli(), json: await cli('--json') };
    await world.control('dataverse', 'change-tracking', { table: 'contact', enabled: true });
    return found;
  };

  test('exit code 1 with what to do, 0 once it is mended; --json says the same', async () => {
    const { text, json } = await cold();
    expect([text.code, json.code, text.err]).toEqual([1, 1, '']);
    expect(text.out).toContain(
      [
        'problem  Dynamics: role, privileges and change tracking',
        '         Change tracking is off for the table contact, so Dynamics does not tell what changed there.',
        '         Tick "Track changes" in the properties of the table in Power Apps, and publish.',
      ].join('\n'),
    );
    const { healthy, checks } = JSON.parse(json.out) as DoctorAnswer;
    expect(healthy).toBe(false);
    expect(told(checks, 'dynamics.feed.contact')).toEqual([
      [
        'Dynamics: the feed of changes contact',
        'problem',
        'Change tracking is off for a table.',
        'Tick "Track changes" in the properties of the tables Contact and Lead in Power Apps, and publish.',
      ],
    ]);
    const mended = await cli();
    expect(mended).toMatchObject({ code: 0, out: expect.stringContaining('Nothing must be mended, 1 warning.') });
  });

  test('nothing is written, and nobody is read', async () => {
    await world.callsSince();
    await doctor();
    const { marketo, dataverse } = await world.callsSince();
    // The one update names an id that nobody has, and the one company a company that there is not.
    const posts = Object.keys(marketo).filter((call) => !call.startsWith('GET'));
    expect(posts.sort()).toEqual(['POST /rest/v1/companies.json', 'POST /rest/v1/leads.json']);
    expect(Object.keys(dataverse).filter((call) => /PATCH|DELETE|PUT/.test(call))).toEqual([]);
  });
});

describe('Temporal', () => {
  test('a paused Schedule runs no cycle', async () => {
    const title = 'The Schedule of the cycle';
    expect(told((await doctor()).checks, 'schedule')).toEqual([
      [title, 'warning', 'It is paused, so no cycle runs.', 'Unpause the Schedule sync-every-5m in Temporal Web UI.'],
    ]);
    const handle = world.client.schedule.getHandle(SCHEDULE_ID);
    await handle.unpause();
    expect((await doctor()).checks.find(({ name }) => name === 'schedule')).toMatchObject({ status: 'ok' });
    await handle.pause();
  });
});

describe('Dynamics', () => {
  const RIGHTS = 'Dynamics: role, privileges and change tracking';
  const lacks = (privilege: string, table: string): string =>
    `Give its security role the privilege ${privilege} on the table ${table}, at organization level.`;

  test.each([
    ['Read', 'Local', 'problem', 'The sync user may not read every contact, as change tracking demands.'],
    ['Create', 'None', 'problem', 'The sync user may not create a contact.'],
    ['Write', 'None', 'problem', 'The sync user may not change a contact.'],
    ['Write', 'Basic', 'warning', 'The sync user may not change every contact: what Marketo changes on the others is refused.'],
  ])('the privilege %s with depth %s', async (privilege, depth, status, finding) => {
    await world.control('dataverse', 'privileges', { table: 'contact', privilege, depth });
    const { checks } = await doctor();
    await world.control('dataverse', 'privileges', { table: 'contact', privilege, depth: 'Global' });
    expect(told(checks, 'dynamics.rights')).toEqual([[RIGHTS, status, finding, lacks(privilege, 'contact')]]);
    expect(await notWell()).toEqual(AT_REST);
  });

  test('no role at all', async () => {
    await refuse('dataverse', 'RetrieveUserPrivileges', 200, { RolePrivileges: [] });
    const { checks } = await doctor();
    await noMoreFaults('dataverse');
    expect(told(checks, 'dynamics.rights')[0]).toEqual([
      RIGHTS,
      'problem',
      'The application user has no security role in Dynamics.',
      'In Power Platform admin center, Environments, Settings, Application users, give it one.',
    ]);
  });

  test('a secured column: not to be read, or not to be written', async () => {
    const secure = (read: boolean, update: boolean) =>
      world.control('dataverse', 'column-security', { table: 'contact', column: 'jobtitle', read, update });
    const title = 'The mapping: title on the contact';
    await secure(false, false);
    expect(told((await doctor()).checks, 'mapping')).toEqual([
      [
        title,
        'warning',
        'The sync user may not read jobtitle on contact.',
        'Grant Read in a column security profile or security role, or take the field out of the mapping.',
      ],
    ]);
    await secure(true, false);
    const limited = await doctor();
    expect(told(limited.checks, 'mapping')).toEqual([
      [
        title,
        'warning',
        'The sync user may not write jobtitle on contact, so it is synced toMarketo only.',
        'Allow it, or map it with "direction: toMarketo".',
      ],
    ]);
    // The sync goes on with less.
    expect(limited.healthy).toBe(true);
    await secure(true, true);
    expect(await notWell()).toEqual(AT_REST);
  });

  test('users that may not be read', async () => {
    await refuse('dataverse', 'systemusers?', 403, { error: { code: '0x80040220', message: 'missing prvReadUser privilege' } });
    const { checks } = await doctor();
    await noMoreFaults('dataverse');
    expect(told(checks, 'dynamics.owners')).toEqual([
      [
        'Dynamics: the users that campaigns may assign to',
        'warning',
        'The sync user may not read users, so a campaign that names an owner is refused.',
        'Give its security role the privilege Read on the table User, at organization level.',
      ],
    ]);
  });
});

describe('Marketo', () => {
  test.each([
    ['read people', '/rest/v1/leads.json?', 'Read-Only Person (or Read-Write Person)'],
    ['change people', '/rest/v1/leads.json', 'Read-Write Person'],
    ['read custom activity types', '/rest/v1/activities/external/types.json', 'Read-Write Activity Metadata'],
  ])('a role that may not %s', async (what, path, permission) => {
    await refuse('marketo', path, 200, DENIED);
    const { checks } = await doctor();
    await noMoreFaults('marketo');
    const fixes = told(checks, 'marketo.rights').map(([, status, finding, fix]) => [status, finding, fix]);
    expect(fixes).toContainEqual(['problem', `Marketo does not let the API-only user ${what}.`, grant(permission)]);
    expect(await notWell()).toEqual(AT_REST);
  });

  test('its own CRM sync is on, or that cannot be told', async () => {
    const title = 'Marketo: its own CRM sync is off';
    await world.control('marketo', 'switches', { nativeCrm: 'dynamics' });
    expect(told((await doctor()).checks, 'marketo.nativeSync')).toEqual([
      [
        title,
        'problem',
        "Marketo's own CRM sync is on: two syncs on one instance fight.",
        'Switch it off in Marketo, Admin, CRM (Microsoft Dynamics or Salesforce).',
      ],
    ]);
    await world.control('marketo', 'switches', { nativeCrm: 'none' });
    await refuse('marketo', '/rest/v1/companies.json', 200, DENIED);
    expect(told((await doctor()).checks, 'marketo.nativeSync')).toEqual([
      [
        title,
        'warning',
        'It could not be told whether it is off: the API-only user may not change companies, which is where it shows.',
        'Look at Marketo, Admin, CRM; or give the role Read-Write Company, which the sync itself needs only here.',
      ],
    ]);
    await noMoreFaults('marketo');
    expect(await notWell()).toEqual(AT_REST);
  });

  test('a feed that may not be read', async () => {
    await refuse('marketo', '/rest/v1/activities/leadchanges.json', 200, DENIED);
    const { checks } = await doctor();
    await noMoreFaults('marketo');
    expect(told(checks, 'marketo.feed')).toEqual([
      [
        'Marketo: the feed of changes leadchanges',
        'problem',
        'Marketo does not let the API-only user read activities.',
        grant('Read-Only Activity (or Read-Write Activity)'),
      ],
    ]);
  });
});

test('another instance than before', async () => {
  await world.cycle();
  const at = (value: string) =>
    world.db
      .updateTable('setting')
      .set({ value: JSON.stringify(value) as never })
      .where('name', '=', 'instance/marketo')
      .execute();
  const own = new URL(world.marketoUrl).host;
  await at('123-abc-456.mktorest.com');
  expect(told((await doctor()).checks, 'marketo.instance')).toEqual([
    [
      'Marketo: the same instance as before',
      'problem',
      `The store belongs to the instance 123-abc-456.mktorest.com, but the settings point at ${own}, so nothing is written.`,
      'Mend the settings; after a copy or refresh of an environment, start with an empty database and import the pairs.',
    ],
  ]);
  await at(own);
  expect(await notWell()).toEqual(AT_REST);
});

describe('the settings', () => {
  const ACCESS = { marketo: 'Marketo: address and credentials', dynamics: 'Dynamics: address and credentials' };
  afterAll(() => world.restartWorker());

  /** Both sides at once: what is said of one does not depend on the other. */
  async function withSettings(env: Readonly<Record<string, string>>) {
    await world.restartWorker(env);
    const { checks, healthy } = await doctor();
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
    const broken = defaultMapping
      .replace(/^ {2}title: .*$/m, '  title: { contact: jobtitel, type: string }')
      .replace(/^ {2}phone: .*$/m, '  phone: { contact: telephone1, type: boolean }')
      .replace(/^ {2}lastName: .*$/m, '  lastName: { contact: lastname, type: string }')
      .replace(/^ {2}firstName: .*$/m, '  firstNaam: { contact: firstname, type: string }');
    writeFileSync(mappingFile, broken);
    await world.restartWorker();
    expect(told((await doctor()).checks, 'mapping')).toEqual([
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
    writeFileSync(mappingFile, defaultMapping);
    await world.restartWorker();
    expect(await notWell()).toEqual(AT_REST);
  });
});
