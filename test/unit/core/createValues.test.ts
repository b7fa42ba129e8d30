import { describe, expect, test } from '@jest/globals';
import { createValues, reconcile } from '../../../src/core/reconcile';
import type { FieldPlan, SideName, Snapshot } from '../../../src/core/types';
import { field, person, planOf, row, settle } from './support';

const name = field('string', { marketo: 'firstName', column: 'firstname' });
const source = field('picklist', { marketo: 'leadSource', column: 'leadsourcecode' });
const flag = field('boolean', { marketo: 'unsubscribed', column: 'donotbulkemail', consent: true });
const id = field('string', {
  marketo: 'microsoftId',
  column: '$id',
  direction: 'toMarketo',
  onDynamics: { creatable: false, updatable: false },
});
const deleted = field('boolean', { marketo: 'microsoftIsDeleted', column: '$deleted', direction: 'toMarketo' });
const owner = field('lookup', { marketo: 'microsoftOwner', column: 'ownerid', lookupAs: 'name' });
const plan = planOf([name, source, flag, id, deleted, owner]);

const aRow = row(
  { firstname: 'Ada', leadsourcecode: 8, donotbulkemail: true, $id: 'guid-1', $deleted: false, ownerid: 'guid-2' },
  { labels: { ownerid: 'Sam Sales' } },
);

describe('a new person', () => {
  test("gets the row's values in Marketo's form, with what Marketo is told about the row", () => {
    const { values, decisions } = createValues(plan, aRow, 'marketo');
    expect(values).toEqual({
      firstName: 'Ada',
      leadSource: 'Web',
      unsubscribed: true,
      microsoftId: 'guid-1',
      microsoftIsDeleted: false,
      microsoftOwner: 'Sam Sales',
    });
    expect(decisions).toHaveLength(6);
    expect(decisions[1]).toEqual({
      field: 'leadSource',
      group: 'leadSource',
      rule: 'seed:nonBlank',
      winner: 'dynamics',
      marketo: null,
      dynamics: 8,
      writes: [{ side: 'marketo', value: 'Web' }],
    });
  });

  test('settled, it gives reconcile nothing to do', () => {
    const { values, decisions } = createValues(plan, aRow, 'marketo');
    const baseline = settle({}, decisions);
    expect(reconcile({ plan, baseline, marketo: person(values), dynamics: aRow })).toEqual([]);
    expect(reconcile({ plan, baseline, marketo: person({ ...values, firstName: 'Eva' }), dynamics: aRow })).toHaveLength(1);
  });
});

describe('a new row', () => {
  const aPerson = person({
    firstName: ' Ada ',
    leadSource: 'web',
    unsubscribed: null,
    microsoftId: 'x',
    microsoftIsDeleted: true,
    microsoftOwner: 'Sam',
  });

  test("gets the person's values in Dynamics' form, and nothing that only travels to Marketo", () => {
    expect(createValues(plan, aPerson, 'dynamics').values).toEqual({ firstName: 'Ada', leadSource: 8 });
  });

  test('gets no blanks, and nothing that was not read', () => {
    const { values, decisions } = createValues(plan, person({ firstName: '  ', unsubscribed: '' }), 'dynamics');
    expect(values).toEqual({});
    expect(decisions).toEqual([]);
    expect(createValues(plan, person({ unsubscribed: false }), 'dynamics').values).toEqual({ unsubscribed: false });
  });

  test('gets what may be set on create although it may not be changed, and not the other way round', () => {
    const once = field('string', { onDynamics: { updatable: false } });
    const later = field('string', { marketo: 'later', onDynamics: { creatable: false } });
    const both = planOf([once, later]);
    expect(createValues(both, person({ value: 'a', later: 'b' }), 'dynamics').values).toEqual({ value: 'a' });
  });

  test('is told what it cannot have: in the decisions, while the rest goes on', () => {
    const { values, decisions } = createValues(plan, person({ firstName: 'Ada', leadSource: 'Fair' }), 'dynamics');
    expect(values).toEqual({ firstName: 'Ada' });
    expect(decisions).toMatchObject([
      { field: 'firstName', writes: [{ side: 'dynamics', value: 'Ada' }] },
      { field: 'leadSource', writes: [], refusal: { side: 'dynamics', code: 'unknownOption' } },
    ]);
  });

  test('is refused when a required column would stay empty', () => {
    const needed = field('string', { marketo: 'lastName', onDynamics: { required: 'application', label: 'Last Name' } });
    for (const blank of [null, ' '])
      expect(createValues(planOf([needed]), person({ lastName: blank }), 'dynamics').decisions).toMatchObject([
        { refusal: { code: 'required', message: expect.stringMatching(/^Last Name is required/) } },
      ]);
    expect(createValues(planOf([needed]), person({ lastName: 'L' }), 'dynamics').values).toEqual({ lastName: 'L' });
  });

  test('gets no half of a group', () => {
    const state = field('string', { marketo: 'state', group: 'where' });
    const country = field('string', { marketo: 'country', group: 'where', onDynamics: { maxLength: 2 } });
    const where = planOf([state, country]);
    expect(createValues(where, person({ state: 'a', country: 'long' }), 'dynamics')).toMatchObject({
      values: {},
      decisions: [{ field: 'country', refusal: { code: 'tooLong' } }],
    });
    expect(createValues(where, person({ state: 'a', country: 'b' }), 'dynamics').values).toEqual({ state: 'a', country: 'b' });
  });
});

