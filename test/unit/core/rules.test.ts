/** Everything a field may say for itself: winner, direction, write rule, group. */
import { describe, expect, test } from '@jest/globals';
import { baselineAfter, reconcile } from '../../../src/core/reconcile';
import type { Baseline, FieldBaseline, FieldPlan, RawValue, Snapshot, Table } from '../../../src/core/types';
import { apply, field, type FieldOptions, pairOf, person, planOf, row, settle } from './support';

const AGREED: FieldBaseline = { marketo: 'a', dynamics: 'a' };

function decide(one: FieldPlan, marketo: RawValue, dynamics: RawValue, agreed?: FieldBaseline, table: Table = 'lead') {
  const baseline: Baseline = agreed === undefined ? {} : { [one.marketo]: agreed };
  return reconcile({ plan: planOf([one], table), baseline, ...pairOf(one, marketo, dynamics) });
}

const text = (options: FieldOptions = {}): FieldPlan => field('string', options);

describe('winner', () => {
  test.each(['lead', 'contact'] as const)('a named side wins on a %s', (table) => {
    expect(decide(text({ winner: 'marketo' }), 'm', 'd', AGREED, table)).toMatchObject([
      { rule: 'collision:marketo', winner: 'marketo', writes: [{ side: 'dynamics', value: 'm' }] },
    ]);
    expect(decide(text({ winner: 'dynamics' }), 'm', 'd', AGREED, table)).toMatchObject([
      { rule: 'collision:dynamics', winner: 'dynamics', writes: [{ side: 'marketo', value: 'd' }] },
    ]);
    expect(decide(text({ winner: 'marketo' }), 'm', 'd', undefined, table)).toMatchObject([{ rule: 'seed:marketo' }]);
    expect(decide(text({ winner: 'dynamics' }), 'm', 'd', undefined, table)).toMatchObject([{ rule: 'seed:dynamics' }]);
  });

  test('a named side does not win where nothing collides: one edit always travels', () => {
    expect(decide(text({ winner: 'marketo' }), 'a', 'd', AGREED)).toMatchObject([
      { rule: 'dynamicsChanged', writes: [{ side: 'marketo', value: 'd' }] },
    ]);
  });

  test('nonBlank: a value beats a clear, on both tables', () => {
    for (const table of ['lead', 'contact'] as const) {
      expect(decide(text({ winner: 'nonBlank' }), null, 'd', AGREED, table)).toMatchObject([
        { rule: 'collision:nonBlank', winner: 'dynamics', writes: [{ side: 'marketo', value: 'd' }] },
      ]);
      expect(decide(text({ winner: 'nonBlank' }), 'm', ' ', AGREED, table)).toMatchObject([
        { rule: 'collision:nonBlank', winner: 'marketo', writes: [{ side: 'dynamics', value: 'm' }] },
      ]);
    }
  });

  test('nonBlank: of two values the authority of the table decides', () => {
    expect(decide(text({ winner: 'nonBlank' }), 'm', 'd', AGREED, 'lead')).toMatchObject([{ rule: 'collision:marketo' }]);
    expect(decide(text({ winner: 'nonBlank' }), 'm', 'd', AGREED, 'contact')).toMatchObject([{ rule: 'collision:dynamics' }]);
    expect(decide(text({ winner: 'nonBlank' }), 'm', 'd', undefined, 'contact')).toMatchObject([{ rule: 'seed:dynamics' }]);
  });

  test('review: nothing is written and nothing forgotten, until the sides agree again', () => {
    const one = text({ winner: 'review' });
    const decisions = decide(one, 'm', 'd', AGREED);
    expect(decisions).toMatchObject([{ rule: 'collision:review', winner: 'none', writes: [] }]);
    expect(settle({ value: AGREED }, decisions)).toEqual({ value: AGREED });
    expect(decide(one, 'd', 'd', AGREED)).toMatchObject([{ rule: 'agree' }]);
    expect(decide(one, 'm', 'd')).toMatchObject([{ rule: 'seed:review', winner: 'none', writes: [] }]);
    expect(decide(one, null, 'd')).toMatchObject([{ rule: 'seed:nonBlank', winner: 'dynamics' }]);
  });
});

