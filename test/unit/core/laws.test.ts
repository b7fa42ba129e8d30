/**
 * The laws of a two-way mapping, for every field of the default mapping on an ordinary instance. PutGet: what was written reads as what
 * it was made from. GetPut: writing back what was read changes nothing. A mapping that breaks one of them writes to and fro for ever.
 */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { loadMapping } from '../../../src/config/mapping';
import { canonicalise } from '../../../src/core/canonical';
import { compilePlan } from '../../../src/core/mapping';
import { project } from '../../../src/core/project';
import { createValues, reconcile } from '../../../src/core/reconcile';
import { mayUpdate, otherSide } from '../../../src/core/rules';
import type { Baseline, Decision, FieldPlan, RawValue, SideName, Snapshot, TablePlan } from '../../../src/core/types';
import { dynamicsInstance, marketoInstance } from './instances';
import { apply, pairOf, person, planOf, row, settle } from './support';

const MAPPING = loadMapping(undefined);
const PLANS = (['contact', 'lead'] as const).map((table) => compilePlan(MAPPING, table, marketoInstance(), dynamicsInstance()));
const SIDES = ['marketo', 'dynamics'] as const;

const day = fc.date({ min: new Date('1700-01-01'), max: new Date('2200-01-01'), noInvalidDate: true });
const someText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', ' ', ' \r\n', 'a\r\nb', 'Zoe\u0308', 'N/A', '0', 'null'),
);
const textual: Readonly<Record<string, fc.Arbitrary<string>>> = {
  email: fc.oneof(fc.emailAddress(), fc.constantFrom('ADA@Example.COM', 'nobody')),
  phone: fc.oneof(fc.stringMatching(/^\+?[0-9 ().-]{3,18}( ?(x|#|ext\.?) ?\d{1,4})?$/), fc.constantFrom('1-800-FLOWERS')),
  url: fc.oneof(fc.webUrl(), fc.constantFrom('Example.com', 'HTTPS://Example.com/', 'http://a@b/c')),
};
const amounts = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.integer(),
);

/** What one side may hold in a field: what it should, in every form it comes in, and now and then what it should not. */
function held(field: FieldPlan, side: SideName): fc.Arbitrary<RawValue> {
  const odd = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(null, '', '  ') }, { weight: 1, arbitrary: someText });
  const usual = usualOf(field, side);
  return fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: odd });
}

function usualOf(field: FieldPlan, side: SideName): fc.Arbitrary<RawValue> {
  switch (field.type) {
    case 'integer':
    case 'decimal':
    case 'currency':
      return fc.oneof(amounts, amounts.map(String));
    case 'boolean':
      return side === 'marketo' ? fc.constantFrom(true, false, 'true', 'false', '1', '0') : fc.boolean();
    case 'picklist': {
      const options = field.dynamicsSchema.options ?? [];
      return side === 'dynamics'
        ? fc.constantFrom(...options.map((option) => option.value), 999)
        : fc.constantFrom(...options.flatMap(({ label }) => [label, ` ${label.toUpperCase()} `]), 'No such option');
    }
    case 'date':
      return day.map((date) => date.toISOString().slice(0, 10));
    case 'datetime':
      return day.map((date) => date.toISOString());
    default:
      return textual[field.type] ?? someText;
  }
}

/** Fields that differ in nothing but their names keep the same laws: one of them is enough. */
const ALIKE = new Map(
  PLANS.flatMap((plan) =>
    plan.fields
      .filter((field) => SIDES.every((side) => mayUpdate(field, side)))
      .map((field) => [kindOf(plan, field), [plan.table, field.marketo, field] as const] as const),
  ),
);
const TWO_WAY = [...ALIKE.values()];

function kindOf({ table }: TablePlan, { type, consent, marketoSchema, dynamicsSchema }: FieldPlan): string {
  const nameless = [marketoSchema, dynamicsSchema].map((schema) => ({ ...schema, name: '', label: '' }));
  return JSON.stringify([table, type, consent, ...nameless]);
}

