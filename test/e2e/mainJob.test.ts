/** The main job, seen from outside: everything is done through the vendors' APIs, as marketer and salesperson. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operator } from '../support/operator';
import { type Requests, requests } from '../support/requests';
import { startWorld, type World } from '../support/world';

let world: World;
let load: Requests;

beforeAll(async () => {
  world = await startWorld({ people: 60, contacts: 30, leads: 20, offset: 10 });
  await world.callsSince();
  await world.settle();
  load = await requests(world);
}, 180_000);

afterAll(async () => world.stop(), 60_000);

/** Rows whose pairs a test has had: the next one would find its decisions there. */
const handedOut = new Set<string>();

/** A human that both sides know, paired by e-mail, of whom no test has made anything yet, and nothing asked of either side since. */
async function pairOf(table: 'contacts' | 'leads'): Promise<{ personId: string; rowId: string; email: string }> {
  const idColumn = table === 'contacts' ? 'contactid' : 'leadid';
  const rows = await world.sales.find(table, 'emailaddress1 ne null');
  for (const row of rows.filter((one) => !handedOut.has(String(one[idColumn])))) {
    const email = String(row['emailaddress1']);
    const people = await world.marketer.findByEmail(email, ['id', 'email', 'microsoftId']);
    const person = people.find((one) => one['microsoftId'] === row[idColumn]);
    if (person === undefined) continue;
    handedOut.add(String(row[idColumn]));
    await world.callsSince();
    return { personId: String(person['id']), rowId: String(row[idColumn]), email };
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

  test('tells of fields that both sides held, and not of those that neither did', async () => {
    const told = await world.db
      .selectFrom('decision')
      .select(['field', 'marketo', 'dynamics'])
      .where('rule', '=', 'seed:equal')
      .execute();
    const blank = ({ marketo, dynamics }: (typeof told)[number]): boolean =>
      [marketo.value, dynamics.value].every((value) => value === null);
    expect(told.filter((decision) => !blank(decision)).map(({ field }) => field)).toContain('lastName');
    expect(told.filter(blank)).toEqual([]);
    // They are agreed on all the same.
    const { baseline } = await world.db
      .selectFrom('pair')
      .select('baseline')
      .where('state', '=', 'live')
      .limit(1)
      .executeTakeFirstOrThrow();
    expect(Object.values(baseline)).toContainEqual({ marketo: null, dynamics: null });
  });

  test('costs requests by the page, not by the record', () => {
    // Of 50 rows: by e-mail, by GUID, once read back, and before each call that writes; how many of those there are is a matter of moments.
    expect(load.reads['people']).toBeLessThanOrEqual(7);
    expect(load.writes['people']).toBeLessThanOrEqual(5);
    expect(load.batches).toBeLessThanOrEqual(3);
    // Nobody is read or written alone, and nothing is made in Dynamics.
    expect([Object.keys(load.reads), Object.keys(load.writes)]).toEqual([['people'], ['people']]);
  });

  test('a person that only Marketo knows is not pushed', async () => {
    const id = await world.marketer.create({ firstName: 'Only', lastName: 'Marketo', email: 'only.marketo@example.com' });
    await world.callsSince();
    await world.settle();
    expect(await requests(world)).toEqual({ reads: {}, writes: {} });
    expect(await world.sales.find('contacts', "emailaddress1 eq 'only.marketo@example.com'")).toEqual([]);
    expect(await world.sales.find('leads', "emailaddress1 eq 'only.marketo@example.com'")).toEqual([]);
    // The control: the same person goes over when a campaign asks.
    expect((await world.webhook({ leadId: Number(id) })).body['status']).toBe('created');
    expect(await world.sales.find('leads', "emailaddress1 eq 'only.marketo@example.com'")).toHaveLength(1);
    await world.settle();
  });

  test('a new contact becomes one person', async () => {
    await world.callsSince();
    const rowId = await world.sales.create('contacts', {
      firstname: 'New',
      lastname: 'Contact',
      emailaddress1: 'new.contact@example.com',
      telephone1: '+1 555 0100',
    });
    // It was read back when it was made: nobody has to look again.
    expect((await world.cycle()).outcomes).toEqual({ created: 1 });
    await world.settle();
    const people = await world.marketer.findByEmail('new.contact@example.com', ['id', 'firstName', 'phone', 'microsoftId']);
    expect(people).toEqual([expect.objectContaining({ firstName: 'New', phone: '+1 555 0100', microsoftId: rowId })]);
    expect((await operator(world).explain(rowId)).events).toMatchObject([{ kind: 'paired', origin: 'personCreated' }]);
    // Nobody has the GUID, nobody the e-mail; the person is read back. The feed has brought the row.
    expect(await requests(world)).toEqual({ reads: { people: 3 }, writes: { people: 1 } });
  });

  test('one whose GUID somebody carries under another e-mail address is that person, in an initial load, too', async () => {
    const contact = (name: string) =>
      world.sales.create('contacts', { lastname: name, emailaddress1: `${name.toLowerCase()}@moved.example.com` });
    const [knownId, unknownId] = [await contact('Known'), await contact('Unknown')];
    const personId = await world.marketer.create({ lastName: 'Known', email: 'known@before.example.com', microsoftId: knownId });
    await world.db.deleteFrom('cursor').where('side', '=', 'dynamics').execute();
    expect((await world.cycle()).outcomes).toMatchObject({ created: 1, linked: 1 });
    await world.settle();
    const idsOf = async (email: string) => (await world.marketer.findByEmail(email, ['id', 'microsoftId'])) as unknown;
    expect((await operator(world).explain(personId)).events[0]).toMatchObject({ kind: 'paired', origin: 'linkedByGuid' });
    expect(await idsOf('known@moved.example.com')).toEqual([{ id: Number(personId), microsoftId: knownId }]);
    expect(await idsOf('known@before.example.com')).toEqual([]);
    expect(await idsOf('unknown@moved.example.com')).toMatchObject([{ microsoftId: unknownId }]);
  });

  test('one whose GUID a person of another pair carries is told to an operator, and that person keeps its values', async () => {
    const { personId } = await pairOf('contacts');
    const before = await world.marketer.person(personId, ['lastName', 'email']);
    const rowId = await world.sales.create('contacts', { lastname: 'Intruder', emailaddress1: 'intruder@example.com' });
    await world.marketer.update(personId, { microsoftId: rowId });
    expect((await world.cycle()).outcomes).toMatchObject({ review: 1 });
    const reviews = world.db.selectFrom('review').select('kind').where('key', '=', `record/contact/${rowId}`);
    expect(await reviews.execute()).toEqual([{ kind: 'personPairedElsewhere' }]);
    expect(await world.marketer.person(personId, ['lastName', 'email'])).toEqual(before);
    expect(await world.marketer.findByEmail('intruder@example.com')).toEqual([]);
    await world.settle();
  });

  test('one that cannot have all that its row has is looked at once more', async () => {
    await world.sales.create('contacts', { lastname: 'Umlaut', emailaddress1: 'bürger@example.com' });
    expect((await world.cycle()).outcomes).toEqual({ created: 1, rejected: 1 });
    await world.settle();
  });

  test('two contacts with one e-mail address become two people, and never each other', async () => {
    const email = 'info@first.example.com';
    const contact = (lastname: string) => world.sales.create('contacts', { lastname, emailaddress1: email });
    const rowIds = [await contact('First'), await contact('Second')];
    await world.rest();
    const people = await world.marketer.findByEmail(email, ['lastName', 'microsoftId']);
    expect(people.toSorted((a, b) => (String(a['lastName']) < String(b['lastName']) ? -1 : 1))).toEqual([
      expect.objectContaining({ lastName: 'First', microsoftId: rowIds[0] }),
      expect.objectContaining({ lastName: 'Second', microsoftId: rowIds[1] }),
    ]);
    await world.sales.update('contacts', String(rowIds[1]), { lastname: 'Second still' });
    await world.settle();
    const names = (await world.marketer.findByEmail(email, ['lastName'])).map((person) => person['lastName']);
    expect(new Set(names)).toEqual(new Set(['First', 'Second still']));
  });

  test('two that are linked: a blank loses, then the winner is right, and an opt-out stays', async () => {
    const email = 'both.sides@example.com';
    const personId = await world.marketer.create({
      lastName: 'Both',
      email,
      title: 'by Marketo',
      city: 'Bruges',
      unsubscribed: true,
    });
    await world.callsSince();
    const rowId = await world.sales.create('contacts', {
      lastname: 'Both',
      emailaddress1: email,
      jobtitle: 'by Dynamics',
      telephone1: '+1 555 0104',
      donotbulkemail: false,
    });
    await world.settle();
    expect((await operator(world).explain(personId)).events[0]).toMatchObject({ kind: 'paired', origin: 'linkedByEmail' });
    expect(await world.marketer.findByEmail(email, ['id', 'title', 'city', 'phone', 'unsubscribed', 'microsoftId'])).toEqual([
      {
        id: Number(personId),
        title: 'by Dynamics',
        city: 'Bruges',
        phone: '+1 555 0104',
        unsubscribed: true,
        microsoftId: rowId,
      },
    ]);
    expect(await world.sales.row('contacts', rowId)).toMatchObject({
      jobtitle: 'by Dynamics',
      address1_city: 'Bruges',
      telephone1: '+1 555 0104',
      donotbulkemail: true,
    });
    const decided = await Promise.all(['title', 'city', 'phone', 'unsubscribed'].map((field) => decisions(personId, field)));
    expect(decided).toEqual([
      ['seed:dynamics: confirmed'],
      ['seed:nonBlank: confirmed'],
      ['seed:nonBlank: confirmed'],
      ['seed:consent: confirmed'],
    ]);
    // Found by e-mail (nobody has the GUID), looked at as a pair, and once more before it is written.
    expect(await requests(world)).toEqual({ reads: { people: 4 }, writes: { people: 1, row: 1 } });
  });
});

