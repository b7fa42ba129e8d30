/** What the doctor can tell of both sides, each brought about through the vendors' APIs, and told to be fine once it is mended. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DoctorAnswer } from '../../src/gateway/operatorDoctor';
import { SCHEDULE_ID } from '../../src/temporal/names';
import { mdsync } from '../contract/cli/support';
import { AT_REST, type DoctorWorld, startDoctorWorld, told } from '../support/doctor';
import { OPERATOR_TOKEN, type World } from '../support/world';

let own: DoctorWorld;
let world: World;

beforeAll(async () => {
  own = await startDoctorWorld({ setUp: false });
  ({ world } = own);
}, 180_000);
afterAll(() => own.stop(), 60_000);

const doctor = () => own.doctor();
const notWell = () => own.notWell();

const cli = (...args: readonly string[]) =>
  mdsync(['doctor', ...args], { url: world.gatewayUrl, env: { MDSYNC_OPERATOR_TOKEN: OPERATOR_TOKEN } });

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
  test('fields and activity types are missing, one of them as a draft only; after it nothing is', async () => {
    await world.marketer.draftActivityType('syncPersonToMicrosoft');
    const { checks } = await doctor();
    expect(told(checks, 'marketo.setUp')).toEqual([
      [
        'Marketo: the fields and activity types of the sync',
        'problem',
        'Marketo lacks person field microsoftId, person field microsoftType, person field microsoftIsDeleted, approved custom activity type syncPersonToMicrosoft, approved custom activity type microsoftSyncRejected, so nothing is synced.',
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
    ['read people', '/rest/v1/leads.json?', 'Read-Only Person (or Read-Write Person)', []],
    ['change people', '/rest/v1/leads.json', 'Read-Write Person', []],
    [
      'read custom activity types',
      '/rest/v1/activities/external/types.json',
      'Read-Write Activity Metadata',
      ['The fields are all there; the activity types were not checked, because they may not be read.'],
    ],
  ])('a role that may not %s', async (what, path, permission, unseen) => {
    await refuse('marketo', path, 200, DENIED);
    const { checks } = await doctor();
    await noMoreFaults('marketo');
    const fixes = told(checks, 'marketo.rights').map(([, status, finding, fix]) => [status, finding, fix]);
    expect(fixes).toContainEqual(['problem', `Marketo does not let the API-only user ${what}.`, grant(permission)]);
    expect(told(checks, 'marketo.setUp').map(([, , finding]) => finding)).toEqual(unseen);
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

test('a limit that was met', async () => {
  const quota = { requestId: 'a#1', success: false, errors: [{ code: '607', message: 'Daily quota reached' }] };
  await refuse('marketo', '/rest/v1/activities/leadchanges.json', 200, quota);
  await world.cycle();
  await noMoreFaults('marketo');
  const lines = told((await doctor()).checks, 'limits');
  expect(lines).toEqual([
    [
      "The vendors' limits",
      'warning',
      expect.stringMatching(/^Marketo has asked to be left alone until \d{4}-\d\d-\d\dT[\d:.]+Z \(607\)\.$/),
      'Nothing to mend: the sync goes on by itself.',
    ],
  ]);
  await world.db.updateTable('limits').set({ blocked_until: null, block_code: null }).where('side', '=', 'marketo').execute();
  expect(await notWell()).toEqual(AT_REST);
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
