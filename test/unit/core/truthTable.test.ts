/** The truth table of the design, cell by cell, for every type of field that travels both ways. */
import { describe, expect, test } from '@jest/globals';
import { baselineAfter, reconcile } from '../../../src/core/reconcile';
import type { Baseline, FieldPlan, FieldType, RawValue, Table } from '../../../src/core/types';
import { field, pairOf, planOf } from './support';

/** One value in the form each side gives it. */
interface Twin {
  readonly marketo: RawValue;
  readonly dynamics: RawValue;
}
interface Samples {
  /** What was agreed on, twice: the second time written in another way that means the same. */
  readonly a: Twin;
  readonly again: Twin;
  readonly b: Twin;
  /** A third value; flags have none but "not set". */
  readonly c: Twin;
}

const alike = (value: RawValue): Twin => ({ marketo: value, dynamics: value });

const SAMPLES: Readonly<Record<Exclude<FieldType, 'lookup'>, Samples>> = {
  string: { a: alike('Ada'), again: alike(' Ada '), b: alike('Grace'), c: alike('Edith') },
  text: {
    a: alike('one\ntwo'),
    again: { marketo: 'one\r\ntwo', dynamics: 'one\ntwo ' },
    b: alike('three'),
    c: alike('four\nfive'),
  },
  email: { a: alike('ada@x.com'), again: alike('ADA@x.com'), b: alike('grace@x.com'), c: alike('edith@x.com') },
  phone: { a: alike('+49 30 1234'), again: alike('+49 (30) 12-34'), b: alike('+49 30 5678'), c: alike('112') },
  url: { a: alike('https://a.com'), again: alike('HTTPS://A.com/'), b: alike('https://b.com'), c: alike('https://c.com') },
  integer: { a: alike(10), again: { marketo: '10', dynamics: 10 }, b: alike(20), c: alike(30) },
  decimal: { a: alike(1.25), again: { marketo: '1.250', dynamics: 1.25 }, b: alike(2.5), c: alike(3.75) },
  currency: { a: alike(1000.5), again: { marketo: 1000.499, dynamics: 1000.5 }, b: alike(2000), c: alike(3000.01) },
  boolean: { a: alike(false), again: { marketo: 'false', dynamics: false }, b: alike(true), c: alike(null) },
  picklist: {
    a: { marketo: 'Web', dynamics: 8 },
    again: { marketo: ' WEB', dynamics: 8 },
    b: { marketo: 'Advertisement', dynamics: 1 },
    c: { marketo: 'Employee Referral', dynamics: 2 },
  },
  date: {
    a: alike('1990-02-28'),
    again: { marketo: '1990-02-28T00:00:00Z', dynamics: '1990-02-28' },
    b: alike('1991-03-01'),
    c: alike('2000-01-01'),
  },
  datetime: {
    a: alike('2024-05-01T10:00:00Z'),
    again: { marketo: '2024-05-01T12:00:00+0200', dynamics: '2024-05-01T10:00:00Z' },
    b: alike('2024-05-02T10:00:00Z'),
    c: alike('2024-05-03T10:00:00Z'),
  },
};

const EMPTY: Twin = { marketo: null, dynamics: null };
const BLANK: Twin = { marketo: '', dynamics: '  ' };

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