describe('direction', () => {
  const toMarketo = text({ direction: 'toMarketo' });
  const toDynamics = text({ direction: 'toDynamics' });

  test('the source overwrites what it finds, whatever happened there', () => {
    for (const held of ['a', 'edited'])
      expect(decide(toMarketo, held, 'd', AGREED)).toMatchObject([
        { rule: 'oneWay', winner: 'dynamics', writes: [{ side: 'marketo', value: 'd' }] },
      ]);
    expect(decide(toDynamics, 'm', 'edited', AGREED, 'contact')).toMatchObject([
      { rule: 'oneWay', winner: 'marketo', writes: [{ side: 'dynamics', value: 'm' }] },
    ]);
  });

  test("the target's edits are not changes: they stay until the source changes", () => {
    expect(decide(toMarketo, 'edited', 'a', AGREED)).toEqual([]);
    expect(decide(toDynamics, 'a', 'edited', AGREED)).toEqual([]);
    expect(decide(text(), 'edited', 'a', AGREED)).toHaveLength(1);
    expect(decide(toMarketo, 'edited', 'd', AGREED)).toMatchObject([{ writes: [{ side: 'marketo', value: 'd' }] }]);
  });

  test('a clear of the source travels', () => {
    expect(decide(toMarketo, 'a', null, AGREED)).toMatchObject([{ rule: 'oneWay', writes: [{ side: 'marketo', value: null }] }]);
  });

  test('without a baseline the source is written, on both tables', () => {
    for (const table of ['lead', 'contact'] as const) {
      expect(decide(toMarketo, 'm', 'd', undefined, table)).toMatchObject([
        { rule: 'oneWay', winner: 'dynamics', writes: [{ side: 'marketo', value: 'd' }] },
      ]);
      expect(decide(toDynamics, 'm', 'd', undefined, table)).toMatchObject([
        { rule: 'oneWay', winner: 'marketo', writes: [{ side: 'dynamics', value: 'm' }] },
      ]);
    }
    expect(decide(toMarketo, null, 'd')).toMatchObject([{ writes: [{ side: 'marketo', value: 'd' }] }]);
    expect(decide(toMarketo, 'd', 'd')).toMatchObject([{ rule: 'seed:equal', writes: [] }]);
  });

  test('without a baseline a blank source takes nothing away; the baseline is set, and its next clear travels', () => {
    const decisions = decide(toMarketo, 'm', null);
    expect(decisions).toMatchObject([{ rule: 'seed:nonBlank', winner: 'marketo', writes: [] }]);
    const agreed = settle({}, decisions).value;
    expect(agreed).toEqual({ marketo: 'm', dynamics: null });
    expect(decide(toMarketo, 'm', null, agreed)).toEqual([]);
    expect(decide(toMarketo, 'm', 'd', agreed)).toMatchObject([{ writes: [{ side: 'marketo', value: 'd' }] }]);
  });

  test('without a baseline an opt-out on the target is not undone by a one-way flag', () => {
    const flag = field('boolean', { consent: true, direction: 'toMarketo' });
    expect(decide(flag, true, false)).toMatchObject([{ rule: 'seed:consent', winner: 'marketo', writes: [] }]);
    expect(decide(flag, false, true)).toMatchObject([{ rule: 'seed:consent', writes: [{ side: 'marketo', value: true }] }]);
  });

  test('a column that can only be set on create is one-way afterwards', () => {
    const one = text({ onDynamics: { updatable: false } });
    expect(decide(one, 'm', 'a', AGREED)).toEqual([]);
    expect(decide(one, 'a', 'd', AGREED)).toMatchObject([{ rule: 'oneWay', writes: [{ side: 'marketo', value: 'd' }] }]);
  });
});

