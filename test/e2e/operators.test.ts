/** What operators ask and decide, over the gateway, with everything behind it real. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawValue } from '../../src/core/types';
import type { ExplainAnswer } from '../../src/gateway/operatorExplain';
import { operator } from '../support/operator';
import { requests } from '../support/requests';
import { sendJson } from '../support/vendors';
import { OPERATOR_TOKEN, startWorld, type World } from '../support/world';

let world: World;
let seeded: readonly Record<string, unknown>[];

beforeAll(async () => {
  world = await startWorld({ people: 20, contacts: 10, leads: 8, offset: 4, env: { MDSYNC_DELETE_GRACE_SEC: '0' } });
  seeded = await world.sales.find('contacts', 'emailaddress1 ne null');
}, 180_000);

afterAll(async () => world.stop(), 60_000);

async function ask<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
  return (await sendJson(`${world.gatewayUrl}/operator/${path}`, method, body, headers)) as unknown as T;
}

const plan = () => operator(world).plan();

/** A human that both sides know, by the seed's order. */
async function pairOf(index: number): Promise<{ personId: string; rowId: string }> {
  const rowId = String(seeded[index]?.['contactid']);
  const [person] = await world.marketer.findByEmail(String(seeded[index]?.['emailaddress1']), ['id', 'microsoftId']);
  return { personId: String(person?.['id']), rowId };
}

const isWrite = (operation: string): boolean => /^(POST|PATCH|PUT|DELETE)/.test(operation) && !operation.includes('token');

