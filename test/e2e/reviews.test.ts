/** Decisions that are left to a person, from the question to what both sides hold in the end. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Choice, OpenReview } from '../../src/core/reviews';
import type { ResolveAnswer, ReviewsAnswer } from '../../src/gateway/operatorReviews';
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
  test.each([
    ['marketo', 0],
    ['dynamics', 1],
  ] as const)('that both sides changed waits, and goes to the other side when %s is chosen', async (winner, index) => {
    const row = (await world.sales.find('contacts', 'emailaddress1 ne null'))[index];
    const rowId = String(row?.['contactid']);
    const [person] = await world.marketer.findByEmail(String(row?.['emailaddress1']), ['id']);
    const personId = String(person?.['id']);
    await world.marketer.update(personId, { title: 'by marketo' });
    await world.sales.update('contacts', rowId, { jobtitle: 'by dynamics' });
    await world.settle();
    // Neither was overwritten.
    expect((await world.marketer.person(personId, ['title']))?.['title']).toBe('by marketo');
    expect((await world.sales.row('contacts', rowId))?.['jobtitle']).toBe('by dynamics');
    const review = await openReview(({ kind, marketoId }) => kind === 'collision' && marketoId === personId);
    expect(review.fields).toEqual([{ field: 'title', marketo: 'by marketo', dynamics: 'by dynamics' }]);
    await decide(review, winner);
    await world.settle();
    expect((await world.marketer.person(personId, ['title']))?.['title']).toBe(`by ${winner}`);
    expect((await world.sales.row('contacts', rowId))?.['jobtitle']).toBe(`by ${winner}`);
  });
});

describe('a person that a campaign asks for, whose e-mail address two leads have', () => {
  async function asked(name: string): Promise<{ personId: string; email: string; rows: readonly string[]; review: OpenReview }> {
    const email = `${name}@reviews.example.com`;
    const personId = await world.marketer.create({ firstName: name, lastName: 'Asked', email });
    const rows = [];
    for (const lastname of ['One', 'Two']) rows.push(await world.sales.create('leads', { lastname, emailaddress1: email }));
    expect((await world.webhook({ leadId: Number(personId) })).body['status']).toBe('review');
    return { personId, email, rows, review: await openReview(({ marketoId }) => marketoId === personId) };
  }

  test('is linked to the one that is named', async () => {
    const { personId, email, rows, review } = await asked('linked');
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

const byText = (a: string, b: string): number => (a < b ? -1 : 1);