const canonical = (field: FieldPlan, side: SideName, raw: RawValue) => canonicalise(field, side, raw);

test('the default mapping covers every type, and both tables', () => {
  expect(TWO_WAY.length).toBeGreaterThan(25);
  const types = new Set(MAPPING.fields.map((field) => field.type));
  expect([...types].sort()).toEqual([
    'boolean',
    'currency',
    'date',
    'datetime',
    'decimal',
    'email',
    'integer',
    'lookup',
    'phone',
    'picklist',
    'string',
    'text',
    'url',
  ]);
});

describe.each(TWO_WAY)('%s %s', (table, _name, field) => {
  test.each(SIDES)('PutGet from %s', (from) => {
    const to = otherSide(from);
    fc.assert(
      fc.property(held(field, from), (raw) => {
        const written = project(field, from, to, raw);
        if ('refusal' in written) return;
        expect(canonical(field, to, written.value)).toEqual(canonical(field, from, raw));
      }),
    );
  });

  test.each(SIDES)('GetPut from %s', (from) => {
    const to = otherSide(from);
    fc.assert(
      fc.property(held(field, from), (raw) => {
        const written = project(field, from, to, raw);
        if ('refusal' in written) return;
        const back = project(field, to, from, written.value);
        if ('refusal' in back) return;
        expect(canonical(field, from, back.value)).toEqual(canonical(field, from, raw));
        expect(project(field, from, to, back.value)).toEqual(written);
      }),
    );
  });

  test('a planned value is one that the target side can hold', () => {
    fc.assert(
      fc.property(held(field, 'marketo'), (raw) => {
        const written = project(field, 'marketo', 'dynamics', raw);
        const { maxLength, options, minValue = -Infinity, maxValue = Infinity } = field.dynamicsSchema;
        if ('refusal' in written || written.value === null) return;
        if (typeof written.value === 'string' && maxLength !== undefined)
          expect(written.value.length).toBeLessThanOrEqual(maxLength);
        if (options !== undefined) expect(options.map((option) => option.value)).toContain(written.value);
        if (typeof written.value === 'number' && options === undefined) {
          expect(written.value).toBeGreaterThanOrEqual(minValue);
          expect(written.value).toBeLessThanOrEqual(maxValue);
        }
      }),
    );
  });

  test('once all is written and confirmed, nothing is left to do', () => {
    const plan = planOf([field], table);
    const agreed = fc.option(fc.record({ marketo: held(field, 'marketo'), dynamics: held(field, 'dynamics') }), {
      nil: undefined,
    });
    fc.assert(
      fc.property(held(field, 'marketo'), held(field, 'dynamics'), agreed, (marketo, dynamics, before) => {
        const baseline: Baseline = before === undefined ? {} : { [field.marketo]: before };
        expectSettled(plan, baseline, pairOf(field, marketo, dynamics));
      }),
    );
  });
});

type Pair = { readonly marketo: Snapshot; readonly dynamics: Snapshot };

/**
 * Applies what reconcile plans and looks again: only refused fields may speak up, and they say the same. What one field has written to a
 * column that feeds a second one is news to that one, so it may follow in a step of its own, or have nothing left that could be refused.
 */
function expectSettled(plan: TablePlan, baseline: Baseline, pair: Pair, step: 'first' | 'followers' = 'first'): void {
  const decisions = reconcile({ plan, baseline, ...pair });
  const after = {
    marketo: apply(plan, 'marketo', pair.marketo, decisions),
    dynamics: apply(plan, 'dynamics', pair.dynamics, decisions),
  };
  const agreed = settle(baseline, decisions);
  const left = reconcile({ plan, baseline: agreed, ...after });
  const follows = ({ field }: Decision): boolean => decisions.some((decision) => feedsTwo(plan, decision, field));
  if (step === 'first' && left.some(follows)) return expectSettled(plan, agreed, after, 'followers');
  expect(left).toEqual(decisions.filter((decision) => decision.refusal !== undefined && !follows(decision)));
}

