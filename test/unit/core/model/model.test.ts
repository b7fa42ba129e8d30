/**
 * `reconcile` against the slow model, on every combination of small domains: what was agreed, what Marketo holds, what Dynamics holds,
 * for every type of field and every policy.
 */
import { describe, expect, test } from '@jest/globals';
import { baselineAfter, reconcile } from '../../../../src/core/reconcile';
import type {
  Baseline,
  Decision,
  Direction,
  FieldPlan,
  Snapshot,
  TablePlan,
  WinnerRule,
  WriteRule,
} from '../../../../src/core/types';
import { planOf } from '../support';
import { half, type Kind, KINDS, meaningOf, meaningOfRaw, rawOf, type Token, tokensOf } from './kinds';
import { model, type Meaning, type ModelEnd, type ModelField, type ModelPolicy } from './model';

const TABLES = ['lead', 'contact'] as const;
const WINNERS: readonly (WinnerRule | undefined)[] = [undefined, 'marketo', 'dynamics', 'nonBlank', 'review'];
const WRITES: readonly WriteRule[] = ['always', 'onlyIfEmpty', 'neverClear'];

/** Which sides may be written: the mapping's direction, and what the sync user may do there. */
interface Way {
  readonly direction: Direction;
  readonly closed?: 'marketo' | 'dynamics';
}
const WAYS: readonly Way[] = [
  { direction: 'both' },
  { direction: 'toMarketo' },
  { direction: 'toDynamics' },
  { direction: 'both', closed: 'dynamics' },
  { direction: 'both', closed: 'marketo' },
  { direction: 'toMarketo', closed: 'marketo' },
];
const mayWrite = ({ direction, closed }: Way, side: 'marketo' | 'dynamics'): boolean =>
  closed !== side && (direction === 'both' || direction === (side === 'marketo' ? 'toMarketo' : 'toDynamics'));

/** What was agreed on. The two sides differ where a write rule, or a one-way direction, left them so. */
type Agreed = readonly [Token, Token] | undefined;
const AGREED: readonly Agreed[] = [
  undefined,
  ['null', 'null'],
  ['blank', 'blank'],
  ['a', 'a'],
  ['again', 'again'],
  ['b', 'b'],
  ['null', 'a'],
  ['a', 'null'],
  ['a', 'b'],
  ['b', 'a'],
];

interface Policy extends ModelPolicy {
  readonly write: WriteRule;
  readonly way: Way;
  readonly required?: boolean;
  readonly companyLinked?: boolean;
}

function policies(kind: Kind): readonly Policy[] {
  const ways = kind.oneWayOnly ? WAYS.filter(({ direction }) => direction === 'toMarketo') : WAYS;
  // Required columns and linked companies do not depend on the type.
  const extras = kind.name === 'string' ? [{}, { required: true }, { companyLinked: true }] : [{}];
  return TABLES.flatMap((table) =>
    WINNERS.flatMap((winner) =>
      WRITES.flatMap((write) => ways.flatMap((way) => extras.map((extra) => ({ table, winner, write, way, ...extra })))),
    ),
  );
}

function planField(kind: Kind, name: string, { winner, write, way, required, companyLinked }: Policy, group?: string): FieldPlan {
  const open = (side: 'marketo' | 'dynamics') => (way.closed === side ? { updatable: false, creatable: false } : {});
  return kind.make({
    marketo: companyLinked ? 'company' : name,
    column: `new_${name}`,
    group: group ?? (companyLinked ? 'company' : name),
    direction: way.direction,
    write,
    ...(winner === undefined ? {} : { winner }),
    onMarketo: open('marketo'),
    onDynamics: { ...open('dynamics'), ...(required ? { required: 'application' as const } : {}) },
  });
}

interface Held {
  readonly agreed: Agreed;
  readonly marketo: Token;
  readonly dynamics: Token;
}

const modelField = (kind: Kind, { agreed, marketo, dynamics }: Held, policy: Policy): ModelField => ({
  agreed: agreed && [meaningOf(kind, agreed[0]) ?? null, meaningOf(kind, agreed[1]) ?? null],
  marketo: meaningOf(kind, marketo),
  dynamics: meaningOf(kind, dynamics),
  mayWriteMarketo: mayWrite(policy.way, 'marketo'),
  mayWriteDynamics: mayWrite(policy.way, 'dynamics'),
  write: policy.write,
  optOut: kind.optOut,
  required: policy.required,
  companyLinked: policy.companyLinked,
});

/** How the field stands once the code's decision is carried out, in the model's words. */
function endOf(kind: Kind, before: ModelField, decision: Decision | undefined): ModelEnd {
  const { marketo, dynamics, agreed } = before;
  if (decision === undefined) return { marketo, dynamics, agreed, came: 'nothing' };
  const now: { marketo: Meaning | undefined; dynamics: Meaning | undefined } = { marketo, dynamics };
  for (const write of decision.writes) now[write.side] = meaningOfRaw(kind, write.side, write.value);
  const after = baselineAfter(decision);
  return {
    ...now,
    agreed: after ? [meaningOfRaw(kind, 'marketo', after.marketo), meaningOfRaw(kind, 'dynamics', after.dynamics)] : agreed,
    came: cameOf(decision),
  };
}

