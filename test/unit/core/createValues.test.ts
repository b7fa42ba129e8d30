import { describe, expect, test } from '@jest/globals';
import { createValues, reconcile } from '../../../src/core/reconcile';
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