test('a field that may only be set on create never moves afterwards', () => {
  const one = text({ direction: 'toDynamics', onDynamics: { updatable: false } });
  expect(decide(one, 'm', 'a', AGREED)).toEqual([]);
  expect(decide(one, 'm', 'd')).toEqual([]);
  expect(decide(text({ direction: 'toDynamics' }), 'm', 'a', AGREED)).toHaveLength(1);
});

describe('write rule', () => {
  test('onlyIfEmpty fills a blank and replaces nothing', () => {
    const one = text({ write: 'onlyIfEmpty' });
    expect(decide(one, 'm', null, { marketo: null, dynamics: null })).toMatchObject([
      { rule: 'marketoChanged', writes: [{ side: 'dynamics', value: 'm' }] },
    ]);
    expect(decide(one, 'm', 'a', AGREED)).toMatchObject([{ rule: 'writeRule', winner: 'marketo', writes: [] }]);
    expect(decide(one, 'm', 'd', AGREED)).toMatchObject([{ rule: 'writeRule', winner: 'marketo', writes: [] }]);
    expect(decide(one, null, 'a', AGREED)).toMatchObject([{ rule: 'writeRule', writes: [] }]);
    expect(decide(one, 'm', 'd')).toMatchObject([{ rule: 'writeRule', writes: [] }]);
    expect(decide(one, 'm', null)).toMatchObject([{ rule: 'seed:nonBlank', writes: [{ side: 'dynamics', value: 'm' }] }]);
  });

  test('neverClear lets values through and blanks not', () => {
    const one = text({ write: 'neverClear' });
    expect(decide(one, null, 'a', AGREED)).toMatchObject([{ rule: 'writeRule', winner: 'marketo', writes: [] }]);
    expect(decide(one, 'a', ' ', AGREED)).toMatchObject([{ rule: 'writeRule', winner: 'dynamics', writes: [] }]);
    expect(decide(one, 'm', 'a', AGREED)).toMatchObject([{ rule: 'marketoChanged', writes: [{ side: 'dynamics', value: 'm' }] }]);
  });

  test('what a write rule stopped is noted once, and the next change is judged afresh', () => {
    const one = text({ write: 'neverClear' });
    const agreed = settle({}, decide(one, null, 'a', AGREED)).value;
    expect(agreed).toEqual({ marketo: null, dynamics: 'a' });
    expect(decide(one, null, 'a', agreed)).toEqual([]);
    expect(decide(one, null, 'd', agreed)).toMatchObject([
      { rule: 'dynamicsChanged', writes: [{ side: 'marketo', value: 'd' }] },
    ]);
  });
});

describe('a company is linked', () => {
  const company = field('string', { marketo: 'company' });
  const title = field('string', { marketo: 'title', column: 'jobtitle' });
  const plan = { ...planOf([company, title]), companyLink: 'externalCompanyId' };
  const baseline = { company: AGREED, title: AGREED };
  const decideFor = (link: RawValue, marketo: Snapshot['values'], dynamics: Snapshot['values']) =>
    reconcile({ plan, baseline, marketo: person({ externalCompanyId: link, ...marketo }), dynamics: row(dynamics) });

  test('company fields are then not written to Marketo, other fields are', () => {
    const decisions = decideFor('acme', { company: 'a', title: 'a' }, { new_value: 'd', jobtitle: 'd' });
    expect(decisions).toMatchObject([
      { field: 'company', rule: 'writeRule', writes: [] },
      { field: 'title', rule: 'dynamicsChanged', writes: [{ side: 'marketo', value: 'd' }] },
    ]);
  });

  test('without a link they are', () => {
    for (const link of [null, ''])
      expect(decideFor(link, { company: 'a', title: 'a' }, { new_value: 'd', jobtitle: 'a' })).toMatchObject([
        { field: 'company', rule: 'dynamicsChanged', writes: [{ side: 'marketo', value: 'd' }] },
      ]);
  });

  test('they go to Dynamics in any case', () => {
    expect(decideFor('acme', { company: 'm', title: 'a' }, { new_value: 'a', jobtitle: 'a' })).toMatchObject([
      { field: 'company', rule: 'marketoChanged', writes: [{ side: 'dynamics', value: 'm' }] },
    ]);
  });
});