describe('a plan', () => {
  /** Every value that a cycle confirmed, as the ledger has it. */
  async function written(afterDecision: number): Promise<readonly string[]> {
    const rows = await world.db.selectFrom('decision').selectAll().where('id', '>', afterDecision).orderBy('id').execute();
    const people = await world.db
      .selectFrom('identity')
      .selectAll()
      .where('side', '=', 'marketo')
      .where('current', '=', true)
      .execute();
    const personOf = new Map(people.map((one) => [one.pair_id, one.id]));
    return rows
      .flatMap((row) =>
        row.writes
          .filter(({ result }) => result === 'confirmed')
          .map(({ side, value }) => line(personOf.get(row.pair_id) ?? '', side, row.field, value)),
      )
      .toSorted();
  }
  const line = (person: string, side: string, field: string, value: RawValue): string =>
    JSON.stringify([person, side, field, value]);

  async function lastDecision(): Promise<number> {
    const row = await world.db.selectFrom('decision').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
    return row?.id ?? 0;
  }

  async function leadPair(): Promise<{ personId: string; rowId: string }> {
    const row = await world.db
      .selectFrom('pair')
      .innerJoin('identity as d', (join) => join.onRef('d.pair_id', '=', 'pair.id').on('d.entity', '=', 'lead'))
      .innerJoin('identity as m', (join) => join.onRef('m.pair_id', '=', 'pair.id').on('m.entity', '=', 'person'))
      .select(['m.id as personId', 'd.id as rowId'])
      .where('state', '=', 'live')
      .orderBy('pair.id')
      .executeTakeFirstOrThrow();
    return row;
  }

  /** The codes of what was refused of a person. */
  async function refusals(personId: string): Promise<readonly string[]> {
    const key = `record/${personId}`;
    const rows = await world.db.selectFrom('rejection').select('code').where('key', '=', key).orderBy('code').execute();
    return rows.map(({ code }) => code);
  }

  /** A delete in Marketo is believed once nothing can tell of a merge any more. */
  async function untilDeleted(rowId: string): Promise<void> {
    const state = () =>
      world.db
        .selectFrom('identity')
        .innerJoin('pair', 'pair.id', 'identity.pair_id')
        .select('state')
        .where('identity.id', '=', rowId)
        .executeTakeFirst();
    for (let tries = 0; tries < 40 && (await state())?.state !== 'personDeleted'; tries += 1) {
      await sleep(250);
      await world.settle();
    }
    expect(await state()).toEqual({ state: 'personDeleted' });
  }

  test('of the first load says what would be created, and writes nothing', async () => {
    await world.callsSince();
    const { summary, lines } = await plan();
    const calls = await world.callsSince();
    expect(
      [...Object.keys(calls.marketo), ...Object.keys(calls.dataverse)].filter(isWrite).filter((one) => !one.includes('$batch')),
    ).toEqual([]);
    expect(summary.stopped).toBeUndefined();
    expect(summary.failed).toBe(0);
    expect(summary.writes.marketo.created).toBeGreaterThan(0);
    expect(await world.db.selectFrom('pair').selectAll().execute()).toEqual([]);
    expect(await world.db.selectFrom('cursor').selectAll().execute()).toEqual([]);
    // The control: the cycle makes people of just those rows.
    await world.settle();
    const made = await world.db.selectFrom('inbox').select('id').where('outcome', '=', 'created').orderBy('id').execute();
    const planned = lines.filter(({ act, side }) => act === 'create' && side === 'marketo').map(({ microsoftId }) => microsoftId);
    expect(new Set(made.map(({ id }) => id))).toEqual(new Set(planned));
    expect(made).toHaveLength(summary.writes.marketo.created);
  });

  test('of a quiet sync says that nothing would change', async () => {
    await world.settle();
    const { summary, lines } = await plan();
    expect(lines).toEqual([]);
    expect(summary.writes).toEqual({
      marketo: { created: 0, updated: 0, fields: 0 },
      dynamics: { created: 0, updated: 0, fields: 0 },
    });
  });

  test('then a cycle do exactly the same', async () => {
    const [first, second, third] = [await pairOf(0), await pairOf(1), await pairOf(2)];
    await world.marketer.update(first.personId, { phone: '+1 555 0101', firstName: 'Planned' });
    await world.sales.update('contacts', second.rowId, { jobtitle: 'Planner', telephone1: null });
    // A collision, which Dynamics wins.
    await world.marketer.update(third.personId, { title: 'from Marketo' });
    await world.sales.update('contacts', third.rowId, { jobtitle: 'from Dynamics' });
    // A delete, of somebody whom no other test needs.
    const { personId: left, rowId: gone } = await pairOf(9);
    await world.sales.remove('contacts', gone);
    const before = await lastDecision();
    const { summary, lines } = await plan();
    expect(await lastDecision()).toBe(before);
    expect((await world.sales.row('contacts', first.rowId))?.['firstname']).not.toBe('Planned');
    await world.cycle();
    const planned = lines.map(({ marketoId = '', side, field, after }) => line(marketoId, side, field, after)).toSorted();
    expect(planned.length).toBeGreaterThanOrEqual(4);
    expect(await written(before)).toEqual(planned);
    expect(summary.writes.dynamics.updated).toBe(1);
    expect(lines.find(({ after }) => after === 'from Dynamics')).toMatchObject({
      rule: 'collision:dynamics',
      winner: 'dynamics',
      before: 'from Marketo',
      label: 'Job Title',
    });
    expect(lines.find(({ marketoId, field }) => marketoId === left && field === 'microsoftIsDeleted')).toMatchObject({
      side: 'marketo',
      after: true,
    });
    // What a plan found is not repeated once it is done.
    expect((await plan()).lines).toEqual([]);
  });

  test('then a cycle do the same with values that cannot be held, a deleted person and merged people', async () => {
    const [refused, left, loser] = [await pairOf(5), await pairOf(6), await pairOf(7)];
    const winner = await leadPair();
    await world.marketer.update(refused.personId, {
      firstName: 'Goes over',
      lastName: null,
      title: 'x'.repeat(101),
      microsoftPreferredMethodOfContact: 'Pigeon',
    });
    await world.marketer.remove(left.personId);
    await world.marketer.merge(winner.personId, loser.personId);
    const before = await lastDecision();
    const { summary, lines } = await plan();
    expect(summary).toMatchObject({ failed: 0, outcomes: { rejected: 1 } });
    await world.cycle();
    const planned = lines.map(({ marketoId = '', side, field, after }) => line(marketoId, side, field, after)).toSorted();
    expect(await written(before)).toEqual(planned);
    const of = (personId: string) => lines.filter(({ marketoId }) => marketoId === personId);
    expect(of(refused.personId)).toEqual([expect.objectContaining({ field: 'firstName', side: 'dynamics', after: 'Goes over' })]);
    expect(await refusals(refused.personId)).toEqual(['required', 'tooLong', 'unknownOption']);
    // The survivor is planned to belong to the contact of the other one.
    expect(of(winner.personId)).toEqual(
      expect.arrayContaining([expect.objectContaining({ field: 'microsoftId', side: 'marketo', after: loser.rowId })]),
    );
    expect([...of(left.personId), ...of(loser.personId)]).toEqual([]);

    // A person that was deleted comes back with the next change of its row, and with just what was planned.
    await untilDeleted(left.rowId);
    await world.sales.update('contacts', left.rowId, { jobtitle: 'Back again' });
    const back = await plan();
    const wanted = Object.fromEntries(back.lines.map(({ field, after }) => [field, after]));
    expect(back.lines.filter(({ act, side }) => act !== 'create' || side !== 'marketo')).toEqual([]);
    expect(back.summary.writes.marketo.created).toBe(1);
    expect(wanted).toMatchObject({ title: 'Back again' });
    await world.cycle();
    const [made] = await world.marketer.findByEmail(String(wanted['email']), ['id', ...Object.keys(wanted)]);
    expect(made).toMatchObject(wanted);
    expect(String(made?.['id'])).not.toBe(left.personId);
    await world.settle();
  });

  test('then a cycle do the same with filters, held values, merged rows, a qualified lead and an ambiguous match', async () => {
    const { personId: left, rowId: kept } = await pairOf(1);
    const { personId: away, rowId: returns } = await pairOf(2);
    await world.sales.update('contacts', returns, { new_synctomkto: false });
    await world.settle();
    await world.sales.update('contacts', kept, { new_synctomkto: false, jobtitle: 'Frozen' });
    await world.marketer.update(away, { firstName: 'Returns' });
    await world.sales.update('contacts', returns, { new_synctomkto: true, jobtitle: 'Has returned' });
    // Its last name and its title are held since the plan before.
    const { personId: refused } = await pairOf(5);
    await world.marketer.update(refused, { firstName: 'Still goes over' });
    const [{ rowId: master }, { rowId: subordinate, personId: ofSubordinate }] = [await pairOf(3), await pairOf(8)];
    await world.sales.merge('contact', master, subordinate);
    await world.marketer.update(ofSubordinate, { firstName: 'Goes nowhere' });
    const lead = await leadPair();
    const contactId = await world.sales.qualify(lead.rowId);
    const twins = ['One', 'Two'].map((lastName) => ({ lastName, email: `${lastName}.planned@example.com`.toLowerCase() }));
    for (const twin of twins)
      await world.marketer.update(await world.marketer.create(twin), { email: 'twins.planned@example.com' });
    await world.sales.create('contacts', { lastname: 'Twin', emailaddress1: 'twins.planned@example.com' });

    const before = await lastDecision();
    const { summary, lines } = await plan();
    expect(summary.failed).toBe(0);
    await world.cycle();
    const of = (personId: string) => lines.filter(({ marketoId }) => marketoId === personId);
    const last = (written: readonly string[]) =>
      new Map(written.map((text) => [(JSON.parse(text) as string[]).slice(0, 3).join(' '), text]));
    // A lead that is qualified may be heard of before its contact or after it: what its person holds in the end is the same.
    const planned = lines.map(({ marketoId = '', side, field, after }) => line(marketoId, side, field, after));
    expect(last(await written(before))).toEqual(last(planned));
    expect([...of(left), ...of(ofSubordinate)]).toEqual([]);
    expect(of(away).map(({ side, after }) => `${side}: ${String(after)}`)).toEqual([
      'dynamics: Returns',
      'marketo: Has returned',
    ]);
    expect(of(refused)).toEqual([expect.objectContaining({ field: 'firstName', after: 'Still goes over' })]);
    expect(of(lead.personId)).toContainEqual(expect.objectContaining({ field: 'microsoftId', after: contactId }));
    // Merged rows, and an e-mail address that two people have: an operator decides.
    expect(summary.outcomes.review).toBe(2);
    expect(summary.writes.marketo.created).toBe(0);
    await world.settle();
  });

  test('of a request says that the row would be created', async () => {
    const id = await world.marketer.create({ firstName: 'Re', lastName: 'Quest', email: 're.quest@example.com' });
    await world.db
      .insertInto('request')
      .values({
        request_id: 'planned',
        marketo_id: id,
        sync_as: 'lead',
        assign_to: null,
        campaign_id: null,
        source: 'operator',
        outcome: null,
      })
      .execute();
    await world.db
      .insertInto('inbox')
      .values({
        key: `create/${id}`,
        kind: 'create',
        lane: 1,
        seq: 1,
        entity: 'person',
        id,
        pair_id: null,
        state: 'open',
        snapshot: null,
        snapshot_seq: null,
        entries: null,
        outcome: null,
        failure_code: null,
        failure_message: null,
        taken_by: null,
      })
      .execute();
    const { lines } = await plan();
    expect(lines.filter(({ act }) => act === 'create')).toEqual(
      expect.arrayContaining([expect.objectContaining({ side: 'dynamics', field: 'lastName', after: 'Quest', marketoId: id })]),
    );
    expect(await world.sales.find('leads', "emailaddress1 eq 're.quest@example.com'")).toEqual([]);
    await world.settle();
    const [row] = await world.sales.find('leads', "emailaddress1 eq 're.quest@example.com'");
    // The very id that was planned.
    expect(lines.find(({ act }) => act === 'create')?.microsoftId).toBe(row?.['leadid']);
  });

  test('leaves no value in Temporal', async () => {
    const history = await world.client.workflow.getHandle('plan').fetchHistory();
    const text = JSON.stringify(history.events).replaceAll(/"([A-Za-z0-9+/]{8,}={0,2})"/g, (_whole, base64: string) =>
      Buffer.from(base64, 'base64').toString('utf8'),
    );
    expect(text).toContain('madeAt');
    expect(text).not.toContain('Quest');
  });
});

