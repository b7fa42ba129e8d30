import { describe, expect, test } from '@jest/globals';
import { isEcho, overwrittenBy, withoutSpentGuards } from '../../../src/core/echo';
import type { Change, FieldChange } from '../../../src/core/ports';
import { reconcile } from '../../../src/core/reconcile';
import type { Baseline, RawValue, RowControl, Snapshot } from '../../../src/core/types';
import { field, type FieldOptions, PERSON_ID, person, planOf, row, ROW_ID } from './support';

const name = field('string', { marketo: 'firstName', column: 'firstname' });
const source = field('picklist', { marketo: 'leadSource', column: 'leadsourcecode' });
const owner = field('lookup', { marketo: 'microsoftOwner', column: 'ownerid', lookupAs: 'name' });
const plan = planOf([name, source, owner]);
const baseline: Baseline = {
  firstName: { marketo: 'Ada', dynamics: 'Ada' },
  leadSource: { marketo: 'Web', dynamics: 8 },
  microsoftOwner: { marketo: 'Sam Sales', dynamics: 'Sam Sales' },
};
const control: RowControl = { state: 0, filter: null, masterId: null, originatingLeadId: null };
const values: Snapshot['values'] = { firstname: 'Ada', leadsourcecode: 8, ownerid: 'guid-of-sam' };
const labels = { ownerid: 'Sam Sales' };

function rowChange(changed: Snapshot['values'] = {}, extra: Partial<Snapshot> = {}): Change {
  const snapshot = row({ ...values, ...changed }, { labels, control, ...extra });
  return { entity: 'lead', id: ROW_ID, kind: 'changed', at: '2024-05-01T10:00:00Z', snapshot };
}

const item = (named: string, oldValue: RawValue, newValue: RawValue): FieldChange => ({ field: named, oldValue, newValue });

function personChange(...fields: FieldChange[]): Change {
  return { entity: 'person', id: PERSON_ID, kind: 'changed', at: '2024-05-01T10:00:00Z', fields };
}

describe('a Dynamics change', () => {
  test('is an echo when it says what the baseline says', () => {
    expect(isEcho(plan, baseline, control, rowChange())).toBe(true);
    expect(isEcho(plan, baseline, control, rowChange({ firstname: ' Ada ', unmapped: 'anything' }))).toBe(true);
  });

  test('is none when a mapped value differs, a lookup by its name', () => {
    expect(isEcho(plan, baseline, control, rowChange({ firstname: 'ada' }))).toBe(false);
    expect(isEcho(plan, baseline, control, rowChange({ firstname: null }))).toBe(false);
    expect(isEcho(plan, baseline, control, rowChange({ leadsourcecode: 1 }))).toBe(false);
    expect(isEcho(plan, baseline, control, rowChange({}, { labels: { ownerid: 'Pat Partner' } }))).toBe(false);
  });

  test.each<[string, Partial<RowControl>]>([
    ['state', { state: 1 }],
    ['filter', { filter: false }],
    ['master', { masterId: 'x' }],
    ['originating lead', { originatingLeadId: 'x' }],
  ])('is none when its %s changed', (_what, changed) => {
    expect(isEcho(plan, baseline, control, rowChange({}, { control: { ...control, ...changed } }))).toBe(false);
    expect(isEcho(plan, baseline, { ...control, ...changed }, rowChange())).toBe(false);
  });

  test('is none when nothing is known to compare with', () => {
    const { control: _control, ...uncontrolled } = rowChange().snapshot ?? row({});
    expect(isEcho(plan, baseline, undefined, rowChange())).toBe(false);
    expect(isEcho(plan, baseline, control, { ...rowChange(), snapshot: uncontrolled })).toBe(false);
    expect(isEcho(plan, baseline, control, { entity: 'lead', id: ROW_ID, kind: 'changed', at: '' })).toBe(false);
    const { leadSource: _left, ...partly } = baseline;
    expect(isEcho(plan, partly, control, rowChange())).toBe(false);
  });

  test('is read as Dynamics writes: an option may come as text', () => {
    expect(isEcho(plan, baseline, control, rowChange({ leadsourcecode: '8' }))).toBe(true);
    expect(isEcho(plan, { ...baseline, leadSource: { marketo: 'Web', dynamics: '8' } }, control, rowChange())).toBe(true);
  });

  test('is an echo although a column cannot be read any more: reconcile leaves it alone, too', () => {
    const { leadsourcecode: _hidden, ...readable } = values;
    expect(isEcho(plan, baseline, control, { ...rowChange(), snapshot: row(readable, { labels, control }) })).toBe(true);
  });

  test('is none when the row was deleted or merged', () => {
    for (const kind of ['deleted', 'merged'] as const)
      expect(isEcho(plan, baseline, control, { ...rowChange(), kind })).toBe(false);
  });

  test('that is an echo is one that reconcile has nothing to do for', () => {
    const marketo = person({ firstName: 'Ada', leadSource: 'Web', microsoftOwner: 'Sam Sales' });
    const dynamics = rowChange().snapshot ?? row({});
    expect(reconcile({ plan, baseline, marketo, dynamics })).toEqual([]);
    expect(reconcile({ plan, baseline, marketo, dynamics: row({ ...values, firstname: 'Eva' }, { labels }) })).toHaveLength(1);
  });
});

