/** The main job, seen from outside: everything is done through the vendors' APIs, as marketer and salesperson. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operator } from '../support/operator';
import { startWorld, type World } from '../support/world';

let world: World;

beforeAll(async () => {
  world = await startWorld({ people: 60, contacts: 30, leads: 20, offset: 10 });
  await world.settle();
}, 180_000);

afterAll(async () => world.stop(), 60_000);

/** A human that both sides know, paired by e-mail. */
async function pairOf(table: 'contacts' | 'leads', index = 0): Promise<{ personId: string; rowId: string; email: string }> {
  const idColumn = table === 'contacts' ? 'contactid' : 'leadid';
  const rows = await world.sales.find(table, 'emailaddress1 ne null');
  for (const row of rows.slice(index)) {
    const email = String(row['emailaddress1']);
    const people = await world.marketer.findByEmail(email, ['id', 'email', 'microsoftId']);
    const person = people.find((one) => one['microsoftId'] === row[idColumn]);
    if (person !== undefined) return { personId: String(person['id']), rowId: String(row[idColumn]), email };
  }
  throw new Error(`No pair among the ${table}`);
}

describe('the initial load', () => {
  test('every row has exactly one person, and knows it', async () => {
    for (const [table, id] of [
      ['contacts', 'contactid'],
      ['leads', 'leadid'],
    ] as const)
      for (const row of await world.sales.find(table, 'emailaddress1 ne null')) {
        const people = await world.marketer.findByEmail(String(row['emailaddress1']), ['id', 'microsoftId', 'microsoftType']);
        expect(people.map((person) => person['microsoftId'])).toEqual([row[id]]);
        expect(people[0]?.['microsoftType']).toBe(table === 'contacts' ? 'Contact' : 'Lead');
      }
  });

  test('a person that only Marketo knows is not pushed', async () => {
    const id = await world.marketer.create({ firstName: 'Only', lastName: 'Marketo', email: 'only.marketo@example.com' });
    await world.settle();
    expect(await world.sales.find('contacts', "emailaddress1 eq 'only.marketo@example.com'")).toEqual([]);
    expect(await world.sales.find('leads', "emailaddress1 eq 'only.marketo@example.com'")).toEqual([]);
    // The control: the same person goes over when a campaign asks.
    expect((await world.webhook({ leadId: Number(id) })).body['status']).toBe('created');
    expect(await world.sales.find('leads', "emailaddress1 eq 'only.marketo@example.com'")).toHaveLength(1);
  });

  test('a new contact becomes one person', async () => {
    const rowId = await world.sales.create('contacts', {
      firstname: 'New',
      lastname: 'Contact',
      emailaddress1: 'new.contact@example.com',
      telephone1: '+1 555 0100',
    });
    await world.settle();
    const people = await world.marketer.findByEmail('new.contact@example.com', ['id', 'firstName', 'phone', 'microsoftId']);
    expect(people).toEqual([expect.objectContaining({ firstName: 'New', phone: '+1 555 0100', microsoftId: rowId })]);
  });
});