describe('a default', () => {
  const topic = field('string', {
    marketo: 'topic',
    column: 'subject',
    default: 'From Marketo',
    onDynamics: { required: 'application', maxLength: 20 },
  });
  const made = (one: FieldPlan, values: Snapshot['values'], target: SideName = 'dynamics') =>
    createValues(planOf([one]), target === 'dynamics' ? person(values) : row(values), target);

  test.each([null, '', '  '])('is what a new row gets when the person has nothing (%p), and the decision says so', (blank) => {
    const { values, decisions } = made(topic, { topic: blank });
    expect(values).toEqual({ topic: 'From Marketo' });
    expect(decisions).toEqual([
      {
        field: 'topic',
        group: 'topic',
        rule: 'default',
        marketo: blank,
        dynamics: null,
        writes: [{ side: 'dynamics', value: 'From Marketo' }],
      },
    ]);
  });

  test('gives way to what the person has, even where the row refuses it', () => {
    expect(made(topic, { topic: 'Hers' }).values).toEqual({ topic: 'Hers' });
    expect(made(topic, { topic: 'x'.repeat(21) })).toMatchObject({ values: {}, decisions: [{ refusal: { code: 'tooLong' } }] });
  });

  test('is not for a new person, nor for a person whose field cannot be read', () => {
    expect(made(topic, { subject: null }, 'marketo')).toEqual({ values: {}, decisions: [] });
    expect(made(topic, {})).toEqual({ values: {}, decisions: [] });
  });

  test("is put into the column's own form", () => {
    const source = field('picklist', { marketo: 'source', default: ' web ' });
    expect(made(source, { source: null }).values).toEqual({ source: 8 });
    const amount = field('currency', { marketo: 'amount', default: 1.005 });
    expect(made(amount, { amount: null }).values).toEqual({ amount: 1.01 });
  });

  test('is told to the person afterwards, as any value of the row that it does not have', () => {
    const { decisions } = made(topic, { topic: null });
    const baseline = settle({}, decisions);
    expect(baseline).toEqual({});
    const both = { marketo: person({ topic: null }), dynamics: row({ subject: 'From Marketo' }) };
    expect(reconcile({ plan: planOf([topic]), baseline, ...both })).toMatchObject([
      { rule: 'seed:nonBlank', winner: 'dynamics', writes: [{ side: 'marketo', value: 'From Marketo' }] },
    ]);
  });

  test('is not used later: a clear of a required column is refused as ever', () => {
    const agreed = { topic: { marketo: 'Hers', dynamics: 'Hers' } };
    const cleared = { marketo: person({ topic: null }), dynamics: row({ subject: 'Hers' }) };
    expect(reconcile({ plan: planOf([topic]), baseline: agreed, ...cleared })).toMatchObject([
      { rule: 'marketoChanged', writes: [], refusal: { code: 'required' } },
    ]);
  });
});
