/** What keeps a mistake on one side from becoming a disaster on the other. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operator } from '../support/operator';
import { requests } from '../support/requests';
import { sendJson } from '../support/vendors';
import { OPERATOR_TOKEN, startWorld, type World } from '../support/world';

let world: World;

beforeAll(async () => {
  world = await startWorld({ contacts: 70, people: 70, env: { MDSYNC_DELETE_GRACE_SEC: '0' } });
  await world.settle();
}, 120_000);

afterAll(async () => world.stop(), 60_000);

const contacts = async (): Promise<readonly Record<string, unknown>[]> => world.sales.find('contacts', 'emailaddress1 ne null');
const idOf = (row: Record<string, unknown>): string => row['contactid'] as string;
const each = (rows: readonly Record<string, unknown>[], act: (id: string) => Promise<void>): Promise<unknown> =>
  Promise.all(rows.map((row) => act(idOf(row))));
/** All of them in one call: Marketo counts what it refuses, so that many who ask at once never get an answer. */
const people = (rows: readonly Record<string, unknown>[], fields: readonly string[]) =>
  world.marketer.findByEmail(rows.map((row) => row['emailaddress1'] as string).join(','), fields);
const reviews = async (kind: string) =>
  world.db.selectFrom('review').selectAll().where('kind', '=', kind).where('closed_at', 'is', null).execute();

describe('a field that Dynamics empties everywhere', () => {
  test('is parked after twenty clears; people keep their values, other fields go on, and closing the review lets it play again', async () => {
    const rows = (await contacts()).slice(0, 60);
    await each(rows, (id) => world.sales.update('contacts', id, { jobtitle: `Title of ${id.slice(0, 8)}` }));
    await world.settle();
    await each(rows, (id) => world.sales.update('contacts', id, { jobtitle: null, address1_city: 'Utrecht' }));
    await world.settle();
    expect(await reviews('massClear')).toHaveLength(1);
    const titles = await people(rows, ['id', 'title', 'city']);
    const kept = titles.filter((person) => typeof person['title'] === 'string' && person['title'].startsWith('Title of'));
    expect(kept.length).toBeGreaterThanOrEqual(30);
    const decided = await Promise.all(kept.map((one) => operator(world).decisions(String(one['id']), 'title')));
    // Nothing is decided any more for those whose turn comes when the field is known to be parked.
    const held = decided.flatMap((all) => all.filter((one) => one.startsWith('dynamicsChanged')).at(-1) ?? []);
    expect(new Set(held)).toEqual(new Set(['dynamicsChanged: held']));
    expect(titles.filter((person) => person['city'] === 'Utrecht')).toHaveLength(60);

    await world.db.updateTable('review').set({ closed_at: new Date() }).where('kind', '=', 'massClear').execute();
    await world.restartWorker();
    await world.settle();
    const emptied = await people(rows, ['title']);
    expect(emptied.map((person) => person['title'] ?? null)).toEqual(rows.map(() => null));
  });
});

describe('a field that both sides keep rewriting', () => {
  test('is held after four rounds and put up for review', async () => {
    const [row] = (await contacts()).slice(61);
    const id = idOf(row ?? {});
    const [person] = await world.marketer.findByEmail(row?.['emailaddress1'] as string);
    const personId = String(person?.['id']);
    for (let round = 0; round < 3; round += 1) {
      await world.sales.update('contacts', id, { telephone1: `+1 555 020${round}` });
      await world.settle();
      await world.marketer.update(personId, { phone: `+1 555 030${round}` });
      await world.settle();
    }
    await world.marketer.update(personId, { phone: '+1 555 0399', firstName: 'Moves' });
    await world.settle();
    expect(await reviews('pingPong')).toHaveLength(1);
    expect((await operator(world).decisions(personId, 'phone')).at(-1)).toBe('marketoChanged: held');
    const after = await world.sales.row('contacts', id);
    expect(after?.['telephone1']).not.toBe('+1 555 0399');
    // The control: nothing else of the record is held.
    expect(after?.['firstname']).toBe('Moves');
  });
});

describe('more deletes than anybody makes by hand', () => {
  test('wait for an operator after the fiftieth, and go on once one has approved them', async () => {
    const rows = (await contacts()).slice(0, 65);
    await each(rows.slice(0, 50), (id) => world.sales.remove('contacts', id));
    await world.settle();
    const deleted = async () =>
      Number(
        (
          await world.db
            .selectFrom('pair')
            .select((eb) => eb.fn.countAll().as('n'))
            .where('state', '=', 'rowDeleted')
            .executeTakeFirst()
        )?.n,
      );
    expect(await deleted()).toBe(50);
    expect(await reviews('deleteGuard')).toEqual([]);
    await each(rows.slice(50), (id) => world.sales.remove('contacts', id));
    // A plan knows that they would wait.
    const plan = await operator(world).plan();
    expect(plan.summary).toMatchObject({ outcomes: { review: 15 }, writes: { marketo: { updated: 0 } } });
    await world.callsSince();
    await world.settle();
    expect(await deleted()).toBe(50);
    expect((await requests(world)).writes).toEqual({});
    const waiting = await reviews('deleteGuard');
    expect(waiting).toHaveLength(15);
    // Nobody is flagged whose delete waits.
    const flagged = async () =>
      (await people(rows, ['microsoftIsDeleted'])).filter((person) => person['microsoftIsDeleted'] === true).length;
    expect(await flagged()).toBe(50);

    // As `mdsync review resolve <number> approve` does: one answer lets all of them go.
    const asked = `${world.gatewayUrl}/operator/reviews/${waiting[0]?.id}`;
    const answer = await sendJson(asked, 'POST', { choice: 'approve' }, { authorization: `Bearer ${OPERATOR_TOKEN}` });
    expect(answer).toMatchObject({ closed: waiting.map(({ id }) => id).toSorted((a, b) => a - b) });
    await world.settle();
    expect(await deleted()).toBe(65);
    expect(await flagged()).toBe(65);
    expect(await reviews('deleteGuard')).toEqual([]);
  });
});