describe('edits', () => {
  test('on the person arrive on the row, and on the row on the person', async () => {
    const { personId, rowId } = await pairOf('contacts');
    await world.marketer.update(personId, { phone: '+1 555 0101' });
    await world.settle();
    expect((await world.sales.row('contacts', rowId))?.['telephone1']).toBe('+1 555 0101');
    expect(await requests(world)).toEqual({ reads: { people: 1, row: 1 }, writes: { row: 1 } });
    await world.sales.update('contacts', rowId, { telephone1: '+1 555 0102' });
    await world.settle();
    expect((await world.marketer.person(personId, ['phone']))?.['phone']).toBe('+1 555 0102');
    // The feed has brought the row; Marketo has no conditional write, so the person is read once more just before.
    expect(await requests(world)).toEqual({ reads: { people: 2 }, writes: { people: 1 } });
    expect((await decisions(personId, 'phone')).slice(-2)).toEqual(['marketoChanged: confirmed', 'dynamicsChanged: confirmed']);
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
    expect(await sinceTheMatch(personId, 'firstName')).toEqual(['marketoChanged: confirmed']);
    expect(await sinceTheMatch(personId, 'lastName')).toEqual(['dynamicsChanged: confirmed']);
    expect(await requests(world)).toEqual({ reads: { people: 2, row: 1 }, writes: { people: 1, row: 1 } });
  });

  test.each([
    ['leads', 'from Marketo', 'collision:marketo', { reads: { people: 1, row: 1 }, writes: { row: 1 } }],
    ['contacts', 'from Dynamics', 'collision:dynamics', { reads: { people: 2, row: 1 }, writes: { people: 1 } }],
  ] as const)('of one field on both sides collide: on %s the value %s stays', async (table, winner, rule, asked) => {
    const { personId, rowId } = await pairOf(table);
    await world.marketer.update(personId, { title: 'from Marketo' });
    await world.sales.update(table, rowId, { jobtitle: 'from Dynamics' });
    await world.settle();
    expect((await world.marketer.person(personId, ['title']))?.['title']).toBe(winner);
    expect((await world.sales.row(table, rowId))?.['jobtitle']).toBe(winner);
    expect(await sinceTheMatch(personId, 'title')).toEqual([`${rule}: confirmed`]);
    expect(await requests(world)).toEqual(asked);
  });

  test('of one field on both sides to the same value write nothing, and what follows is compared with it', async () => {
    const { personId, rowId } = await pairOf('contacts');
    await world.marketer.update(personId, { title: 'The same' });
    await world.sales.update('contacts', rowId, { jobtitle: 'The same' });
    await world.settle();
    expect(await sinceTheMatch(personId, 'title')).toEqual(['agree: noted']);
    expect(await requests(world)).toEqual({ reads: { people: 1, row: 1 }, writes: {} });
    await world.marketer.update(personId, { title: 'Another one' });
    await world.settle();
    expect((await world.sales.row('contacts', rowId))?.['jobtitle']).toBe('Another one');
    expect(await requests(world)).toEqual({ reads: { people: 1, row: 1 }, writes: { row: 1 } });
  });

  test('that clear a field clear it on the other side', async () => {
    const { personId, rowId } = await pairOf('contacts');
    // Not every contact of this file has a first name.
    await world.marketer.update(personId, { title: 'To be cleared', firstName: 'Also' });
    await world.settle();
    expect((await world.sales.row('contacts', rowId))?.['jobtitle']).toBe('To be cleared');
    await world.callsSince();
    await world.sales.update('contacts', rowId, { jobtitle: null });
    await world.settle();
    expect((await world.marketer.person(personId, ['title']))?.['title'] ?? null).toBeNull();
    expect(await sinceTheMatch(personId, 'title')).toEqual(['marketoChanged: confirmed', 'dynamicsChanged: confirmed']);
    // Before it believes the clear, it reads its permissions anew.
    expect(await requests(world)).toEqual({ reads: { people: 2 }, writes: { people: 1 }, batches: 2 });
    await world.marketer.update(personId, { firstName: null });
    await world.settle();
    expect((await world.sales.row('contacts', rowId))?.['firstname'] ?? null).toBeNull();
    expect(await requests(world)).toEqual({ reads: { people: 1, row: 1 }, writes: { row: 1 } });
  });

  test('that empty a column which Dynamics requires do not go over: the row keeps its value, and the person says why', async () => {
    const { personId, rowId } = await pairOf('contacts');
    const before = (await world.sales.row('contacts', rowId))?.['lastname'];
    await world.marketer.update(personId, { lastName: null, firstName: 'Without a last name' });
    await world.settle();
    expect(await world.sales.row('contacts', rowId)).toMatchObject({ lastname: before, firstname: 'Without a last name' });
    const [activity, ...more] = await world.marketer.activities('microsoftSyncRejected', personId);
    expect(activity).toMatchObject({ primaryAttributeValue: 'lastName' });
    expect(more).toEqual([]);
    expect(await sinceTheMatch(personId, 'lastName')).toEqual(['marketoChanged: rejected']);
    expect(await requests(world)).toEqual({ reads: { people: 1, row: 1 }, writes: { row: 1, activities: 1 } });
    // The control: with a name again, it goes over, and the matter is closed.
    await world.marketer.update(personId, { lastName: 'Named again' });
    await world.settle();
    expect(await world.sales.row('contacts', rowId)).toMatchObject({ lastname: 'Named again' });
    expect(await operator(world).retry({ id: Number(personId) })).toMatchObject({ records: [{ rejections: [] }] });
  });

  test('that are taken back while they are being written end with both sides as before', async () => {
    const { personId, rowId } = await pairOf('contacts');
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
    const { personId } = await pairOf('contacts');
    await world.marketer.update(personId, { phone: '+1 555 0199' });
    await world.cycle();
    expect(writes((await world.callsSince()).dataverse)).not.toEqual([]);
  });
});

