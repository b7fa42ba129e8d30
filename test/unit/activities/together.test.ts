import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { Remotes } from '../../../src/activities/deps';
import { together } from '../../../src/activities/together';
import type { ActivityItem, FindQuery, Result } from '../../../src/core/ports';
import type { RecordRef, Snapshot } from '../../../src/core/types';

/** Two sides that take a moment to answer, and count how they are asked. */
function sides(untilPlace: () => Promise<void> = async () => undefined) {
  const calls: string[] = [];
  const slowly = async <I, O>(name: string, items: readonly I[], answer: (item: I) => O): Promise<O[]> => {
    calls.push(`${name} ${items.length}`);
    await sleep(20);
    return items.map(answer);
  };
  const marketo = {
    read: (refs: readonly RecordRef[], fields: { person?: readonly string[] }) =>
      slowly(
        `read ${fields.person?.join('+') ?? ''}`,
        refs,
        (ref): Result<Snapshot | undefined> =>
          ref.id === 'bad'
            ? { failure: { kind: 'rejected', scope: 'record', code: 'x', message: '' } }
            : { ok: { ...ref, values: { name: ref.id } } },
      ),
    find: ({ by, values }: FindQuery) =>
      slowly(
        `find ${by}`,
        values,
        (value): Result<readonly Snapshot[]> => ({ ok: [{ entity: 'person', id: value, values: {} }] }),
      ),
    add: (items: readonly ActivityItem[]) => slowly('add', items, (): Result<'added'> => ({ ok: 'added' })),
  };
  const dynamics = {
    find: ({ entity, by, values }: FindQuery) =>
      slowly(
        `find ${entity} ${by}`,
        values,
        (value): Result<readonly Snapshot[]> => ({ ok: [{ entity, id: value, values: {} }] }),
      ),
  };
  // Only what is grouped is asked here.
  return { calls, remotes: together({ marketo, dynamics } as unknown as Remotes, untilPlace) };
}

const person = (id: string): RecordRef => ({ entity: 'person', id });
const FIELDS = { person: ['email'] };

describe('questions of many runs at once', () => {
  test('travel together, and each gets its own answer', async () => {
    const { calls, remotes } = sides();
    const ids = Array.from({ length: 50 }, (_one, index) => String(index));
    const answers = await Promise.all(ids.map(async (id) => (await remotes.marketo.read([person(id)], FIELDS))[0]));
    expect(answers).toEqual(ids.map((id) => ({ ok: { entity: 'person', id, values: { name: id } } })));
    expect(calls).toEqual(['read email 50']);
  });

  test('that come while a call is under way leave in the next one', async () => {
    const { calls, remotes } = sides();
    const first = remotes.marketo.read([person('1')], FIELDS);
    await sleep(5);
    await Promise.all([first, ...['2', '3'].map((id) => remotes.marketo.read([person(id)], FIELDS))]);
    expect(calls).toEqual(['read email 1', 'read email 2']);
  });

  test('with different fields do not travel together', async () => {
    const { calls, remotes } = sides();
    await Promise.all([remotes.marketo.read([person('1')], FIELDS), remotes.marketo.read([person('2')], { person: ['phone'] })]);
    expect(calls.toSorted()).toEqual(['read email 1', 'read phone 1']);
  });

  test('do not share failures', async () => {
    const { remotes } = sides();
    const [bad, good] = await Promise.all([
      remotes.marketo.read([person('bad')], FIELDS),
      remotes.marketo.read([person('1')], FIELDS),
    ]);
    expect([bad, good]).toMatchObject([[{ failure: { code: 'x' } }], [{ ok: { id: '1' } }]]);
  });

  test('a list is a group already and goes as it is', async () => {
    const { calls, remotes } = sides();
    await Promise.all([remotes.marketo.read([person('1'), person('2')], FIELDS), remotes.marketo.read([person('3')], FIELDS)]);
    expect(calls.toSorted()).toEqual(['read email 1', 'read email 2']);
  });
});

test('the few people that pages look for share a call, once there is a place for it; a full call goes as it is', async () => {
  let givePlace = (): void => undefined;
  const place = new Promise<void>((resolve) => {
    givePlace = resolve;
  });
  const { calls, remotes } = sides(() => place);
  const find = (values: readonly string[]) =>
    remotes.marketo.find({ entity: 'person', by: 'microsoftId', values, fields: ['email'] });
  const first = find(['a', 'b']);
  await sleep(20);
  const second = find(['c', 'b']);
  const full = find(Array.from({ length: 300 }, (_one, index) => String(index)));
  await sleep(20);
  expect(calls).toEqual(['find microsoftId 300']);
  givePlace();
  const of = (id: string) => ({ ok: [{ entity: 'person', id, values: {} }] });
  expect(await first).toEqual([of('a'), of('b')]);
  expect(await second).toEqual([of('c'), of('b')]);
  expect(await full).toHaveLength(300);
  // Who is looked for twice is asked for once at a time.
  expect(calls).toEqual(['find microsoftId 300', 'find microsoftId 3', 'find microsoftId 1']);
});

test('searches share a call by table and column', async () => {
  const { calls, remotes } = sides();
  const find = async (entity: 'contact' | 'lead', value: string) =>
    (await remotes.dynamics.find({ entity, by: 'emailaddress1', values: [value], fields: ['x'] }))[0];
  const answers = await Promise.all([find('contact', 'a'), find('contact', 'b'), find('lead', 'a')]);
  expect(answers.map((answer) => (answer !== undefined && 'ok' in answer ? answer.ok[0]?.id : answer))).toEqual(['a', 'b', 'a']);
  expect(calls.toSorted()).toEqual(['find contact emailaddress1 2', 'find lead emailaddress1 1']);
});

test('activities of different people share a call; those of one person follow each other', async () => {
  const { calls, remotes } = sides();
  const item = (personId: string): ActivityItem => ({ personId, type: 't', at: '', primary: '', attributes: {} });
  const answers = await Promise.all([
    remotes.marketo.add([item('1')]),
    remotes.marketo.add([item('2')]),
    remotes.marketo.add([item('1'), item('3')]),
  ]);
  expect(answers).toEqual([[{ ok: 'added' }], [{ ok: 'added' }], [{ ok: 'added' }, { ok: 'added' }]]);
  expect(calls).toEqual(['add 3', 'add 1']);
});
