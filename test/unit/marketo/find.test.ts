import { afterEach, describe, expect, test } from '@jest/globals';
import type { Given, Got } from './server';
import { must, ok, refused, sorted, startWorld, type World } from './instance';

let world: World;
afterEach(() => world.close());

const start = async (answer: (got: Got) => Given): Promise<void> => {
  world = await startWorld(answer);
};
const valuesAsked = (got: Got): string[] => String(got.query.filterValues).split(',');
const find = async (by: string, values: readonly string[], fields: readonly string[] = ['lastName']) =>
  world.marketo.find({ entity: 'person', by, values, fields });
const idsOf = async (by: string, values: readonly string[]): Promise<string[][]> =>
  (await find(by, values)).map((result) => must(result).map(({ id }) => id));

describe('find', () => {
  test('answers each value with everybody who has it, whatever its case', async () => {
    await start(() =>
      ok({
        result: [
          { id: 1, email: 'Ann@Example.com', lastName: 'One' },
          { id: 2, email: 'ann@example.com' },
          { id: 3, email: 'bob@example.com' },
        ],
      }),
    );
    const results = await find('email', ['ANN@example.com', 'nobody@example.com', ' bob@example.com', 'ann@example.com']);
    const ann = [
      { entity: 'person', id: '1', values: { lastName: 'One', email: 'Ann@Example.com' } },
      { entity: 'person', id: '2', values: { lastName: null, email: 'ann@example.com' } },
    ];
    const bob = [{ entity: 'person', id: '3', values: { lastName: null, email: 'bob@example.com' } }];
    expect(results.map(must)).toEqual([ann, [], bob, ann]);
    expect(world.asked().map((got) => got.query)).toEqual([
      { filterType: 'email', filterValues: 'ann@example.com,nobody@example.com,bob@example.com', fields: 'id,lastName,email' },
    ]);
  });

  test('searches by any field, numbers and ids included', async () => {
    await start((got) => ok({ result: got.query.filterType === 'id' ? [{ id: 7 }] : [{ id: 8, externalNumber: 42 }] }));
    expect(await idsOf('externalNumber', ['42', '43'])).toEqual([['8'], []]);
    expect(await idsOf('id', ['7'])).toEqual([['7']]);
  });

  test('gives nobody to a value that only nearly matches', async () => {
    await start(() => ok({ result: [{ id: 1, lastName: 'Müller' }] }));
    expect(await idsOf('lastName', ['Muller'])).toEqual([[]]);
    expect(await idsOf('lastName', ['müller'])).toEqual([['1']]);
  });

  test('sends 300 values a call', async () => {
    await start((got) => ok({ result: valuesAsked(got).map((email, index) => ({ id: index + 1, email })) }));
    const values = Array.from({ length: 301 }, (_value, index) => `p${index}@example.com`);
    expect((await idsOf('email', values)).every((ids) => ids.length === 1)).toBe(true);
    expect(sorted(world.asked().map((got) => valuesAsked(got).length))).toEqual([1, 300]);
  });

  test('divides values that match too many people', async () => {
    await start((got) =>
      valuesAsked(got).length > 2
        ? refused('1003', 'Too many results match the filter')
        : ok({ result: valuesAsked(got).map((email, index) => ({ id: index + 1, email })) }),
    );
    const found = await idsOf('email', ['a@x', 'b@x', 'c@x', 'd@x', 'e@x']);
    expect(found.map((ids) => ids.length)).toEqual([1, 1, 1, 1, 1]);
  });

  test('leaves a single value that matches too many people to a person', async () => {
    await start((got) =>
      valuesAsked(got).includes('info@x')
        ? refused('1003', 'Too many results match the filter')
        : ok({ result: [{ id: 1, email: 'a@x' }] }),
    );
    expect(await find('email', ['a@x', 'info@x'])).toMatchObject([
      { ok: [{ id: '1' }] },
      { failure: { kind: 'rejected', scope: 'record', code: '1003' } },
    ]);
  });

  test('does not divide after any other refusal', async () => {
    await start(() => refused('1011', "Field 'phone' not supported"));
    expect(await find('phone', ['1', '2'])).toMatchObject([
      { failure: { kind: 'config', code: '1011', field: 'phone' } },
      { failure: { kind: 'config', code: '1011', field: 'phone' } },
    ]);
    expect(world.asked()).toHaveLength(1);
  });

  test('finds nobody by a field that has vanished, which is a failure and not an empty answer', async () => {
    await start((got) =>
      String(got.query.fields).includes('nickName')
        ? refused('1006', "Field 'nickName' not found")
        : refused('1011', "Field 'nickName' not supported"),
    );
    expect(await find('nickName', ['x'])).toMatchObject([{ failure: { kind: 'config', field: 'nickName' } }]);
  });

  test('takes people whose value is not shown for a failure too', async () => {
    await start((got) =>
      String(got.query.fields).includes('nickName') ? refused('1006', "Field 'nickName' not found") : ok({ result: [{ id: 1 }] }),
    );
    expect(await find('nickName', ['x'])).toMatchObject([{ failure: { kind: 'retry', code: 'strayAnswer' } }]);
  });

  test('says of a value with a comma that it cannot be searched for, and of a blank one that nobody has it', async () => {
    await start(() => ok({ result: [{ id: 1, email: 'a@x' }] }));
    expect(await find('email', ['a,b@x', ' ', 'a@x'])).toMatchObject([
      { failure: { kind: 'rejected', scope: 'record', code: 'notSearchable' } },
      { ok: [] },
      { ok: [{ id: '1' }] },
    ]);
    expect(valuesAsked(world.asked()[0] as Got)).toEqual(['a@x']);
  });

  test('asks nothing for no values', async () => {
    await start(() => ok());
    expect(await find('email', [])).toEqual([]);
    expect(world.asked()).toEqual([]);
  });
});
