/** What the design says of each type of value, line by line, on both ways. Finer cases are in `canonical`, `project` and `laws`. */
import { describe, expect, test } from '@jest/globals';
import { canonicalise } from '../../../src/core/canonical';
import { project } from '../../../src/core/project';
import { reconcile } from '../../../src/core/reconcile';
import type { FieldPlan, RawValue, SideName } from '../../../src/core/types';
import { field, pairOf, planOf, row } from './support';

const to = (side: SideName, one: FieldPlan, raw: RawValue) =>
  project(one, side === 'marketo' ? 'dynamics' : 'marketo', side, raw);
const same = (one: FieldPlan, marketo: RawValue, dynamics: RawValue): boolean =>
  canonicalise(one, 'marketo', marketo) === canonicalise(one, 'dynamics', dynamics);

describe('picklists', () => {
  const source = field('picklist');

  test('compare as integers: Marketo holds the label, Dynamics the number', () => {
    expect(canonicalise(source, 'marketo', 'Web')).toBe(8);
    expect(canonicalise(source, 'dynamics', 8)).toBe(8);
    expect(to('marketo', source, 8)).toEqual({ value: 'Web' });
    expect(to('dynamics', source, 'Web')).toEqual({ value: 8 });
  });

  test('match labels trimmed and in any case', () => {
    expect(to('dynamics', source, '  eMPLOYEE referral ')).toEqual({ value: 2 });
    expect(to('dynamics', source, 'EmployeeReferral')).toHaveProperty('refusal');
  });

  test('refuse an unknown label, and never guess', () => {
    expect(to('dynamics', source, 'Webb')).toMatchObject({ refusal: { code: 'unknownOption' } });
    const agreed = { value: { marketo: 'Web', dynamics: 8 } };
    expect(reconcile({ plan: planOf([source]), baseline: agreed, ...pairOf(source, 'Webb', 8) })).toMatchObject([
      { rule: 'marketoChanged', writes: [], refusal: { code: 'unknownOption', side: 'dynamics' } },
    ]);
  });

  test('renamed options are no change of the people who have them', () => {
    const renamed = field('picklist', { onDynamics: { options: [{ value: 8, label: 'Internet' }] } });
    const agreed = { value: { marketo: 'Web', dynamics: 8 } };
    expect(reconcile({ plan: planOf([renamed]), baseline: agreed, ...pairOf(renamed, 'Web', 8) })).toEqual([]);
  });
});

describe('dates', () => {
  test('never shift, whatever time or zone stands behind them', () => {
    const day = field('date');
    for (const raw of ['1990-02-28', '1990-02-28T00:00:00Z', '1990-02-28T23:59:59-12:00', '1990-02-28T00:00:00+14:00'])
      expect(to('dynamics', day, raw)).toEqual({ value: '1990-02-28' });
  });

  test('with a time compare in seconds of UTC', () => {
    const instant = field('datetime');
    expect(same(instant, '2024-05-01T12:00:00+0200', '2024-05-01T10:00:00Z')).toBe(true);
    expect(same(instant, '2024-05-01T10:00:00.999Z', '2024-05-01T10:00:00Z')).toBe(true);
    expect(same(instant, '2024-05-01T10:00:01Z', '2024-05-01T10:00:00Z')).toBe(false);
    expect(to('marketo', instant, '2024-05-01T10:00:00Z')).toEqual({ value: '2024-05-01T10:00:00Z' });
  });

  test.each(['date', 'datetime'] as const)('before 1753 are refused by Dynamics alone: %s', (type) => {
    const one = field(type);
    const [last, first] = type === 'date' ? ['1752-12-31', '1753-01-01'] : ['1752-12-31T23:59:59Z', '1753-01-01T00:00:00Z'];
    expect(to('dynamics', one, last)).toMatchObject({ refusal: { code: 'beforeMinimumDate' } });
    expect(to('dynamics', one, first)).toEqual({ value: first });
    expect(to('marketo', one, last)).toEqual({ value: last });
  });
});

describe('currency', () => {
  test("is compared and sent at the column's precision", () => {
    const cents = field('currency', { onDynamics: { precision: 2 } });
    expect(same(cents, 10.004, 10)).toBe(true);
    expect(same(cents, 10.006, 10)).toBe(false);
    expect(to('dynamics', cents, '10.006')).toEqual({ value: 10.01 });
    const mills = field('currency', { onDynamics: { precision: 4 } });
    expect(same(mills, 10.004, 10)).toBe(false);
    expect(to('dynamics', mills, '10.006')).toEqual({ value: 10.006 });
  });

  test('too large for exact cents is left as it is', () => {
    expect(to('dynamics', field('currency'), 1.2770213180136397e120)).toEqual({ value: 1.2770213180136397e120 });
  });
});

describe('consent', () => {
  test('of "unsubscribed" and "donotbulkemail": null is false, both ways', () => {
    const flag = field('boolean', { marketo: 'unsubscribed', column: 'donotbulkemail', consent: true });
    expect(same(flag, null, false)).toBe(true);
    expect(same(flag, false, null)).toBe(true);
    expect(to('dynamics', flag, null)).toEqual({ value: false });
    expect(same(field('boolean'), null, false)).toBe(false);
  });
});

describe('e-mail', () => {
  test('is compared in any case and keeps its own letters', () => {
    const email = field('email');
    expect(same(email, 'Ada@Example.com', 'ada@example.COM')).toBe(true);
    expect(to('dynamics', email, 'Ada@Example.com')).toEqual({ value: 'Ada@Example.com' });
    const agreed = { value: { marketo: 'ada@example.com', dynamics: 'ada@example.com' } };
    const decide = (marketo: string) =>
      reconcile({ plan: planOf([email]), baseline: agreed, ...pairOf(email, marketo, 'ada@example.com') });
    expect(decide('ADA@example.com')).toEqual([]);
    expect(decide('Ada.B@Example.com')).toMatchObject([{ writes: [{ side: 'dynamics', value: 'Ada.B@Example.com' }] }]);
  });
});

describe('lookups', () => {
  const snapshot = row({ ownerid: 'AAAA-1' }, { labels: { ownerid: 'Sam Sales' } });
  const told = (lookupAs: 'name' | 'id') => {
    const owner = field('lookup', { marketo: 'owner', column: 'ownerid', lookupAs });
    const person = { entity: 'person', id: '1', values: { owner: null } } as const;
    return reconcile({ plan: planOf([owner]), baseline: {}, marketo: person, dynamics: snapshot })[0]?.writes;
  };

  test('go to Marketo as name, or as id if so mapped', () => {
    expect(told('name')).toEqual([{ side: 'marketo', value: 'Sam Sales' }]);
    expect(told('id')).toEqual([{ side: 'marketo', value: 'aaaa-1' }]);
  });
});
