/** The truth table of the design, cell by cell, for every type of field that travels both ways. */
import { describe, expect, test } from '@jest/globals';
import { baselineAfter, reconcile } from '../../../src/core/reconcile';
import type { Baseline, FieldPlan, FieldType, Table } from '../../../src/core/types';
import { alike, BLANK, EMPTY, SAMPLES, type Samples, type Twin } from './samples';
import { field, pairOf, planOf } from './support';

function decide(one: FieldPlan, now: Twin, agreed?: Twin, table: Table = 'lead') {
  const baseline: Baseline = agreed === undefined ? {} : { [one.marketo]: agreed };
  return reconcile({ plan: planOf([one], table), baseline, ...pairOf(one, now.marketo, now.dynamics) });
}

const mix = (marketo: Twin, dynamics: Twin): Twin => ({ marketo: marketo.marketo, dynamics: dynamics.dynamics });

describe.each(Object.entries(SAMPLES) as [Exclude<FieldType, 'lookup'>, Samples][])('%s', (type, { a, again, b, c }) => {
  const one = field(type);

  test.each([
    ['both as agreed', a],
    ['both written in another way', again],
    ['Marketo written in another way', mix(again, a)],
    ['Dynamics written in another way', mix(a, again)],
  ])('= = =: %s, nothing happens', (_what, now) => {
    expect(decide(one, now, a)).toEqual([]);
  });

  test('changed = differ: a change in Marketo goes to Dynamics', () => {
    const [decision, ...rest] = decide(one, mix(b, a), a);
    expect(rest).toEqual([]);
    expect(decision).toEqual({
      field: 'value',
      group: 'value',
      rule: 'marketoChanged',
      winner: 'marketo',
      baseline: a,
      marketo: b.marketo,
      dynamics: a.dynamics,
      writes: [{ side: 'dynamics', value: b.dynamics }],
    });
    expect(decision && baselineAfter(decision)).toEqual(b);
  });

  test('= changed differ: a change in Dynamics goes to Marketo', () => {
    const [decision, ...rest] = decide(one, mix(a, b), a);
    expect(rest).toEqual([]);
    expect(decision).toMatchObject({
      rule: 'dynamicsChanged',
      winner: 'dynamics',
      writes: [{ side: 'marketo', value: b.marketo }],
    });
    expect(decision && baselineAfter(decision)).toEqual(b);
  });

  test('changed = differ: an untouched side written in another way has not changed', () => {
    expect(decide(one, mix(b, again), a)).toMatchObject([{ rule: 'marketoChanged' }]);
    expect(decide(one, mix(again, b), a)).toMatchObject([{ rule: 'dynamicsChanged' }]);
  });

  test('changed changed =: the same edit twice moves only the baseline', () => {
    const [decision] = decide(one, b, a);
    expect(decision).toMatchObject({ rule: 'agree', writes: [] });
    expect(decision).not.toHaveProperty('winner');
    expect(decision && baselineAfter(decision)).toEqual(b);
  });

  test('changed changed differ: Marketo wins for leads, Dynamics for contacts', () => {
    const now = mix(b, c);
    expect(decide(one, now, a, 'lead')).toMatchObject([
      { rule: 'collision:marketo', winner: 'marketo', writes: [{ side: 'dynamics', value: b.dynamics }] },
    ]);
    expect(decide(one, now, a, 'contact')).toMatchObject([
      { rule: 'collision:dynamics', winner: 'dynamics', writes: [{ side: 'marketo', value: c.marketo }] },
    ]);
  });

  test.each([
    ['null', EMPTY],
    ['blank text', BLANK],
  ])('a clear travels like any value: %s', (_what, none) => {
    expect(decide(one, mix(none, a), a)).toMatchObject([{ rule: 'marketoChanged', writes: [{ side: 'dynamics', value: null }] }]);
    expect(decide(one, mix(a, none), a)).toMatchObject([{ rule: 'dynamicsChanged', writes: [{ side: 'marketo', value: null }] }]);
    expect(decide(one, none, a)).toMatchObject([{ rule: 'agree', writes: [] }]);
    expect(decide(one, none, EMPTY)).toEqual([]);
  });

  test('a clear takes part in a collision like any value', () => {
    expect(decide(one, mix(EMPTY, b), a, 'lead')).toMatchObject([
      { rule: 'collision:marketo', writes: [{ side: 'dynamics', value: null }] },
    ]);
    expect(decide(one, mix(EMPTY, b), a, 'contact')).toMatchObject([
      { rule: 'collision:dynamics', writes: [{ side: 'marketo', value: b.marketo }] },
    ]);
  });

  test('none none =: a first match sets the baseline', () => {
    for (const now of [a, again, EMPTY]) {
      const [decision] = decide(one, now);
      expect(decision).toMatchObject({ rule: 'seed:equal', writes: [] });
      expect(decision && baselineAfter(decision)).toEqual(now);
    }
  });

  test('none none differ: blank loses, on either side and either table', () => {
    for (const table of ['lead', 'contact'] as const)
      for (const none of [EMPTY, BLANK]) {
        expect(decide(one, mix(none, b), undefined, table)).toMatchObject([
          { rule: 'seed:nonBlank', winner: 'dynamics', writes: [{ side: 'marketo', value: b.marketo }] },
        ]);
        expect(decide(one, mix(b, none), undefined, table)).toMatchObject([
          { rule: 'seed:nonBlank', winner: 'marketo', writes: [{ side: 'dynamics', value: b.dynamics }] },
        ]);
      }
  });

  test('none none differ: of two values the collision rule chooses, and says that it was a first match', () => {
    expect(decide(one, mix(a, b), undefined, 'lead')).toMatchObject([
      { rule: 'seed:marketo', winner: 'marketo', writes: [{ side: 'dynamics', value: a.dynamics }] },
    ]);
    expect(decide(one, mix(a, b), undefined, 'contact')).toMatchObject([
      { rule: 'seed:dynamics', winner: 'dynamics', writes: [{ side: 'marketo', value: b.marketo }] },
    ]);
  });
});