function cameOf({ refusal, winner, writes, rule }: Decision): ModelEnd['came'] {
  if (refusal !== undefined) return 'refused';
  if (winner === 'none') return 'review';
  if (writes.length > 0) return 'written';
  return rule === 'agree' || rule === 'seed:equal' ? 'agreed' : 'stopped';
}

const sameEnd = (a: ModelEnd, b: ModelEnd | undefined): boolean =>
  a.marketo === b?.marketo &&
  a.dynamics === b?.dynamics &&
  a.came === b?.came &&
  a.agreed?.[0] === b?.agreed?.[0] &&
  a.agreed?.[1] === b?.agreed?.[1];

/** Both ends as text, and `undefined` when they are the same. */
function disagreement(expected: readonly ModelEnd[], actual: readonly ModelEnd[], about: object): string | undefined {
  if (expected.every((one, index) => sameEnd(one, actual[index]))) return undefined;
  const told = [about, expected, actual].map((one) => JSON.stringify(one));
  return `${told[0]}\n  the model says ${told[1]}\n  reconcile says ${told[2]}`;
}

function compare(
  kind: Kind,
  plan: TablePlan,
  policy: Policy,
  held: readonly Held[],
  halves: { readonly marketo: Snapshot; readonly dynamics: Snapshot },
): string | undefined {
  const { fields } = plan;
  const baseline: Baseline = Object.fromEntries(
    held.flatMap(({ agreed }, index) =>
      agreed === undefined
        ? []
        : [
            [
              fields[index]?.marketo ?? '',
              { marketo: rawOf(kind, 'marketo', agreed[0]), dynamics: rawOf(kind, 'dynamics', agreed[1]) },
            ],
          ],
    ),
  );
  const before = held.map((one) => modelField(kind, one, policy));
  const decisions = reconcile({ plan, baseline, ...halves });
  const actual = before.map((one, index) =>
    endOf(
      kind,
      one,
      decisions.find((decision) => decision.field === fields[index]?.marketo),
    ),
  );
  return disagreement(model(before, policy), actual, { kind: kind.name, policy, held });
}

let compared = 0;

describe('one field', () => {
  test.each(KINDS.map((kind) => [kind.name, kind] as const))('%s', (_name, kind) => {
    const tokens = tokensOf(kind);
    const differing: string[] = [];
    for (const policy of policies(kind)) {
      const one = planField(kind, 'value', policy);
      const plan = { ...planOf([one], policy.table), companyLink: 'externalCompanyId' };
      const link = policy.companyLinked ? { externalCompanyId: 'acme' } : {};
      const onMarketo = tokens.map((token) => {
        const read = half(kind, 'marketo', [[one, token]]);
        return [token, { ...read, values: { ...read.values, ...link } }] as const;
      });
      const onDynamics = tokens.map((token) => [token, half(kind, 'dynamics', [[one, token]])] as const);
      for (const agreed of AGREED)
        for (const [marketo, person] of onMarketo)
          for (const [dynamics, row] of onDynamics) {
            compared += 1;
            const differs = compare(kind, plan, policy, [{ agreed, marketo, dynamics }], { marketo: person, dynamics: row });
            if (differs !== undefined) differing.push(differs);
          }
    }
    expect(differing.slice(0, 3)).toEqual([]);
  });
});

describe('two fields that are won together', () => {
  const kind = KINDS.find(({ name }) => name === 'string') as Kind;
  const HELD: readonly Token[] = ['null', 'a', 'b', 'c'];
  const OTHER: readonly Token[] = ['unread', 'null', 'a'];

  test.each(WAYS.map((way) => [way.direction, way.closed ?? 'neither', way] as const))(
    '%s, closed: %s',
    (_direction, _closed, way) => {
      const differing: string[] = [];
      for (const policy of policies(kind).filter((one) => one.way === way && !one.companyLinked)) {
        const fields = ['first', 'second'].map((name) => planField(kind, name, policy, 'together')) as [FieldPlan, FieldPlan];
        const plan = planOf(fields, policy.table);
        const halves = (side: 'marketo' | 'dynamics') =>
          HELD.flatMap((first) =>
            OTHER.map((second) => {
              const held = [
                [fields[0], first],
                [fields[1], second],
              ] as const;
              return [first, second, half(kind, side, held)] as const;
            }),
          );
        const [people, rows] = [halves('marketo'), halves('dynamics')];
        for (const agreed of [AGREED[0], AGREED[1], AGREED[3], AGREED[7]])
          for (const also of [AGREED[0], AGREED[3]])
            for (const [m1, m2, marketo] of people)
              for (const [d1, d2, dynamics] of rows) {
                compared += 1;
                const held = [
                  { agreed, marketo: m1, dynamics: d1 },
                  { agreed: also, marketo: m2, dynamics: d2 },
                ];
                const differs = compare(kind, plan, policy, held, { marketo, dynamics });
                if (differs !== undefined) differing.push(differs);
              }
      }
      expect(differing.slice(0, 3)).toEqual([]);
    },
  );
});

test('that is every combination', () => {
  expect(compared).toBe(1_837_920);
});