const columnOf = (plan: TablePlan, name: string): string | undefined =>
  plan.fields.find((field) => field.marketo === name)?.column;

/** Whether `decision` writes the column from which `other` takes its values too. */
const feedsTwo = (plan: TablePlan, { field, writes }: Decision, other: string): boolean =>
  field !== other && columnOf(plan, field) === columnOf(plan, other) && writes.some(({ side }) => side === 'dynamics');

const personOf = (plan: TablePlan) =>
  fc.record(Object.fromEntries(plan.fields.map((field) => [field.marketo, held(field, 'marketo')])));
const rowOf = (plan: TablePlan) =>
  fc.record(Object.fromEntries(plan.fields.map((field) => [field.column, held(field, 'dynamics')]))).map((values) => {
    const labels = typeof values.ownerid === 'string' ? { ownerid: values.ownerid } : {};
    return row(values, { labels });
  });

describe.each(PLANS.map((plan) => [plan.table, plan] as const))('a whole %s', (_table, plan) => {
  const baseline = fc.record(
    Object.fromEntries(
      plan.fields.map((field) => [
        field.marketo,
        fc.record({ marketo: held(field, 'marketo'), dynamics: held(field, 'dynamics') }),
      ]),
    ),
    { requiredKeys: [] },
  ) as fc.Arbitrary<Baseline>;

  test('settles in one step, groups and one-way fields included', () => {
    fc.assert(
      fc.property(baseline, personOf(plan), rowOf(plan), (before, values, dynamics) => {
        expectSettled(plan, before, { marketo: person(values), dynamics });
      }),
    );
  });

  test('is decided the same way every time, and nothing that was passed in is changed', () => {
    fc.assert(
      fc.property(baseline, personOf(plan), rowOf(plan), (before, values, dynamics) => {
        const input = { plan, baseline: before, marketo: person(values), dynamics, overwritten: { firstName: 'lost' } };
        const copy = structuredClone(input);
        const decisions = reconcile(input);
        expect(reconcile(copy)).toEqual(decisions);
        expect(input).toEqual(copy);
      }),
    );
  });

  test('never writes to both sides of a field, nor where its direction forbids', () => {
    fc.assert(
      fc.property(baseline, personOf(plan), rowOf(plan), (before, values, dynamics) => {
        for (const decision of reconcile({ plan, baseline: before, marketo: person(values), dynamics })) {
          const field = plan.fields.find((one) => one.marketo === decision.field);
          expect(decision.writes.length).toBeLessThanOrEqual(1);
          for (const write of decision.writes) {
            expect(field && mayUpdate(field, write.side)).toBe(true);
            expect(write.side).not.toBe(decision.winner);
          }
        }
      }),
    );
  });

  test.each(SIDES)('a new %s half leaves reconcile nothing to do for what was given to it', (target) => {
    fc.assert(
      fc.property(personOf(plan), rowOf(plan), (values, dynamics) => {
        const source = target === 'dynamics' ? person(values) : dynamics;
        const made = createValues(plan, source, target);
        const empty = target === 'dynamics' ? row({}) : person({});
        const blank = { ...empty, values: Object.fromEntries(plan.fields.map((field) => [nameOn(field, target), null])) };
        const created = apply(plan, target, blank, made.decisions);
        const pair = target === 'dynamics' ? { marketo: person(values), dynamics: created } : { marketo: created, dynamics };
        // A default is news to the person, who is told of it in the next step.
        const byDefault = new Set(made.decisions.filter(({ rule }) => rule === 'default').map(({ field }) => field));
        const left = reconcile({ plan, baseline: settle({}, made.decisions), ...pair });
        expect(left.filter(({ field }) => field in made.values && !byDefault.has(field))).toEqual([]);
      }),
    );
  });
});

const nameOn = (field: FieldPlan, side: SideName): string => (side === 'marketo' ? field.marketo : field.column);