describe('a Marketo change', () => {
  const echo = (...fields: FieldChange[]) => isEcho(plan, baseline, undefined, personChange(...fields));

  test('is an echo when every mapped field has the value of the baseline', () => {
    expect(echo(item('firstName', 'Eva', 'Ada'))).toBe(true);
    expect(echo(item('firstName', 'Eva', 'Ada '), item('leadSource', null, 'WEB'))).toBe(true);
  });

  test('is none when one of them has another', () => {
    expect(echo(item('firstName', 'Ada', 'Eva'))).toBe(false);
    expect(echo(item('firstName', 'Eva', 'Ada'), item('leadSource', 'Web', null))).toBe(false);
  });

  test('the last entry of a field counts', () => {
    expect(echo(item('firstName', 'Ada', 'Eva'), item('firstName', 'Eva', 'Ada'))).toBe(true);
    expect(echo(item('firstName', 'Eva', 'Ada'), item('firstName', 'Ada', 'Eva'))).toBe(false);
  });

  test('fields outside the plan do not matter, and an entry without fields is no echo', () => {
    expect(echo(item('firstName', 'Eva', 'Ada'), item('favouriteColour', 'red', 'blue'))).toBe(true);
    expect(echo(item('favouriteColour', 'red', 'blue'))).toBe(true);
    expect(echo()).toBe(false);
    expect(isEcho(plan, baseline, undefined, { entity: 'person', id: PERSON_ID, kind: 'changed', at: '' })).toBe(false);
  });

  test('is read as Marketo writes: a number in a field of labels is no option', () => {
    expect(echo(item('leadSource', null, '8'))).toBe(false);
    const numbers = planOf([
      field('picklist', { marketo: 'leadSource', column: 'leadsourcecode', onMarketo: { vendorType: 'integer' } }),
    ]);
    const agreed = { leadSource: { marketo: 8, dynamics: 8 } };
    expect(isEcho(numbers, agreed, undefined, personChange(item('leadSource', null, '8')))).toBe(true);
  });

  test('is none for a field nothing was agreed on', () => {
    expect(isEcho(plan, {}, undefined, personChange(item('firstName', 'Eva', 'Ada')))).toBe(false);
  });

  test('is none when the person was deleted or merged', () => {
    for (const kind of ['deleted', 'merged'] as const)
      expect(isEcho(plan, baseline, control, { ...personChange(item('firstName', 'Eva', 'Ada')), kind })).toBe(false);
  });
});