describe('edits', () => {
  test('on the person arrive on the row, and on the row on the person', async () => {
    const { personId, rowId } = await pairOf('contacts');
    await world.marketer.update(personId, { phone: '+1 555 0101' });
    await world.settle();
    expect((await world.sales.row('contacts', rowId))?.['telephone1']).toBe('+1 555 0101');
    await world.sales.update('contacts', rowId, { telephone1: '+1 555 0102' });
    await world.settle();
    expect((await world.marketer.person(personId, ['phone']))?.['phone']).toBe('+1 555 0102');
  });

  test('of different fields on both sides both survive', async () => {
    const { personId, rowId } = await pairOf('leads');
    await world.marketer.update(personId, { firstName: 'Marketing' });
    await world.sales.update('leads', rowId, { lastname: 'Sales' });
    await world.settle();
    expect(await world.marketer.person(personId, ['firstName', 'lastName'])).toMatchObject({
      firstName: 'Marketing',
      lastName: 'Sales',
    });
    expect(await world.sales.row('leads', rowId)).toMatchObject({ firstname: 'Marketing', lastname: 'Sales' });
  });

  test.each([
    ['leads', 'from Marketo'],
    ['contacts', 'from Dynamics'],
  ] as const)('of one field on both sides collide: on %s the value %s stays', async (table, winner) => {
    const { personId, rowId } = await pairOf(table, 3);
    await world.marketer.update(personId, { title: 'from Marketo' });
    await world.sales.update(table, rowId, { jobtitle: 'from Dynamics' });
    await world.settle();
    expect((await world.marketer.person(personId, ['title']))?.['title']).toBe(winner);
    expect((await world.sales.row(table, rowId))?.['jobtitle']).toBe(winner);
  });

  test('that clear a field clear it on the other side', async () => {
    const { personId, rowId } = await pairOf('contacts', 4);
    await world.marketer.update(personId, { title: 'To be cleared' });
    await world.settle();
    expect((await world.sales.row('contacts', rowId))?.['jobtitle']).toBe('To be cleared');
    await world.sales.update('contacts', rowId, { jobtitle: null });
    await world.settle();
    expect((await world.marketer.person(personId, ['title']))?.['title'] ?? null).toBeNull();
  });

  test('that are taken back while they are being written end with both sides as before', async () => {
    const { personId, rowId } = await pairOf('contacts', 5);
    await world.marketer.update(personId, { title: 'Before' });
    await world.settle();
    await world.marketer.update(personId, { title: 'On its way' });
    // The write to Dynamics takes a while; the marketer changes his mind meanwhile.
    await world.control('dataverse', 'faults', { match: { method: 'PATCH' }, times: 1, action: { delayMs: 1_500 } });
    await world.control('dataverse', 'faults', { match: { path: '$batch' }, times: 2, action: { delayMs: 1_500 } });
    const cycle = world.cycle();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await world.marketer.update(personId, { title: 'Before' });
    await cycle;
    await world.control('dataverse', 'faults', undefined, 'DELETE');
    await world.settle();
    expect((await world.marketer.person(personId, ['title']))?.['title']).toBe('Before');
    expect((await world.sales.row('contacts', rowId))?.['jobtitle']).toBe('Before');
  });
});

describe('idle cycles', () => {
  test('ask each feed once and write nothing', async () => {
    await world.settle();
    await world.callsSince();
    await world.cycle();
    await world.cycle();
    const calls = await world.callsSince();
    const writes = (counts: Readonly<Record<string, number>>): string[] =>
      Object.keys(counts).filter((operation) => /^(POST|PATCH|PUT|DELETE)/.test(operation) && !operation.includes('token'));
    expect(writes(calls.marketo)).toEqual([]);
    expect(writes(calls.dataverse)).toEqual([]);
    // The control: an edit makes the same cycle write.
    const { personId } = await pairOf('contacts', 6);
    await world.marketer.update(personId, { phone: '+1 555 0199' });
    await world.cycle();
    expect(writes((await world.callsSince()).dataverse)).not.toEqual([]);
  });
});