describe('the story of a record', () => {
  test("tells a refusal in plain words and in the vendor's, by either id", async () => {
    const { personId, rowId } = await pairOf(4);
    await world.control('dataverse', 'rules', {
      table: 'contact',
      column: 'jobtitle',
      pattern: '^Baron',
      code: '0x80040265',
      message: 'We have no barons.',
    });
    await world.marketer.update(personId, { title: 'Baron' });
    await world.settle();
    const story = await ask<ExplainAnswer>('GET', `explain/${personId}?field=title`);
    const sentences = story.events.flatMap((event) => event.sentences);
    expect(sentences).toContain('A business rule or plug-in in Dynamics refused Job Title.');
    expect(sentences).toContain('Dynamics said: We have no barons. (0x80040265)');
    expect(sentences).toContain('Dynamics refused "Baron".');
    expect(await ask('GET', `explain/${rowId}?field=Job%20Title`)).toEqual(story);
    await world.control('dataverse', 'rules', undefined, 'DELETE');
  });

  test('of an unknown id says so', async () => {
    await expect(ask('GET', 'explain/987654321')).rejects.toThrow(/404.*Nothing is known of 987654321/);
  });
});

describe('an import', () => {
  test('makes one pair of two records that no e-mail would have matched', async () => {
    const marketoId = await world.marketer.create({ firstName: 'Im', lastName: 'Port', email: 'im.port@work.example.com' });
    const microsoftId = await world.sales.create('contacts', {
      firstname: 'Im',
      lastname: 'Port',
      emailaddress1: 'im.port@home.example.com',
    });
    const pairs = [{ line: 1, marketoId, table: 'contact', microsoftId }];
    expect(await ask('POST', 'import', { pairs })).toEqual({ imported: 1, known: 0, problems: [] });
    expect(await ask('POST', 'import', { pairs })).toEqual({ imported: 0, known: 1, problems: [] });
    await world.callsSince();
    await world.settle();
    expect((await operator(world).explain(marketoId)).events[0]).toMatchObject({ kind: 'paired', origin: 'imported' });
    expect(await operator(world).decisions(marketoId, 'email')).toEqual(['seed:dynamics: confirmed']);
    expect(await requests(world)).toEqual({ reads: { people: 2, row: 1 }, writes: { people: 1 } });
    expect(await world.marketer.person(marketoId, ['microsoftId', 'email'])).toMatchObject({
      microsoftId,
      email: 'im.port@home.example.com',
    });
    // Without it the row would have become a person of its own.
    expect(await world.marketer.findByEmail('im.port@home.example.com', ['id'])).toHaveLength(1);
  });
});