describe('group', () => {
  const state = field('string', { marketo: 'state', column: 'new_state', group: 'where' });
  const country = field('string', { marketo: 'country', column: 'new_country', group: 'where' });
  const plan = planOf([state, country]);
  const baseline: Baseline = { state: AGREED, country: AGREED };
  const decideFor = (
    marketo: readonly [RawValue, RawValue],
    dynamics: readonly [RawValue, RawValue],
    from: Baseline = baseline,
  ) =>
    reconcile({
      plan,
      baseline: from,
      marketo: person({ state: marketo[0], country: marketo[1] }),
      dynamics: row({ new_state: dynamics[0], new_country: dynamics[1] }),
    });

  test('edits of different fields collide, and the winner takes all of them', () => {
    expect(decideFor(['m', 'a'], ['a', 'd'])).toMatchObject([
      { field: 'state', rule: 'collision:marketo', writes: [{ side: 'dynamics', value: 'm' }] },
      { field: 'country', rule: 'collision:marketo', writes: [{ side: 'dynamics', value: 'a' }] },
    ]);
  });

  test('without the group both edits would travel', () => {
    const alone = planOf([
      { ...state, group: 'state' },
      { ...country, group: 'country' },
    ]);
    const marketo = person({ state: 'm', country: 'a' });
    const dynamics = row({ new_state: 'a', new_country: 'd' });
    expect(reconcile({ plan: alone, baseline, marketo, dynamics })).toMatchObject([
      { field: 'state', rule: 'marketoChanged' },
      { field: 'country', rule: 'dynamicsChanged' },
    ]);
  });

  test('only fields that differ are written; what agrees moves its baseline', () => {
    expect(decideFor(['m', 'a'], ['a', 'a'])).toMatchObject([{ field: 'state', rule: 'marketoChanged' }]);
    expect(decideFor(['m', 'b'], ['d', 'b'])).toMatchObject([
      { field: 'state', rule: 'collision:marketo' },
      { field: 'country', rule: 'agree', writes: [] },
    ]);
  });

  test('a side counts as blank only when all of it is', () => {
    expect(decideFor([null, null], ['d', null], {})).toMatchObject([
      { field: 'state', rule: 'seed:nonBlank', winner: 'dynamics' },
      { field: 'country', rule: 'seed:equal' },
    ]);
    expect(decideFor([null, 'm'], ['d', null], {})).toMatchObject([
      { field: 'state', rule: 'seed:marketo', writes: [{ side: 'dynamics', value: null }] },
      { field: 'country', rule: 'seed:marketo', writes: [{ side: 'dynamics', value: 'm' }] },
    ]);
  });

  test('a field without a baseline makes the group a first match', () => {
    expect(decideFor(['m', 'a'], ['a', 'a'], { country: AGREED })).toMatchObject([{ field: 'state', rule: 'seed:marketo' }]);
  });

  test('goes only where all of its fields may be written', () => {
    const closed = planOf([state, { ...country, dynamicsSchema: { ...country.dynamicsSchema, updatable: false } }]);
    const decisionsOf = (held: RawValue, onRow: RawValue) =>
      reconcile({
        plan: closed,
        baseline,
        marketo: person({ state: held, country: 'a' }),
        dynamics: row({ new_state: onRow, new_country: 'a' }),
      });
    expect(decisionsOf('m', 'a')).toEqual([]);
    expect(decisionsOf('a', 'd')).toMatchObject([{ field: 'state', rule: 'oneWay', writes: [{ side: 'marketo', value: 'd' }] }]);
  });

  test('an edit of one field that our write replaced brings back the group as it was then', () => {
    const ours = { marketo: 'ours', dynamics: 'ours', guard: 'before' };
    const decisionsOf = (held: readonly [RawValue, RawValue]) =>
      reconcile({
        plan,
        baseline: { state: ours, country: ours },
        marketo: person({ state: held[0], country: held[1] }),
        dynamics: row({ new_state: 'ours', new_country: 'ours' }),
        overwritten: { state: 'users' },
      });
    expect(decisionsOf(['ours', 'ours'])).toMatchObject([
      {
        field: 'state',
        rule: 'overwritten:marketo',
        writes: [
          { side: 'marketo', value: 'users' },
          { side: 'dynamics', value: 'users' },
        ],
      },
    ]);
    // An edit of the other field since is the newer word on the group.
    expect(decisionsOf(['ours', 'edited'])).toMatchObject([
      { field: 'country', rule: 'marketoChanged', writes: [{ side: 'dynamics', value: 'edited' }] },
    ]);
  });

  test('an unreadable field keeps the whole group waiting', () => {
    const dynamics = row({ new_state: 'd' });
    expect(reconcile({ plan, baseline, marketo: person({ state: 'a', country: 'a' }), dynamics })).toEqual([]);
    expect(decideFor(['a', 'a'], ['d', 'a'])).toHaveLength(1);
  });

  test('a refused field speaks for all of the group: half of it is never written', () => {
    const narrow = planOf([state, { ...country, dynamicsSchema: { ...country.dynamicsSchema, maxLength: 2 } }]);
    const decisions = reconcile({
      plan: narrow,
      baseline,
      marketo: person({ state: 'm', country: 'long' }),
      dynamics: row({ new_state: 'a', new_country: 'a' }),
    });
    expect(decisions).toMatchObject([{ field: 'country', writes: [], refusal: { code: 'tooLong', side: 'dynamics' } }]);
    expect(settle(baseline, decisions)).toEqual(baseline);
  });
});