describe('a user edit that our own write replaced', () => {
  /** We wrote `ours`, after a look that saw `before`. */
  const lost = (
    options: FieldOptions,
    fields: readonly (readonly [RawValue, RawValue])[],
    guard: RawValue | undefined = 'before',
  ) => {
    const one = field('string', { marketo: 'firstName', ...options });
    const agreed = { marketo: 'ours', dynamics: 'ours', ...(guard === undefined ? {} : { guard }) };
    const change = personChange(...fields.map(([from, to]) => item('firstName', from, to)));
    return overwrittenBy(planOf([one]), { firstName: agreed }, change);
  };

  test('shows in an old value that the look did not see', () => {
    expect(lost({}, [['users', 'ours']])).toEqual({ firstName: 'users' });
    expect(lost({}, [[null, 'ours']])).toEqual({ firstName: null });
  });

  test('shows although its own entry came on the same page', () => {
    expect(
      lost({}, [
        ['before', 'users'],
        ['users', 'ours'],
      ]),
    ).toEqual({ firstName: 'users' });
  });

  test('is not there when our write found what the look saw, written in whatever way', () => {
    expect(lost({}, [['before', 'ours']])).toEqual({});
    expect(lost({}, [[' before ', ' ours']])).toEqual({});
  });

  test('is none of our concern once somebody edited the field again: that is a change', () => {
    expect(
      lost({}, [
        ['users', 'ours'],
        ['ours', 'newer'],
      ]),
    ).toEqual({});
  });

  test("is not what a user's way back to our value looks like", () => {
    expect(
      lost({}, [
        ['before', 'ours'],
        ['ours', 'tried'],
        ['tried', 'ours'],
      ]),
    ).toEqual({});
    expect(
      lost({}, [
        ['ours', 'tried'],
        ['tried', 'ours'],
      ]),
    ).toEqual({});
  });

  test('is found although our value had been there before, long ago', () => {
    expect(
      lost({}, [
        ['old', 'ours'],
        ['ours', 'before'],
        ['before', 'users'],
        ['users', 'ours'],
      ]),
    ).toEqual({ firstName: 'users' });
  });

  test('is not looked for where nothing was written: the look saw our value already, or there was none', () => {
    expect(lost({}, [['users', 'ours']], 'ours')).toEqual({});
    expect(
      overwrittenBy(
        planOf([field('string', { marketo: 'firstName' })]),
        { firstName: { marketo: 'ours', dynamics: 'ours' } },
        personChange(item('firstName', 'users', 'ours')),
      ),
    ).toEqual({});
  });

  test('is not looked for in other values, other fields, one-way fields or other kinds of entries', () => {
    expect(lost({}, [['users', 'theirs']])).toEqual({});
    expect(lost({ direction: 'toMarketo' }, [['users', 'ours']])).toEqual({});
    expect(lost({ marketo: 'lastName' }, [['users', 'ours']])).toEqual({});
    const one = planOf([field('string', { marketo: 'firstName' })]);
    const agreed = { firstName: { marketo: 'ours', dynamics: 'ours', guard: 'before' } };
    const change = personChange(item('firstName', 'users', 'ours'));
    expect(overwrittenBy(one, agreed, { ...change, kind: 'merged' })).toEqual({});
    expect(overwrittenBy(one, agreed, { ...change, entity: 'lead' })).toEqual({});
    expect(overwrittenBy(one, {}, change)).toEqual({});
    expect(overwrittenBy(one, agreed, change)).toEqual({ firstName: 'users' });
  });

  test('is read as Marketo writes', () => {
    const labels = planOf([field('picklist', { marketo: 'leadSource' })]);
    const found = (oldValue: RawValue, newValue: RawValue, agreed: { marketo: RawValue; guard: RawValue }) =>
      overwrittenBy(labels, { leadSource: { dynamics: 8, ...agreed } }, personChange(item('leadSource', oldValue, newValue)));
    expect(found('Advertisement', 'Web', { marketo: 'Web', guard: null })).toEqual({ leadSource: 'Advertisement' });
    expect(found('Advertisement', '8', { marketo: 'Web', guard: null })).toEqual({});
    expect(found('Advertisement', 'Web', { marketo: '8', guard: null })).toEqual({});
    expect(found('Advertisement', 'Web', { marketo: 'Web', guard: '1' })).toEqual({ leadSource: 'Advertisement' });
    expect(found('1', 'Web', { marketo: 'Web', guard: 'Advertisement' })).toEqual({ leadSource: '1' });
  });

  test('an emptied field is a value that a look can have seen', () => {
    expect(lost({}, [[null, 'ours']], null)).toEqual({});
    expect(lost({}, [['users', 'ours']], null)).toEqual({ firstName: 'users' });
  });
});

describe('the guard of our own write', () => {
  const plan = planOf([field('string', { marketo: 'firstName' })]);
  const agreed = { marketo: 'ours', dynamics: 'ours', guard: 'before', writtenAt: 7 };
  const after = (...steps: readonly (readonly [RawValue, RawValue])[]) =>
    withoutSpentGuards(
      plan,
      { firstName: agreed },
      steps.map(([from, to]) => item('firstName', from, to)),
    );

  test('is spent once an entry tells of an edit after it: the way back to our value is no write of ours', () => {
    const left = after(['ours', 'tried']);
    expect(left).toEqual({ firstName: { marketo: 'ours', dynamics: 'ours' } });
    const back = personChange(item('firstName', 'tried', 'ours'));
    expect(overwrittenBy(plan, { firstName: agreed }, back)).toEqual({ firstName: 'tried' });
    expect(overwrittenBy(plan, left, back)).toEqual({});
  });

  test('stays while nothing tells of an edit after it', () => {
    expect(after()).toEqual({});
    expect(after(['before', 'ours'])).toEqual({});
    expect(after(['users', 'ours'])).toEqual({});
    // On its way to what the look saw, or back to it: nobody can tell.
    expect(after(['ours', 'before'])).toEqual({});
    expect(withoutSpentGuards(plan, { firstName: agreed }, [item('lastName', 'ours', 'tried')])).toEqual({});
    expect(withoutSpentGuards(plan, {}, [item('firstName', 'ours', 'tried')])).toEqual({});
  });
});
