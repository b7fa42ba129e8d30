/** What is broken outside is said in one sentence, costs nothing that was to be done, and mends itself when the cause is gone. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blockedSides } from '../../src/store/limits';
import { runSetUp } from '../../src/temporal/setUp';
import { operator } from '../support/operator';
import { startWorld, type World } from '../support/world';

let world: World;
let rowId: string;
let personId: string;
let count = 0;

beforeAll(async () => {
  world = await startWorld({ setUp: false });
}, 120_000);

afterAll(async () => world.stop(), 60_000);

/** A salesperson's edit that has to arrive sooner or later. */
async function edit(): Promise<string> {
  count += 1;
  const title = `Edit ${count}`;
  await world.sales.update('contacts', rowId, { jobtitle: title });
  return title;
}

async function arrives(title: string): Promise<void> {
  await world.settle();
  expect((await world.marketer.person(personId, ['title']))?.['title']).toBe(title);
}

const problems = async (): Promise<string> => (await operator(world).status()).problems.join('\n');

test('until Marketo is prepared, cycles end by saying so and keep what they have', async () => {
  rowId = await world.sales.create('contacts', { lastname: 'Patient', emailaddress1: 'patient@example.com' });
  expect(await world.cycle()).toMatchObject({ ended: 'config', why: [expect.stringContaining('mdsync setup')] });
  expect(await problems()).toContain('microsoftId');
  await runSetUp(world.client);
  await world.settle();
  const [person] = await world.marketer.findByEmail('patient@example.com');
  personId = String(person?.['id']);
  await arrives(await edit());
  expect(await problems()).toBe('');
});

describe('a side that', () => {
  const always = { times: 1_000 };

  test.each([
    [
      'answers HTML',
      'marketo',
      { path: '/rest/' },
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Down</html>' },
      'Marketo',
    ],
    [
      'answers success:false',
      'marketo',
      { path: '/rest/' },
      { status: 200, body: { requestId: '1#2', success: false, errors: [{ code: '611', message: 'System error' }] } },
      '611',
    ],
    ['drops connections', 'dataverse', { path: '/api/data' }, { drop: 'before' }, 'Dynamics'],
    [
      'does not let us in any more',
      'dataverse',
      { path: '/api/data', caller: 'sync-app' },
      { status: 403, body: { error: { code: '0x80072560', message: 'The user is not a member of the organization.' } } },
      '0x80072560',
    ],
  ] as const)('%s is named, and the edit arrives when it is well again', async (_what, side, match, action, named) => {
    const title = await edit();
    await world.control(side, 'faults', { match, ...always, action });
    const { ended, why } = await world.cycle();
    expect(ended).not.toBe('done');
    expect(why?.join('\n')).toContain(named);
    expect(await problems()).toContain(named);
    await world.control(side, 'faults', undefined, 'DELETE');
    await arrives(title);
    expect(await problems()).toBe('');
  });

  test('asks for fewer calls is left alone by everyone for as long as it says', async () => {
    const title = await edit();
    await world.control('dataverse', 'faults', {
      match: { path: '/api/data', caller: 'sync-app' },
      times: 1,
      action: {
        status: 429,
        headers: { 'retry-after': '120' },
        body: { error: { code: '0x80072322', message: 'Number of requests exceeded.' } },
      },
    });
    expect((await world.cycle()).ended).not.toBe('done');
    await world.callsSince();
    expect((await world.cycle()).ended).toBe('blocked');
    expect(await world.callsSince()).toEqual({ marketo: {}, dataverse: {} });
    expect((await blockedSides(world.db)).map(({ side, waitMs }) => [side, Math.ceil(waitMs / 120_000)])).toEqual([
      ['dynamics', 1],
    ]);
    // Its time passes.
    await world.db.updateTable('limits').set({ blocked_until: new Date() }).where('side', '=', 'dynamics').execute();
    await arrives(title);
  });
});

test('a write whose answer is lost is found to have been done, and is not done twice', async () => {
  await world.marketer.update(personId, { firstName: 'Lost' });
  await world.control('dataverse', 'faults', {
    match: { method: 'PATCH', caller: 'sync-app' },
    times: 1,
    action: { drop: 'after' },
  });
  await world.cycle();
  const results = async (): Promise<readonly string[]> =>
    (await world.db.selectFrom('decision').select('result').where('field', '=', 'firstName').orderBy('id').execute()).map(
      (one) => one.result,
    );
  // Whether it was done is not known until the write must have ended; then the row itself is asked.
  for (let second = 0; second < 40 && (await results()).at(-1) === 'planned'; second += 1)
    await new Promise((resume) => setTimeout(resume, 1_000));
  expect((await results()).at(-1)).toMatch(/confirmed|noted/);
  expect((await world.sales.row('contacts', rowId))?.['firstname']).toBe('Lost');
  await world.settle();
  await world.callsSince();
  await world.cycle();
  expect(Object.keys((await world.callsSince()).dataverse)).toEqual(
    expect.not.arrayContaining([expect.stringContaining('PATCH')]),
  );
});