describe('what is absent is not empty', () => {
  test.each([
    ['Marketo', person({}), row({ new_value: 'a' })],
    ['Dynamics', person({ value: 'a' }), row({})],
    ['both', person({}), row({})],
  ])('%s was not asked or may not be read: the field is left alone', (_what, marketo, dynamics) => {
    expect(reconcile({ plan: planOf([text()]), baseline: { value: AGREED }, marketo, dynamics })).toEqual([]);
    expect(reconcile({ plan: planOf([text()]), baseline: {}, marketo, dynamics })).toEqual([]);
  });

  test('what is empty is', () => {
    expect(decide(text(), 'a', null, AGREED)).toMatchObject([{ writes: [{ side: 'marketo', value: null }] }]);
  });
});

describe('refusals', () => {
  const narrow = text({ onDynamics: { maxLength: 3 } });

  test('nothing is written, the baseline stays, and the same refusal is found again', () => {
    const decisions = decide(narrow, 'longer', 'a', AGREED);
    expect(decisions).toMatchObject([
      { rule: 'marketoChanged', winner: 'marketo', writes: [], refusal: { code: 'tooLong', side: 'dynamics' } },
    ]);
    expect(settle({ value: AGREED }, decisions)).toEqual({ value: AGREED });
    expect(decide(narrow, 'longer', 'a', AGREED)).toEqual(decisions);
  });

  test('a later edit on the other side is a collision with the refused one', () => {
    expect(decide(narrow, 'longer', 'd', AGREED, 'contact')).toMatchObject([
      { rule: 'collision:dynamics', writes: [{ side: 'marketo', value: 'd' }] },
    ]);
  });

  test('a required column is not cleared', () => {
    const needed = text({ onDynamics: { required: 'application' } });
    expect(decide(needed, null, 'a', AGREED)).toMatchObject([{ writes: [], refusal: { code: 'required', side: 'dynamics' } }]);
  });
});

