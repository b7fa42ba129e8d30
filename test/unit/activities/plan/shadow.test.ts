import { describe, expect, test } from '@jest/globals';
import { shadowOf } from '../../../../src/activities/plan/shadow';
import type { Remotes } from '../../../../src/activities/deps';
import type { Failure, Side } from '../../../../src/core/ports';
import type { SideName, Snapshot } from '../../../../src/core/types';

const FAILURE: Failure = { kind: 'retry', scope: 'side', code: 'timeout', message: 'No answer' };
const GUID = '6c9f1d3e-0d3b-ee11-be6d-002248aa0001';

/** A side with two records, of which everybody may ask; whoever writes to it fails the test. */
function realSide(name: SideName, known: readonly Snapshot[]): Side {
  const never = async () => {
    throw new Error(`${name} was written to`);
  };
  return {
    name,
    feeds: [],
    changes: async () => ({ failure: FAILURE }),
    read: async (refs) =>
      refs.map(({ id }) => (id === 'broken' ? { failure: FAILURE } : { ok: known.find((one) => one.id === id) })),
    find: async ({ by, values }) => values.map((value) => ({ ok: known.filter((one) => one.values[by] === value) })),
    write: never,
    create: never,
    schema: async () => ({ failure: FAILURE }),
  };
}

const ada: Snapshot = { entity: 'person', id: '1', values: { firstName: 'Ada', email: 'ada@example.com' } };
const row: Snapshot = { entity: 'contact', id: GUID, values: { firstname: 'Ada' }, version: 'v1' };

function shadow() {
  const marketo = realSide('marketo', [ada]);
  const dynamics = realSide('dynamics', [row]);
  // Only what a plan asks for.
  return shadowOf({ marketo, dynamics } as unknown as Remotes);
}

describe('a shadow of a side', () => {
  test('reads what is there, says what is not, and hands failures on', async () => {
    const { remotes, noted } = shadow();
    const refs = ['1', '2', 'broken'].map((id) => ({ entity: 'person' as const, id }));
    expect(await remotes.marketo.read(refs, { person: ['firstName'] })).toEqual([
      { ok: ada },
      { ok: undefined },
      { failure: FAILURE },
    ]);
    expect(noted).toEqual([]);
  });

  test('notes what is written, and reads it back', async () => {
    const { remotes, noted } = shadow();
    const item = { entity: 'person', id: '1', values: { firstName: 'Augusta' } } as const;
    expect(await remotes.marketo.write([item])).toEqual([{ ok: { entity: 'person', id: '1' } }]);
    await remotes.marketo.write([{ ...item, values: { lastName: 'King' } }]);
    expect(noted).toEqual([
      { side: 'marketo', act: 'update', ...item },
      { side: 'marketo', act: 'update', entity: 'person', id: '1', values: { lastName: 'King' } },
    ]);
    const [read] = await remotes.marketo.read([item], { person: [] });
    expect(read).toEqual({ ok: { ...ada, values: { ...ada.values, firstName: 'Augusta', lastName: 'King' } } });
    const [found] = await remotes.marketo.find({ entity: 'person', by: 'email', values: ['ada@example.com'], fields: [] });
    expect(found).toMatchObject({ ok: [{ values: { firstName: 'Augusta' } }] });
  });

  test('makes a person once, who then is found by the id of the row and by e-mail', async () => {
    const { remotes, noted } = shadow();
    const item = { entity: 'person', key: GUID, values: { email: 'New@example.com' } } as const;
    const [made] = await remotes.marketo.create([item]);
    expect(await remotes.marketo.create([item])).toEqual([made]);
    expect(noted).toHaveLength(1);
    for (const [by, value] of [
      ['microsoftId', GUID],
      ['email', 'new@example.com'],
    ] as const) {
      const [found] = await remotes.marketo.find({ entity: 'person', by, values: [value], fields: ['email', 'phone'] });
      expect(found).toMatchObject({ ok: [{ values: { email: 'New@example.com', microsoftId: GUID, phone: null } }] });
    }
  });

  test('makes a row with the id that was chosen, open and not filtered out', async () => {
    const { remotes } = shadow();
    const id = '6c9f1d3e-0d3b-ee11-be6d-002248aa0009';
    expect(await remotes.dynamics.create([{ entity: 'lead', key: id, values: { lastname: 'King' } }])).toEqual([
      { ok: { entity: 'lead', id } },
    ]);
    const [read] = await remotes.dynamics.read([{ entity: 'lead', id }], { lead: ['lastname', 'telephone1'] });
    expect(read).toMatchObject({
      ok: {
        values: { lastname: 'King', telephone1: null, $id: id, $table: 'Lead', $deleted: false },
        control: { state: 0, filter: null },
      },
    });
  });

  test('tells nobody on the activity log', async () => {
    const { remotes, noted } = shadow();
    const item = { personId: '1', type: 't', at: '2026-03-01T12:00:00Z', primary: 'p', attributes: {} };
    expect(await remotes.marketo.add([item])).toEqual([{ ok: 'added' }]);
    expect(noted).toEqual([]);
  });
});
