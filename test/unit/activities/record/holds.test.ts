/** A refused value is held while nothing has changed that its refusal may depend on, and is tried again as soon as something has. */
import { describe, expect, test } from '@jest/globals';
import { groupHash, toLedger } from '../../../../src/activities/record/holds';
import { sendIsolating } from '../../../../src/activities/record/send';
import { reconcile } from '../../../../src/core/reconcile';
import type { FieldPlan, TablePlan } from '../../../../src/core/types';
import { field, type FieldOptions, person, planOf, row } from '../../core/support';

const AGREED = { marketo: 'Clerk', dynamics: 'Clerk' };
const options = (title: FieldOptions = {}): FieldOptions => ({ marketo: 'title', column: 'jobtitle', group: 'title', ...title });
const planWith = (title: FieldOptions = {}, type: FieldPlan['type'] = 'string'): TablePlan =>
  planOf([field(type, options(title)), field('string', { marketo: 'city', column: 'city' })], 'contact');

const NO_DOUBTS = { doubt: async () => undefined, doubtPermissions: async () => undefined };

/** Dynamics refused the title "Baron", under the plan as it was. */
const OPEN = [
  {
    side: 'dynamics' as const,
    group: 'title',
    valueHash: groupHash(planWith(), 'dynamics', 'title', { title: 'Baron' }),
    code: '0x80040265',
  },
];

function ledger(plan: TablePlan, title: string, open = OPEN, onRow = 'Clerk') {
  const decisions = reconcile({
    plan,
    baseline: { title: AGREED, city: { marketo: 'Bonn', dynamics: 'Bonn' } },
    marketo: person({ title, city: 'Ulm' }),
    dynamics: row({ jobtitle: onRow, city: 'Bonn' }),
  });
  return toLedger(plan, decisions, open);
}
const resultsOf = (found: ReturnType<typeof ledger>): object =>
  Object.fromEntries(found.entries.map(({ decision, writes }) => [decision.field, writes.map(({ result }) => result)]));

describe('the same value under the same rules', () => {
  test('is held, alone, however often the record comes by for other reasons', () => {
    const found = ledger(planWith(), 'Baron');
    expect(resultsOf(found)).toEqual({ title: ['held'], city: ['planned'] });
    expect(found.still).toEqual([{ side: 'dynamics', group: 'title' }]);
    expect(found.refused).toEqual([]);
  });
});

describe('it is tried again', () => {
  test.each<[what: string, plan: TablePlan, title: string, open: typeof OPEN]>([
    ['when the value is another', planWith(), 'Count', OPEN],
    ['when the mapping of the field is another', planWith({ write: 'neverClear' }), 'Baron', OPEN],
    ['when the column is another', planWith({ column: 'jobtitle', onDynamics: { maxLength: 200 } }), 'Baron', OPEN],
    ['when the column may be used otherwise', planWith({ onDynamics: { required: 'recommended' } }), 'Baron', OPEN],
    ['when somebody retries, which lifts the hold', planWith(), 'Baron', []],
  ])('%s', (_what, plan, title, open) => {
    const found = ledger(plan, title, open);
    expect(resultsOf(found)).toMatchObject({ title: ['planned'] });
    expect(found.still).toEqual([]);
  });

  test('and not when another field is mapped otherwise', () => {
    const [title, city] = planWith().fields as [FieldPlan, FieldPlan];
    const found = ledger(planOf([title, { ...city, write: 'neverClear' }], 'contact'), 'Baron');
    expect(resultsOf(found)).toMatchObject({ title: ['held'] });
  });

  test('a value that is taken back is neither held nor refused any more', () => {
    const found = ledger(planWith(), 'Clerk');
    expect(resultsOf(found)).toEqual({ city: ['planned'] });
    expect(found.still).toEqual([]);
  });
});

describe('a value that the column cannot hold', () => {
  test('is refused before it is sent, as the same refusal each time', () => {
    const plan = planWith({ onDynamics: { maxLength: 5, label: 'Job Title' } });
    const [first] = ledger(plan, 'Director', []).refused;
    expect(first).toMatchObject({
      side: 'dynamics',
      field: 'title',
      code: 'tooLong',
      message: 'Job Title is longer than 5 characters, the most that Dynamics holds',
    });
    expect(ledger(plan, 'Director', []).refused).toEqual([first]);
    expect(ledger(plan, 'Director General', []).refused[0]?.valueHash).not.toBe(first?.valueHash);
  });

  test('is the refusal that Dynamics made of it before its limit was known; another value, or another fault, is another', async () => {
    const byDynamics = async (title: string, code: string) => {
      const failure = { kind: 'rejected', scope: 'record', code, field: 'jobtitle', message: 'as Dynamics says' } as const;
      const answered = await sendIsolating(NO_DOUBTS, planWith(), 'dynamics', { title }, async () => ({
        failure,
      }));
      return 'sent' in answered ? answered.sent.rejections[0]?.refusalHash : undefined;
    };
    const [own] = ledger(planWith({ onDynamics: { maxLength: 5 } }), 'Director', []).refused;
    expect(await byDynamics('Director', '0x80044331')).toBe(own?.refusalHash);
    expect(await byDynamics('Director General', '0x80044331')).not.toBe(own?.refusalHash);
    expect(await byDynamics('Director', '0x80040265')).not.toBe(own?.refusalHash);
  });

  test('an emptied column that Dynamics demands is one, although its API would take it', () => {
    const plan = planWith({ onDynamics: { required: 'application', label: 'Job Title' } });
    const found = ledger(plan, '', []);
    expect(found.refused).toMatchObject([
      { code: 'required', message: 'Job Title is required in Dynamics and may not be empty' },
    ]);
    expect(resultsOf(found)).toEqual({ title: [], city: ['planned'] });
  });
});