describe('a user edit that our own write replaced', () => {
  const OURS: FieldBaseline = { marketo: 'ours', dynamics: 'ours', guard: 'before' };
  const again = (
    options: FieldOptions,
    held: { marketo?: RawValue; dynamics?: RawValue } = {},
    table: Table = 'lead',
    users: RawValue = 'users',
  ) => {
    const one = text(options);
    const { marketo = 'ours', dynamics = 'ours' } = held;
    const overwritten = { value: users };
    return reconcile({ plan: planOf([one], table), baseline: { value: OURS }, ...pairOf(one, marketo, dynamics), overwritten });
  };

  test('for leads it comes back, on both sides', () => {
    const decisions = again({});
    expect(decisions).toEqual([
      {
        field: 'value',
        group: 'value',
        rule: 'overwritten:marketo',
        winner: 'marketo',
        baseline: OURS,
        marketo: 'ours',
        dynamics: 'ours',
        writes: [
          { side: 'marketo', value: 'users' },
          { side: 'dynamics', value: 'users' },
        ],
      },
    ]);
    expect(settle({}, decisions).value).toEqual({ marketo: 'users', dynamics: 'users' });
  });

  test("for contacts Dynamics' value stands, and the decision is kept", () => {
    expect(again({}, {}, 'contact')).toMatchObject([{ rule: 'overwritten:dynamics', winner: 'dynamics', writes: [] }]);
    expect(again({}, { dynamics: 'newer' }, 'contact')).toMatchObject([
      { rule: 'overwritten:dynamics', writes: [{ side: 'marketo', value: 'newer' }] },
    ]);
  });

  test("the field's own rule decides", () => {
    expect(again({ winner: 'dynamics' })).toMatchObject([{ rule: 'overwritten:dynamics' }]);
    expect(again({ winner: 'nonBlank' }, {}, 'contact')).toMatchObject([{ rule: 'overwritten:dynamics' }]);
    expect(again({ winner: 'nonBlank' }, {}, 'lead', null)).toMatchObject([{ rule: 'overwritten:dynamics', writes: [] }]);
    expect(again({ winner: 'review' })).toMatchObject([{ rule: 'collision:review', winner: 'none', writes: [] }]);
  });

  test('whoever edited the field since has spoken last', () => {
    expect(again({}, { marketo: 'edited' })).toMatchObject([
      { rule: 'marketoChanged', writes: [{ side: 'dynamics', value: 'edited' }] },
    ]);
  });

  test('where Dynamics has come to the same value, that is an ordinary change', () => {
    expect(again({}, { dynamics: 'users' })).toMatchObject([
      { rule: 'dynamicsChanged', writes: [{ side: 'marketo', value: 'users' }] },
    ]);
  });

  test('a value that means the same is not lost', () => {
    expect(again({}, {}, 'lead', ' ours ')).toEqual([]);
  });

  test('once settled, it is not decided again', () => {
    const plan = planOf([text()]);
    const overwritten = { value: 'users' };
    const pair = pairOf(text(), 'ours', 'ours');
    const decisions = reconcile({ plan, baseline: { value: OURS }, ...pair, overwritten });
    const after = {
      marketo: apply(plan, 'marketo', pair.marketo, decisions),
      dynamics: apply(plan, 'dynamics', pair.dynamics, decisions),
    };
    expect(reconcile({ plan, baseline: settle({}, decisions), ...after, overwritten })).toEqual([]);
  });

  test('a value in the form of the feed comes back in the form of the field', () => {
    const flag = field('boolean');
    const baseline = { value: { marketo: true, dynamics: true, guard: null } };
    const decisions = reconcile({ plan: planOf([flag]), baseline, ...pairOf(flag, true, true), overwritten: { value: 'false' } });
    expect(decisions).toMatchObject([
      {
        writes: [
          { side: 'marketo', value: false },
          { side: 'dynamics', value: false },
        ],
      },
    ]);
  });

  test('one that Dynamics cannot hold is refused', () => {
    expect(again({ onDynamics: { maxLength: 4 } })).toMatchObject([{ writes: [], refusal: { code: 'tooLong' } }]);
  });

  test('on a one-way field it never was a change', () => {
    expect(again({ direction: 'toMarketo' })).toEqual([]);
  });
});

test('the baseline after a decision is what both sides hold then, without the old guard', () => {
  const [decision] = decide(text(), 'm', 'a', { ...AGREED, guard: 'x' });
  expect(decision && baselineAfter(decision)).toEqual({ marketo: 'm', dynamics: 'm' });
});