describe('consent', () => {
  const one = field('boolean', { consent: true });

  test('empty, null and false are one: nobody said "do not"', () => {
    expect(decide(one, mix(EMPTY, alike(false)), mix(alike(false), EMPTY))).toEqual([]);
    expect(decide(one, mix(BLANK, alike(false)))).toMatchObject([{ rule: 'seed:equal', writes: [] }]);
  });

  test.each(['lead', 'contact'] as const)('on first match of a %s an opt-out wins, whichever side has it', (table) => {
    for (const no of [false, null]) {
      expect(decide(one, { marketo: true, dynamics: no }, undefined, table)).toMatchObject([
        { rule: 'seed:consent', winner: 'marketo', writes: [{ side: 'dynamics', value: true }] },
      ]);
      expect(decide(one, { marketo: no, dynamics: true }, undefined, table)).toMatchObject([
        { rule: 'seed:consent', winner: 'dynamics', writes: [{ side: 'marketo', value: true }] },
      ]);
    }
  });

  test('the opt-out wins against a rule of the field, too', () => {
    const ruled = field('boolean', { consent: true, winner: 'marketo' });
    expect(decide(ruled, { marketo: false, dynamics: true })).toMatchObject([{ rule: 'seed:consent', winner: 'dynamics' }]);
    const unruled = field('boolean', { winner: 'marketo' });
    expect(decide(unruled, { marketo: false, dynamics: true })).toMatchObject([{ rule: 'seed:marketo', winner: 'marketo' }]);
  });

  test('after that both ways travel: opting out and opting in again', () => {
    expect(decide(one, { marketo: true, dynamics: false }, alike(false))).toMatchObject([
      { rule: 'marketoChanged', writes: [{ side: 'dynamics', value: true }] },
    ]);
    expect(decide(one, { marketo: true, dynamics: false }, alike(true))).toMatchObject([
      { rule: 'dynamicsChanged', writes: [{ side: 'marketo', value: false }] },
    ]);
  });

  test('a cleared flag travels as a plain no', () => {
    expect(decide(one, { marketo: null, dynamics: true }, alike(true))).toMatchObject([
      { rule: 'marketoChanged', writes: [{ side: 'dynamics', value: false }] },
    ]);
  });
});
