import { afterEach, describe, expect, test } from '@jest/globals';
import type { CreateItem, WriteItem } from '../../../src/core/ports';
import type { RawValue, RecordRef } from '../../../src/core/types';
import type { Given, Got } from './server';
import { jsonOf, must, ok, refused, sorted, startWorld, type World } from './instance';

let world: World;
afterEach(() => world.close());

const LEADS = '/rest/v1/leads.json';
const start = async (answer: (got: Got) => Given | Promise<Given>): Promise<void> => {
  world = await startWorld(answer);
};
const person = (id: number | string): RecordRef => ({ entity: 'person', id: String(id) });
const idsAsked = (got: Got): number[] => String(got.query.filterValues).split(',').map(Number);
const inputOf = (got: Got): { id?: number; microsoftId?: string }[] =>
  (JSON.parse(got.body) as { input: { id?: number; microsoftId?: string }[] }).input;

describe('read', () => {
  test('answers in the order of the question, absent people included', async () => {
    await start(() =>
      ok({
        result: [
          { id: 2, firstName: 'Two', email: null },
          { id: 1, firstName: 'One', email: 'one@example.com' },
        ],
      }),
    );
    const results = await world.marketo.read([person(1), person(3), person(2), person(1)], {
      person: ['firstName', 'email', 'phone'],
    });
    const one = { ok: { entity: 'person', id: '1', values: { firstName: 'One', email: 'one@example.com', phone: null } } };
    expect(results).toEqual([
      one,
      { ok: undefined },
      { ok: { entity: 'person', id: '2', values: { firstName: 'Two', email: null, phone: null } } },
      one,
    ]);
    expect(world.asked().map((got) => got.query)).toEqual([
      { filterType: 'id', filterValues: '1,3,2', fields: 'id,firstName,email,phone' },
    ]);
  });

  test('takes values as they are', async () => {
    await start(() => ok({ result: [{ id: '1', score: 7, unsubscribed: false, born: '1980-01-31', odd: { nested: true } }] }));
    const [result] = await world.marketo.read([person(1)], { person: ['score', 'unsubscribed', 'born', 'odd'] });
    expect(must(result)?.values).toEqual({ score: 7, unsubscribed: false, born: '1980-01-31', odd: null });
  });

  test('asks for 300 people a call, as a form, because they do not fit into an address', async () => {
    await start((got) =>
      ok({
        result: idsAsked(got)
          .filter((id) => id % 2 === 0)
          .map((id) => ({ id })),
      }),
    );
    const refs = Array.from({ length: 700 }, (_value, index) => person(1_000_001 + index));
    const results = await world.marketo.read(refs, {
      person: Array.from({ length: 300 }, (_value, index) => `aFieldWithALongName${index}`),
    });
    expect(results.map(must).map((found) => found?.id)).toEqual(refs.map(({ id }) => (Number(id) % 2 === 0 ? id : undefined)));
    expect(sorted(world.asked(LEADS).map((got) => `${got.method} ${got.query._method} ${idsAsked(got).length}`))).toEqual([
      'POST GET 100',
      'POST GET 300',
      'POST GET 300',
    ]);
  });

  test('calls nobody absent before the last page', async () => {
    await start((got) =>
      got.query.nextPageToken === undefined ? ok({ result: [{ id: 1 }], nextPageToken: 'P' }) : ok({ result: [{ id: 2 }] }),
    );
    expect((await world.marketo.read([person(1), person(2), person(3)], {})).map(must).map((found) => found?.id)).toEqual([
      '1',
      '2',
      undefined,
    ]);
    expect(world.asked()).toHaveLength(2);
  });

  test('takes no failure for an absence', async () => {
    await start(() => refused('611', 'System error'));
    expect(await world.marketo.read([person(1), person(2)], {})).toMatchObject([
      { failure: { code: '611' } },
      { failure: { code: '611' } },
    ]);
  });

  test('does not go on for ever', async () => {
    await start(() => ok({ result: [], nextPageToken: 'again' }));
    expect(await world.marketo.read([person(1)], {})).toMatchObject([{ failure: { kind: 'retry', code: 'endless' } }]);
  });

  test('leaves a field out that has vanished, so that it cannot look like a clear', async () => {
    await start((got) =>
      String(got.query.fields).includes('nickName')
        ? refused('1006', "Field 'nickName' not found")
        : ok({ result: [{ id: 1, email: null }] }),
    );
    const [result] = await world.marketo.read([person(1)], { person: ['email', 'nickName'] });
    expect(must(result)?.values).toEqual({ email: null });
  });

  test('asks nothing for nobody, and for what is no person', async () => {
    await start(() => ok({ result: [{ id: 1 }] }));
    expect(await world.marketo.read([], {})).toEqual([]);
    const strangers: RecordRef[] = [{ entity: 'contact', id: '1' }, person('1,2'), person('0'), person('12345678901234567')];
    for (const result of await world.marketo.read(strangers, {}))
      expect(result).toMatchObject({ failure: { kind: 'rejected', code: 'notAPerson' } });
    expect(world.asked()).toEqual([]);
    expect(await world.marketo.read([...strangers, person(1)], {})).toContainEqual({
      ok: { entity: 'person', id: '1', values: {} },
    });
  });
});