describe('a value that Dynamics refuses', () => {
  test('is told on the person once, the others go through, and a retry after mending lets it pass', async () => {
    const { personId, rowId } = await pairOf('contacts');
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
    expect((await decisions(personId, 'phone')).at(-1)).toBe('marketoChanged: rejected');
    // The row is written once with the value, and once without it.
    expect(await requests(world)).toEqual({ reads: { people: 1, row: 1 }, writes: { row: 2, activities: 1 } });
    // Another edit does not send the refused value again, nor log it again.
    await world.marketer.update(personId, { firstName: 'Still' });
    await world.settle();
    expect((await decisions(personId, 'phone')).at(-1)).toBe('marketoChanged: held');
    expect(await requests(world)).toEqual({ reads: { people: 1, row: 1 }, writes: { row: 1 } });
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

  test('is no open matter any more once it was taken back', async () => {
    const { personId } = await pairOf('contacts');
    const rejections = async () =>
      world.db.selectFrom('rejection').select(['side', 'field', 'closed_at']).where('key', '=', `record/${personId}`).execute();
    await world.marketer.update(personId, { title: 'Agreed' });
    await world.settle();
    await world.marketer.update(personId, { title: 'x'.repeat(150) });
    await world.settle();
    expect(await rejections()).toEqual([{ side: 'dynamics', field: 'title', closed_at: null }]);
    await world.callsSince();
    await world.marketer.update(personId, { title: 'Agreed' });
    await world.settle();
    expect(await rejections()).toEqual([{ side: 'dynamics', field: 'title', closed_at: expect.any(Date) }]);
    expect(await requests(world)).toMatchObject({ writes: {} });
  });
});

describe('in Temporal', () => {
  test('records are found by SyncOutcome, with their activities by name', async () => {
    const { personId } = await pairOf('contacts');
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

const decisions = (id: string, field: string): Promise<readonly string[]> => operator(world).decisions(id, field);
/** Without what was decided when the pair was first matched: that differs from human to human. */
const sinceTheMatch = async (id: string, field: string): Promise<readonly string[]> =>
  (await decisions(id, field)).filter((one) => !one.startsWith('seed:'));

/** Payloads are base64 in a history: without decoding them a search would find nothing, ever. */
function decoded(events: readonly unknown[]): string {
  return JSON.stringify(events).replaceAll(/"([A-Za-z0-9+/]{8,}={0,2})"/g, (whole, text: string) =>
    text.length % 4 === 0 ? `${whole} ${Buffer.from(text, 'base64').toString('utf8')}` : whole,
  );
}
