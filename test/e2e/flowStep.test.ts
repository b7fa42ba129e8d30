/** "Sync Person to Microsoft" as a flow step: installed and run by the Marketo sandbox, everything else the product's own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Campaigns, startCampaigns } from '../support/campaigns';
import { runsTogether } from '../support/runs';
import type { World } from '../support/world';

let campaigns: Campaigns;
let world: World;

beforeAll(async () => {
  campaigns = await startCampaigns();
  ({ world } = campaigns);
}, 180_000);

afterAll(async () => campaigns.stop(), 60_000);

describe('the step', () => {
  test('is installed with its owners and its incoming fields', () => {
    expect(campaigns.step.incoming).toEqual({ microsoftId: 'microsoftId', microsoftType: 'microsoftType' });
    expect(campaigns.step.picklists['syncAs']?.map(({ submittedValue }) => submittedValue)).toEqual(['lead', 'contact']);
    expect(campaigns.step.picklists['assignTo']?.length).toBeGreaterThan(0);
  });
});

describe('a trigger campaign', () => {
  test('has the person in Dynamics at once, and the outcome on the person and in the campaign', async () => {
    const id = await campaigns.newPerson();
    const [owner] = campaigns.step.picklists['assignTo'] ?? [];
    const { results } = await campaigns.finished(
      await campaigns.run([id], 'trigger', { flow: { syncAs: 'contact', assignTo: owner?.submittedValue } }),
    );
    const rows = await campaigns.rowsOf(id);
    expect(rows).toHaveLength(1);
    const microsoftId = rows[0]?.['contactid'];
    expect(rows[0]?.['_ownerid_value']).toBe(owner?.submittedValue);
    expect(results).toEqual([
      {
        leadId: Number(id),
        success: true,
        attributes: { success: true, operation: 'created', microsoftId, microsoftType: 'Contact', syncAsValue: 'contact' },
      },
    ]);
    expect(await world.marketer.person(id, ['microsoftId', 'microsoftType'])).toMatchObject({
      microsoftId,
      microsoftType: 'Contact',
    });
    const [activity, ...more] = await world.marketer.activities('syncPersonToMicrosoft', id);
    expect([activity?.primaryAttributeValue, more]).toEqual(['created', []]);
    // What the callback wrote is no edit of a user: nothing goes around.
    await world.settle();
    expect(await campaigns.rowsOf(id)).toHaveLength(1);
  });

  test('links the one row with the same e-mail address, and leaves two of them to a person', async () => {
    const twin = await campaigns.newPerson();
    const ambiguous = await campaigns.newPerson();
    const twinRow = await world.sales.create('contacts', { lastname: 'Twin', emailaddress1: await campaigns.emailOf(twin) });
    for (const table of ['leads', 'contacts'] as const)
      await world.sales.create(table, { lastname: 'Both', emailaddress1: await campaigns.emailOf(ambiguous) });
    const { results } = await campaigns.finished(await campaigns.run([twin, ambiguous], 'trigger'));
    const byPerson = Object.fromEntries(results.map(({ leadId, attributes }) => [leadId, attributes]));
    expect(byPerson[twin]).toMatchObject({ success: true, operation: 'linked', microsoftId: twinRow, microsoftType: 'Contact' });
    expect(byPerson[ambiguous]).toMatchObject({ success: false, operation: 'review', errorCode: 'AMBIGUOUS_MATCH' });
    expect(await campaigns.rowsOf(ambiguous)).toHaveLength(2);
  });

  test('of many people is many calls, each with its own answer', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => campaigns.newPerson()));
    const { results, calls } = await campaigns.finished(await campaigns.run(ids, 'trigger'));
    expect(calls).toHaveLength(20);
    expect(results.map(({ attributes }) => attributes['operation'])).toEqual(Array(20).fill('created'));
    for (const id of ids) expect(await campaigns.rowsOf(id)).toHaveLength(1);
  });

  test('of many people at one moment creates them together, and tells each of them', async () => {
    const before = await runsTogether(world.client);
    const ids = await Promise.all(Array.from({ length: 30 }, () => campaigns.newPerson()));
    const { results } = await campaigns.finished(await campaigns.run(ids, 'trigger'));
    expect(results.map(({ attributes }) => attributes['operation'])).toEqual(Array(30).fill('created'));
    for (const id of ids) expect(await campaigns.rowsOf(id)).toHaveLength(1);
    const runs = (await runsTogether(world.client)).filter((id) => !before.includes(id));
    expect(runs.length).toBeGreaterThan(0);
    for (const id of runs) await world.client.workflow.getHandle(id).result();
    const logged = await Promise.all(ids.map((id) => world.marketer.activities('syncPersonToMicrosoft', id)));
    expect(logged.map((entries) => entries.length)).toEqual(Array(30).fill(1));
    // What each pair holds was agreed on: the next cycle writes nothing.
    await world.callsSince();
    await world.settle();
    const { dataverse } = await world.callsSince();
    expect(dataverse).not.toHaveProperty('update');
  });

  test('that delivers its call three times gets one answer and one row', async () => {
    const id = await campaigns.newPerson();
    const { calls, results } = await campaigns.finished(await campaigns.run([id], 'trigger', { deliveries: 3 }));
    await sleep(2_000);
    expect(calls).toEqual([expect.objectContaining({ answered: true, refused: {} })]);
    expect(results).toHaveLength(1);
    expect(await campaigns.rowsOf(id)).toHaveLength(1);
  });
});

describe('a batch campaign', () => {
  test('of many people has them created together by the cycle, refusals and twins among them', async () => {
    const before = await runsTogether(world.client);
    const ids = await Promise.all(Array.from({ length: 30 }, () => campaigns.newPerson()));
    const nameless = await campaigns.newPerson({ lastName: '' });
    const linked = await campaigns.newPerson();
    await world.sales.create('leads', {
      lastname: 'There already',
      subject: 'Twin',
      emailaddress1: await campaigns.emailOf(linked),
    });
    const id = await campaigns.run([...ids, nameless, linked], 'batch');
    await world.cycle();
    const { results, calls, missing } = await campaigns.finished(id);
    expect([calls.length, missing]).toEqual([1, []]);
    const operations = Object.fromEntries(results.map(({ leadId, attributes }) => [leadId, attributes['operation']]));
    expect(operations).toEqual({
      ...Object.fromEntries(ids.map((one) => [one, 'created'])),
      [nameless]: 'rejected',
      // The same cycle found the row in Dynamics' feed: whoever was first has linked it.
      [linked]: expect.stringMatching(/^(linked|alreadySynced)$/),
    });
    for (const one of [...ids, linked]) expect(await campaigns.rowsOf(one)).toHaveLength(1);
    expect(await campaigns.rowsOf(nameless)).toEqual([]);
    expect((await runsTogether(world.client)).length).toBe(before.length + 1);
  });

  test('waits for the cycle, then has everybody in one answer: new people, known ones and one that is gone', async () => {
    const fresh = await campaigns.newPerson();
    const known = await campaigns.newPerson();
    const gone = await campaigns.newPerson();
    await campaigns.finished(await campaigns.run([known], 'trigger'));
    const id = await campaigns.run([fresh, known, gone, fresh], 'batch');
    await world.marketer.remove(gone);
    await sleep(2_000);
    expect((await campaigns.stateOf(id)).results).toEqual([]);
    expect(await campaigns.rowsOf(fresh)).toEqual([]);

    await world.cycle();
    const { results, missing, calls } = await campaigns.finished(id);
    expect(calls).toHaveLength(1);
    expect(missing).toEqual([]);
    expect(results).toHaveLength(3);
    const byPerson = Object.fromEntries(results.map(({ leadId, attributes }) => [leadId, attributes]));
    expect(byPerson[fresh]).toMatchObject({ success: true, operation: 'created', microsoftType: 'Lead' });
    expect(byPerson[known]).toMatchObject({ success: true, operation: 'alreadySynced', microsoftType: 'Lead' });
    expect(byPerson[gone]).toMatchObject({ success: false, operation: 'rejected', errorCode: 'PERSON_NOT_FOUND' });
    expect(await campaigns.rowsOf(fresh)).toHaveLength(1);
  });

  test('an owner nobody knows fails that person alone, and nothing is created', async () => {
    const id = await campaigns.newPerson();
    const run1 = await campaigns.run([id], 'batch', { flow: { syncAs: 'lead', assignTo: 'nobody@example.com' } });
    await world.cycle();
    const { results } = await campaigns.finished(run1);
    expect(results).toMatchObject([{ success: false, attributes: { operation: 'rejected', errorCode: 'UNKNOWN_OWNER' } }]);
    expect(await campaigns.rowsOf(id)).toEqual([]);
    // The control: without the owner the same person is created.
    await campaigns.finished(await campaigns.run([id], 'trigger'));
    expect(await campaigns.rowsOf(id)).toHaveLength(1);
  });
});

describe('when things go wrong', () => {
  test('an answer that is lost after Marketo has taken it is sent again, and is one answer', async () => {
    const id = await campaigns.newPerson();
    await world.control('marketo', 'faults', { match: { path: '/customflowaction/' }, action: { drop: 'after' } });
    const { results } = await campaigns.finished(await campaigns.run([id], 'trigger'));
    expect(results).toHaveLength(1);
    const chunkEnd = async () =>
      (await world.db.selectFrom('flow_step_chunk').select('end_code').orderBy('accepted_at', 'desc').executeTakeFirst())
        ?.end_code;
    while ((await chunkEnd()) === null) await sleep(200);
    // 404: the used token tells that it had arrived.
    expect(await chunkEnd()).toBe('404');
  });

  test('a Marketo that is away for a while gets its answer later', async () => {
    const id = await campaigns.newPerson();
    await world.control('marketo', 'faults', { match: { path: '/customflowaction/' }, times: 2, action: { status: 503 } });
    const { results } = await campaigns.finished(await campaigns.run([id], 'trigger'));
    expect(results).toMatchObject([{ attributes: { operation: 'created' } }]);
  });

  test('a person that Dynamics refuses is told so, with its code; a refused field alone keeps nobody out', async () => {
    const rule = (pattern: string, message: string) =>
      world.control('dataverse', 'rules', { table: 'lead', column: 'lastname', pattern, code: '0x80040265', message });
    await rule('^Whole', 'Our plug-in says no.');
    await rule('^Field', 'The value of lastname is not welcome.');
    const [whole, field] = [await campaigns.newPerson({ lastName: 'Whole' }), await campaigns.newPerson({ lastName: 'Field' })];
    const { results } = await campaigns.finished(await campaigns.run([whole, field], 'trigger'));
    await world.control('dataverse', 'rules', undefined, 'DELETE');
    const byPerson = Object.fromEntries(results.map(({ leadId, attributes }) => [leadId, attributes]));
    expect(byPerson[whole]).toMatchObject({
      success: false,
      operation: 'rejected',
      errorCode: 'DYNAMICS_REFUSED',
      reason: expect.stringContaining('0x80040265'),
    });
    expect(await campaigns.rowsOf(whole)).toEqual([]);
    expect(byPerson[field]).toMatchObject({ success: true, operation: 'created' });
    expect(await campaigns.rowsOf(field)).toMatchObject([{ firstname: 'Flow', lastname: null }]);
  });
});