const change = (id: number, values: Record<string, RawValue> = { phone: String(id) }): WriteItem => ({ ...person(id), values });

describe('write', () => {
  test('only updates, by id, each person its own fields, null for a clear', async () => {
    await start(() =>
      ok({
        result: [
          { id: 1, status: 'updated' },
          { id: 2, status: 'updated' },
        ],
      }),
    );
    const items = [change(1, { phone: null, unsubscribed: true }), change(2, { leadScore: 7, dateOfBirth: '1980-01-31' })];
    expect(await world.marketo.write(items)).toEqual([
      { ok: { entity: 'person', id: '1' } },
      { ok: { entity: 'person', id: '2' } },
    ]);
    expect(world.asked()).toHaveLength(1);
    expect(world.asked()[0]).toMatchObject({ method: 'POST', path: LEADS, headers: { 'content-type': 'application/json' } });
    expect(jsonOf(world.asked()[0])).toEqual({
      action: 'updateOnly',
      lookupField: 'id',
      input: [
        { id: 1, phone: null, unsubscribed: true },
        { id: 2, leadScore: 7, dateOfBirth: '1980-01-31' },
      ],
    });
  });

  test('tells skipped people from the others by their place', async () => {
    await start(() =>
      ok({
        result: [
          { id: 1, status: 'updated' },
          { status: 'skipped', reasons: [{ code: '1004', message: 'Lead not found' }] },
          { id: 3, status: 'skipped', reasons: [{ code: 1001, message: "Invalid value 'x'. Required of type 'Date'" }] },
          { id: 4, status: 'updated' },
        ],
      }),
    );
    const items = [change(1), change(2), change(3, { born: 'x', phone: '3' }), change(4)];
    expect(await world.marketo.write(items)).toEqual([
      { ok: { entity: 'person', id: '1' } },
      { failure: expect.objectContaining({ kind: 'gone', scope: 'record', code: '1004' }) },
      { failure: expect.objectContaining({ kind: 'rejected', scope: 'record', code: '1001', field: 'born' }) },
      { ok: { entity: 'person', id: '4' } },
    ]);
  });

  test('believes no result with another id than the one that was written', async () => {
    await start(() => ok({ result: [{ id: 2, status: 'updated' }, { id: 2, status: 'updated' }, { status: 'updated' }] }));
    const stray = { failure: expect.objectContaining({ kind: 'retry', outcomeUnknown: true, code: 'strayAnswer' }) };
    expect(await world.marketo.write([change(1), change(2), change(3)])).toEqual([
      stray,
      { ok: { entity: 'person', id: '2' } },
      stray,
    ]);
  });

  test.each([1, 3])('believes none of %i results for two people', async (count) => {
    await start(() => ok({ result: Array.from({ length: count }, (_value, index) => ({ id: index + 1, status: 'updated' })) }));
    for (const result of await world.marketo.write([change(1), change(2)]))
      expect(result).toMatchObject({ failure: { kind: 'retry', outcomeUnknown: true, code: 'strayAnswer' } });
    expect(world.asked()).toHaveLength(1);
  });

  test('fails for everybody when the call failed', async () => {
    await start(() => refused('603', 'Access denied'));
    expect(await world.marketo.write([change(1), change(2)])).toMatchObject([
      { failure: { kind: 'config', scope: 'side', code: '603' } },
      { failure: { kind: 'config', scope: 'side', code: '603' } },
    ]);
    expect(world.asked()).toHaveLength(1);
  });

  test('sends 300 people a call', async () => {
    await start((got) => ok({ result: inputOf(got).map(({ id }) => ({ id, status: 'updated' })) }));
    const items = Array.from({ length: 301 }, (_value, index) => change(index + 1));
    expect((await world.marketo.write(items)).map(must).map(({ id }) => id)).toEqual(items.map(({ id }) => id));
    expect(sorted(world.asked().map((got) => inputOf(got).length))).toEqual([1, 300]);
  });

  test('finds the one person for whom a whole call is refused', async () => {
    const poisoned = (got: Got): boolean => inputOf(got).some(({ id }) => id === 77);
    await start((got) =>
      poisoned(got)
        ? { status: 413, body: '<html>Request Entity Too Large</html>' }
        : ok({ result: inputOf(got).map(({ id }) => ({ id, status: 'updated' })) }),
    );
    const results = await world.marketo.write(Array.from({ length: 300 }, (_value, index) => change(index + 1)));
    expect(results.flatMap((result, index) => ('failure' in result ? [index + 1] : []))).toEqual([77]);
    expect(results[76]).toMatchObject({ failure: { kind: 'rejected', code: 'http413' } });
    expect(world.asked().length).toBeLessThan(25);
  });

  test('blames nobody when a call is refused for everybody, and gives up before it costs hundreds of calls', async () => {
    await start(() => refused('1003', 'Invalid data'));
    const results = await world.marketo.write(Array.from({ length: 300 }, (_value, index) => change(index + 1)));
    const kinds = new Set(results.map((result) => ('failure' in result ? result.failure.kind : 'ok')));
    expect(kinds).toEqual(new Set(['rejected', 'retry']));
    expect(world.asked().length).toBeLessThan(50);
  });

  test('never sends a call again whose outcome is open', async () => {
    await start(() => refused('502', 'Bad Gateway'));
    expect(await world.marketo.write([change(1), change(2)])).toMatchObject([
      { failure: { outcomeUnknown: true } },
      { failure: { outcomeUnknown: true } },
    ]);
    expect(world.asked()).toHaveLength(1);
  });

  test('refuses what is no person without asking', async () => {
    await start((got) => ok({ result: inputOf(got).map(({ id }) => ({ id, status: 'updated' })) }));
    const items: WriteItem[] = [{ entity: 'contact', id: 'a', values: {} }, change(5), { ...person('x'), values: {} }];
    expect(await world.marketo.write(items)).toMatchObject([
      { failure: { code: 'notAPerson' } },
      { ok: { id: '5' } },
      { failure: { code: 'notAPerson' } },
    ]);
    expect(inputOf(world.asked()[0] as Got)).toEqual([{ id: 5, phone: '5' }]);
  });
});