describe('the webhook', () => {
  test('creates the row while the caller waits, and the second call finds it done', async () => {
    const id = await world.marketer.create({ firstName: 'Cam', lastName: 'Paign', email: 'cam.paign@example.com' });
    const first = await world.webhook({ leadId: Number(id), syncAs: 'contact' });
    expect(first).toMatchObject({ status: 200, body: { status: 'created' } });
    const rowId = String(first.body['microsoftId']);
    expect(await world.sales.row('contacts', rowId)).toMatchObject({ firstname: 'Cam', lastname: 'Paign' });
    await world.settle();
    await world.callsSince();
    const second = await world.webhook({ leadId: Number(id), syncAs: 'contact' });
    expect(second).toEqual({ status: 200, body: { status: 'alreadySynced', microsoftId: rowId } });
    expect(await world.callsSince()).toEqual({ marketo: {}, dataverse: {} });
    expect(await world.marketer.person(id, ['microsoftId', 'microsoftType'])).toMatchObject({
      microsoftId: rowId,
      microsoftType: 'Contact',
    });
    const [activity, ...more] = await world.marketer.activities('syncPersonToMicrosoft', id);
    expect(activity?.primaryAttributeValue).toBe('created');
    expect(more).toEqual([]);
  });

  test('gives a new lead the topic that Dynamics demands, and tells the person', async () => {
    const id = await world.marketer.create({ firstName: 'Topi', lastName: 'Cless', email: 'topi.cless@example.com' });
    const { body } = await world.webhook({ leadId: Number(id), syncAs: 'lead' });
    expect(body).toMatchObject({ status: 'created' });
    expect(await world.sales.row('leads', String(body['microsoftId']))).toMatchObject({ subject: 'Synced from Marketo' });
    await world.settle();
    expect(await world.marketer.person(id, ['microsoftTopic', 'subject'])).toMatchObject({
      microsoftTopic: 'Synced from Marketo',
      subject: 'Synced from Marketo',
    });
    const told = JSON.stringify(await operator(world).explain(id, 'microsoftTopic'));
    expect(told).toContain('The person had no value, so the new Dynamics record gets the default value from the mapping.');
    expect(told).toContain('\\"Synced from Marketo\\" was written to Dynamics.');
  });

  test('links the row that is there instead of making a second one', async () => {
    const id = await world.marketer.create({ firstName: 'Al', lastName: 'Ready', email: 'al.ready@example.com' });
    const rowId = await world.sales.create('leads', {
      firstname: 'Al',
      lastname: 'Ready',
      emailaddress1: 'AL.READY@example.com',
    });
    const { body } = await world.webhook({ leadId: Number(id) });
    expect(body).toEqual({ status: 'linked', microsoftId: rowId });
    await world.settle();
    expect(await world.sales.find('leads', "emailaddress1 eq 'al.ready@example.com'")).toHaveLength(1);
    expect(await world.marketer.findByEmail('al.ready@example.com')).toHaveLength(1);
  });

  test('refuses a person without a last name, says so, and makes the row once there is one', async () => {
    const id = await world.marketer.create({ firstName: 'Nameless', email: 'nameless@example.com' });
    const { body } = await world.webhook({ leadId: Number(id) });
    expect(body).toMatchObject({ status: 'rejected', reason: expect.stringContaining('Last Name is required in Dynamics') });
    expect(await world.sales.find('leads', "emailaddress1 eq 'nameless@example.com'")).toEqual([]);
    await world.marketer.update(id, { lastName: 'Named' });
    expect((await world.webhook({ leadId: Number(id) })).body['status']).toBe('created');
    await world.settle();
    const activities = await world.marketer.activities('syncPersonToMicrosoft', id);
    expect(activities.map((activity) => activity.primaryAttributeValue)).toEqual(['rejected', 'created']);
  });

  test('ten requests at once make one row', async () => {
    const id = await world.marketer.create({ firstName: 'Ten', lastName: 'Times', email: 'ten.times@example.com' });
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.webhook({ leadId: Number(id) })));
    const ids = new Set(answers.map(({ body }) => body['microsoftId']));
    expect(ids.size).toBe(1);
    expect(answers.filter(({ body }) => body['status'] === 'created')).toHaveLength(1);
    expect(answers.filter(({ body }) => body['status'] === 'alreadySynced')).toHaveLength(9);
    await world.settle();
    expect(await world.sales.find('leads', "emailaddress1 eq 'ten.times@example.com'")).toHaveLength(1);
  });
});

