/** Decisions that are left to a person, from the question to what both sides hold in the end. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Choice, OpenReview } from '../../src/core/reviews';
import type { ResolveAnswer, ReviewsAnswer } from '../../src/gateway/operatorReviews';
import { eventually } from '../support/eventually';
import { operator } from '../support/operator';
import { requests } from '../support/requests';
import { sendJson } from '../support/vendors';
import { OPERATOR_TOKEN, startWorld, type World } from '../support/world';

let world: World;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'mdsync-reviews-'));
  const file = join(dir, 'mapping.yaml');
  const text = readFileSync(resolve(__dirname, '../../src/config/defaultMapping.yaml'), 'utf8');
  writeFileSync(file, text.replace(/^( +title: *\{)/m, '$1 winner: review,'));
  world = await startWorld({ people: 6, contacts: 6, env: { MDSYNC_MAPPING: file } });
  await world.settle();
}, 180_000);

afterAll(async () => {
  await world.stop();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };

async function openReview(fits: (review: OpenReview) => boolean): Promise<OpenReview> {
  const answer = await sendJson(`${world.gatewayUrl}/operator/reviews`, 'GET', undefined, headers);
  const found = (answer as unknown as ReviewsAnswer).reviews.find(fits);
  if (found === undefined) throw new Error(`No such review is open: ${JSON.stringify(answer)}`);
  return found;
}

async function decide({ number }: OpenReview, choice: Choice, id?: string): Promise<ResolveAnswer> {
  const body = { choice, ...(id === undefined ? {} : { id }) };
  return (await sendJson(`${world.gatewayUrl}/operator/reviews/${number}`, 'POST', body, headers)) as unknown as ResolveAnswer;
}

describe('a field with winner: review', () => {
  async function pairAt(index: number): Promise<{ rowId: string; personId: string }> {
    const row = (await world.sales.find('contacts', 'emailaddress1 ne null'))[index];
    const [person] = await world.marketer.findByEmail(String(row?.['emailaddress1']), ['id']);
    return { rowId: String(row?.['contactid']), personId: String(person?.['id']) };
  }

  test.each([
    ['marketo', 0, { reads: { people: 1, row: 1 }, writes: { row: 1 } }],
    ['dynamics', 1, { reads: { people: 2, row: 1 }, writes: { people: 1 } }],
  ] as const)('that both sides changed waits, and goes to the other side when %s is chosen', async (winner, index, asked) => {
    const { rowId, personId } = await pairAt(index);
    await world.marketer.update(personId, { title: 'by marketo' });
    await world.sales.update('contacts', rowId, { jobtitle: 'by dynamics' });
    await world.callsSince();
    await world.settle();
    // Neither was overwritten.
    expect((await world.marketer.person(personId, ['title']))?.['title']).toBe('by marketo');
    expect((await world.sales.row('contacts', rowId))?.['jobtitle']).toBe('by dynamics');
    const review = await openReview(({ kind, marketoId }) => kind === 'collision' && marketoId === personId);
    expect(review.fields).toEqual([{ field: 'title', marketo: 'by marketo', dynamics: 'by dynamics' }]);
    expect((await operator(world).decisions(personId, 'title')).at(-1)).toBe('collision:review: noted');
    expect(await requests(world)).toEqual({ reads: { people: 1, row: 1 }, writes: {} });
    await decide(review, winner);
    await world.settle();
    expect((await operator(world).decisions(personId, 'title')).at(-1)).toBe(`${winner}Changed: confirmed`);
    expect(await requests(world)).toEqual(asked);
    expect((await world.marketer.person(personId, ['title']))?.['title']).toBe(`by ${winner}`);
    expect((await world.sales.row('contacts', rowId))?.['jobtitle']).toBe(`by ${winner}`);
  });

  test.each([
    ['by one side: what the other one holds goes over', 2, 'by dynamics'],
    ['by both: nothing is asked any more', 3, 'Agreed'],
  ] as const)('is settled by itself when the edits are taken back %s', async (_by, index, left) => {
    const { rowId, personId } = await pairAt(index);
    await world.marketer.update(personId, { title: 'Agreed' });
    await world.settle();
    await world.marketer.update(personId, { title: 'by marketo' });
    await world.sales.update('contacts', rowId, { jobtitle: 'by dynamics' });
    await world.settle();
    await openReview(({ kind, marketoId }) => kind === 'collision' && marketoId === personId);
    await world.marketer.update(personId, { title: 'Agreed' });
    if (left === 'Agreed') await world.sales.update('contacts', rowId, { jobtitle: left });
    await world.settle();
    expect((await world.marketer.person(personId, ['title']))?.['title']).toBe(left);
    expect((await world.sales.row('contacts', rowId))?.['jobtitle']).toBe(left);
    await expect(openReview(({ marketoId }) => marketoId === personId)).rejects.toThrow('No such review');
  });
});

describe('a person that a campaign asks for, whose e-mail address two leads have', () => {
  async function asked(name: string): Promise<{ personId: string; email: string; rows: readonly string[]; review: OpenReview }> {
    const email = `${name}@reviews.example.com`;
    const personId = await world.marketer.create({ firstName: name, lastName: 'Asked', email });
    const rows = [];
    for (const lastname of ['One', 'Two']) rows.push(await world.sales.create('leads', { lastname, emailaddress1: email }));
    await world.callsSince();
    expect((await world.webhook({ leadId: Number(personId) })).body['status']).toBe('review');
    return { personId, email, rows, review: await openReview(({ marketoId }) => marketoId === personId) };
  }

  const told = async (personId: string): Promise<readonly unknown[]> =>
    eventually(
      async () =>
        (await world.marketer.activities('syncPersonToMicrosoft', personId)).map((activity) => activity.primaryAttributeValue),
      (activities) => activities.length > 0,
      5_000,
    );

  test('is linked to the one that is named', async () => {
    const { personId, email, rows, review } = await asked('linked');
    // The person is told, and nothing else is written.
    expect(await told(personId)).toEqual(['review']);
    expect(await requests(world)).toEqual({ reads: { people: 1, twins: 2 }, writes: { activities: 1 } });
    expect(review.candidates.map(({ id }) => id).toSorted(byText)).toEqual(rows.toSorted(byText));
    await decide(review, 'link', rows[1]);
    await world.settle();
    expect((await world.marketer.person(personId, ['microsoftId']))?.['microsoftId']).toBe(rows[1]);
    expect(await world.sales.find('leads', `emailaddress1 eq '${email}'`)).toHaveLength(2);
  });

  test('gets a lead of its own when neither is the one', async () => {
    const { personId, email, rows, review } = await asked('apart');
    await decide(review, 'create');
    await world.settle();
    const leads = await world.sales.find('leads', `emailaddress1 eq '${email}'`);
    const made = leads.map((lead) => String(lead['leadid'])).filter((id) => !rows.includes(id));
    expect(made).toHaveLength(1);
    expect((await world.marketer.person(personId, ['microsoftId']))?.['microsoftId']).toBe(made[0]);
  });
});

describe('a contact whose e-mail address two people have', () => {
  async function twins(email: string): Promise<{ people: readonly string[]; rowId: string; review: OpenReview }> {
    const people = [
      await world.marketer.create({ firstName: 'Twin', lastName: 'One', email }),
      await world.marketer.create({ firstName: 'Twin', lastName: 'Two', email: `second.${email}` }),
    ];
    // Marketo lets nobody create a second person with an address, but anybody may change one to it.
    await world.marketer.update(people[1] ?? '', { email });
    // Of the cases before, records with one address may still be taking turns.
    await world.rest();
    await world.callsSince();
    const rowId = await world.sales.create('contacts', { firstname: 'Twin', lastname: 'Row', emailaddress1: email });
    await world.settle();
    // Looked for by GUID and by e-mail; nobody is touched.
    expect(await requests(world)).toEqual({ reads: { people: 2 }, writes: {} });
    return { people, rowId, review: await openReview((one) => one.kind === 'ambiguousMatch' && one.microsoftId === rowId) };
  }

  test('is one pair with the person that is named', async () => {
    const { people, rowId, review } = await twins('twins.linked@example.com');
    const chosen = people[1] ?? '';
    expect(await decide(review, 'link', chosen)).toMatchObject({ closed: [review.number] });
    await world.settle();
    expect(await world.marketer.person(chosen, ['microsoftId'])).toMatchObject({ microsoftId: rowId });
    expect(await requests(world)).toEqual({ reads: { people: 2, row: 1 }, writes: { people: 1 } });
    expect((await world.marketer.person(people[0] ?? '', ['microsoftId']))?.['microsoftId'] ?? null).toBeNull();
  });

  test('becomes a third person when neither is the one', async () => {
    const { people, rowId, review } = await twins('twins.apart@example.com');
    await decide(review, 'create');
    await world.settle();
    const found = await world.marketer.findByEmail('twins.apart@example.com', ['id', 'microsoftId']);
    expect(found).toHaveLength(3);
    const made = found.filter((person) => !people.includes(String(person['id'])));
    expect(made).toEqual([expect.objectContaining({ microsoftId: rowId })]);
    // By GUID alone this time, and the new pair's first look.
    expect(await requests(world)).toEqual({ reads: { people: 2, row: 1 }, writes: { people: 1 } });
  });

  test('is linked by itself when only one of them is left, and nobody is asked any more', async () => {
    const { people, rowId, review } = await twins('twins.settled@example.com');
    await world.marketer.update(people[1] ?? '', { email: 'somebody.else@example.com' });
    await world.sales.update('contacts', rowId, { jobtitle: 'Heard of again' });
    await world.settle();
    expect(await world.marketer.person(people[0] ?? '', ['microsoftId', 'title'])).toMatchObject({
      microsoftId: rowId,
      title: 'Heard of again',
    });
    await expect(openReview(({ number }) => number === review.number)).rejects.toThrow('No such review is open');
  });
});

const byText = (a: string, b: string): number => (a < b ? -1 : 1);