const GUID = '0f0e0d0c-1111-4222-8333-444455556666';
const creation = (key: string, values: Record<string, RawValue> = { lastName: 'Doe' }): CreateItem => ({
  entity: 'person',
  key,
  values,
});

describe('create', () => {
  test('goes by the GUID of the row, which no value can replace, and never by e-mail', async () => {
    await start(() => ok({ result: [{ id: 50, status: 'created' }] }));
    const item = creation(GUID, { email: 'a@example.com', microsoftId: 'another' });
    expect(await world.marketo.create([item])).toEqual([{ ok: { entity: 'person', id: '50' } }]);
    expect(jsonOf(world.asked()[0])).toEqual({
      action: 'createOnly',
      lookupField: 'microsoftId',
      input: [{ email: 'a@example.com', microsoftId: GUID }],
    });
  });

  test('that is repeated is a conflict: its person is there, and is to be looked at', async () => {
    await start(() => ok({ result: [{ status: 'skipped', reasons: [{ code: '1005', message: 'Lead already exists' }] }] }));
    expect(await world.marketo.create([creation(GUID)])).toMatchObject([{ failure: { kind: 'conflict', code: '1005' } }]);
  });

  test('is refused where several people have the GUID', async () => {
    const reasons = [{ code: '1007', message: 'Multiple lead match lookup criteria' }];
    await start(() =>
      ok({
        result: [
          { id: 50, status: 'created' },
          { status: 'skipped', reasons },
        ],
      }),
    );
    expect(await world.marketo.create([creation(GUID), creation('b')])).toMatchObject([
      { ok: { id: '50' } },
      { failure: { kind: 'rejected', scope: 'record', code: '1007' } },
    ]);
  });

  test('believes no result without an id', async () => {
    await start(() => ok({ result: [{ status: 'created' }] }));
    expect(await world.marketo.create([creation(GUID)])).toMatchObject([
      { failure: { outcomeUnknown: true, code: 'strayAnswer' } },
    ]);
  });

  test('is a matter of set-up while the instance has no such field', async () => {
    await start(() => refused('1006', "Field 'microsoftId' not found"));
    expect(await world.marketo.create([creation('a'), creation('b')])).toMatchObject([
      { failure: { kind: 'config', field: 'microsoftId' } },
      { failure: { kind: 'config', field: 'microsoftId' } },
    ]);
    expect(world.asked()).toHaveLength(1);
  });

  test('of nobody asks nothing', async () => {
    await start(() => ok());
    expect(await world.marketo.create([])).toEqual([]);
    expect(world.asked()).toEqual([]);
  });
});