describe('a value that Dynamics refuses', () => {
  test('is told on the person once, the others go through, and a retry after mending lets it pass', async () => {
    const { personId, rowId } = await pairOf('contacts', 8);
    await world.control('dataverse', 'rules', {
      table: 'contact',
      column: 'telephone1',
      pattern: '^000',
      code: '0x80040265',
      message: "The value of 'telephone1' is not a phone number.",
    });
    await world.marketer.update(personId, { phone: '000 123', firstName: 'Goes', lastName: 'Through' });
    await world.settle();
    expect(await world.sales.row('contacts', rowId)).toMatchObject({ firstname: 'Goes', lastname: 'Through' });
    expect((await world.sales.row('contacts', rowId))?.['telephone1']).not.toBe('000 123');
    // Another edit does not send the refused value again, nor log it again.
    await world.marketer.update(personId, { firstName: 'Still' });
    await world.settle();
    const activities = await world.marketer.activities('microsoftSyncRejected', personId);
    expect(activities).toHaveLength(1);
    expect(activities[0]).toMatchObject({ primaryAttributeValue: 'phone' });
    expect(Object.values(activities[0]?.attributes ?? {})).toEqual(
      expect.arrayContaining(['0x80040265', expect.stringContaining('not a phone number')]),
    );

    await world.control('dataverse', 'rules', undefined, 'DELETE');
    const { records } = await operator(world).retry({ id: Number(personId) });
    expect(records).toEqual([expect.objectContaining({ marketoId: personId, state: 'waiting' })]);
    await world.settle();
    expect((await world.sales.row('contacts', rowId))?.['telephone1']).toBe('000 123');
    expect(await operator(world).retry({ id: Number(personId) })).toMatchObject({ records: [{ rejections: [] }] });
  });
});

describe('in Temporal', () => {
  test('records are found by SyncOutcome, with their activities by name', async () => {
    const { personId } = await pairOf('contacts', 9);
    await world.marketer.update(personId, { firstName: 'Visible' });
    await world.settle();
    const runs = [];
    for await (const run of world.client.workflow.list({
      query: `WorkflowType = 'syncRecord' AND SyncOutcome = 'written' AND MarketoId = '${personId}'`,
    }))
      runs.push(run);
    expect(runs.length).toBeGreaterThan(0);
    const { events } = await world.client.workflow.getHandle(runs[0]!.workflowId, runs[0]!.runId).fetchHistory();
    const text = decoded(events ?? []);
    for (const name of ['fetch', 'resolve', 'write']) expect(text).toContain(name);
  });

  test('no value of any field stands in a history', async () => {
    const needle = 'Needle-in-no-haystack';
    const id = await world.marketer.create({ firstName: needle, lastName: needle, email: 'needle@haystack.example.com' });
    await world.webhook({ leadId: Number(id), syncAs: 'contact' });
    await world.settle();
    await world.marketer.update(id, { title: `${needle} title`, phone: '+1 555 7777777' });
    await world.settle();
    const seeded = (await world.sales.find('contacts', 'emailaddress1 ne null')).flatMap((row) =>
      ['emailaddress1', 'lastname', 'telephone1'].flatMap((column) => {
        const value = row[column];
        return typeof value === 'string' ? [value] : [];
      }),
    );
    const needles = [needle, '7777777', ...seeded.filter((value) => value.length > 7)];
    let histories = 0;
    for await (const run of world.client.workflow.list()) {
      const history = await world.client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
      const text = decoded(history.events ?? []);
      for (const value of needles) expect(text).not.toContain(value);
      histories += 1;
    }
    expect(histories).toBeGreaterThan(20);
    for (const line of world.logged) for (const value of needles) expect(line).not.toContain(value);
    // The control: what does stand there is found.
    const history = await world.client.workflow.getHandle(`create/${id}`).fetchHistory();
    expect(decoded(history.events ?? [])).toContain(`"marketoId":"${id}"`);
  });
});

/** Payloads are base64 in a history: without decoding them a search would find nothing, ever. */
function decoded(events: readonly unknown[]): string {
  return JSON.stringify(events).replaceAll(/"([A-Za-z0-9+/]{8,}={0,2})"/g, (whole, text: string) =>
    text.length % 4 === 0 ? `${whole} ${Buffer.from(text, 'base64').toString('utf8')}` : whole,
  );
}
