/**
 * One step decides both directions, from the same two reads: two jobs, one per direction, would swap values and write them to and fro.
 * Who wins is decided in `judge.ts` by the rules of `rules.ts`; here it becomes writes, refusals and baselines.
 */
import { equal } from './canonical';
import { heldValue } from './held';
import { appeal, judge } from './judge';
import { afterNearMiss } from './nearMiss';
import { project } from './project';
import { COMPANY_FIELDS, mayCreate, mayUpdate, otherSide, permits, type Verdict } from './rules';
import { isBlank } from './text';
import type { Decision, FieldBaseline, FieldPlan, PlannedWrite, RawValue, SideName, Snapshot, TablePlan } from './types';
import { agrees, groupsOf, type PairState, SIDES, type View, viewOf } from './view';

export interface ReconcileInput extends PairState {
  readonly plan: TablePlan;
  /** Users' Marketo values that our own writes replaced, by field: decided again. */
  readonly overwritten?: Readonly<Record<string, RawValue>>;
}

/** One decision for each field that moves or whose baseline moves, in the plan's order; none for fields where all is as it was. */
export function reconcile(input: ReconcileInput): readonly Decision[] {
  const { plan, marketo, overwritten = {} } = input;
  const companyLinked = plan.companyLink !== undefined && !isBlank(marketo.values[plan.companyLink] ?? null);
  return groupsOf(plan.fields).flatMap((fields) => {
    const views = fields.flatMap((field) => viewOf(field, input) ?? []);
    // What is won together is compared whole: a group with an unreadable field waits.
    if (views.length < fields.length) return [];
    const again = appeal(plan.table, views, overwritten);
    const verdict = again?.verdict ?? judge(plan.table, views);
    return wholeOrRefused(
      views.flatMap((view, index) => decideField(view, again?.wished[index] ?? view, verdict, companyLinked) ?? []),
    );
  });
}

/** Half a group must not go over: a refused field speaks for all of it. */
function wholeOrRefused(group: readonly Decision[]): readonly Decision[] {
  const refused = group.find((decision) => decision.refusal !== undefined);
  return refused === undefined ? group : [refused];
}

/** `view` is how the field stands, `wished` how the rules saw it: the same, unless a user's lost edit is decided again. */
function decideField(view: View, wished: View, verdict: Verdict | undefined, companyLinked: boolean): Decision | undefined {
  const { field, raw, baseline, changed } = view;
  const about = {
    field: field.marketo,
    group: field.group,
    ...(baseline === undefined ? {} : { baseline }),
    marketo: raw.marketo,
    dynamics: raw.dynamics,
  };
  if (agrees(view) && agrees(wished)) {
    if (!changed.marketo && !changed.dynamics) return undefined;
    return { ...about, rule: baseline === undefined ? 'seed:equal' : 'agree', writes: [] };
  }
  if (verdict === undefined) return undefined;
  const { rule, winner } = verdict;
  if (winner === 'none') return { ...about, rule, winner, writes: [] };
  const value = wished.now[winner];
  const writes: PlannedWrite[] = [];
  for (const side of SIDES) {
    if (equal(view.now[side], value) || !mayUpdate(field, side)) continue;
    // The loser is asked for leave; the winner's own side is only given back what it had.
    const permitted =
      side === winner || permits(field.write, { targetBlank: view.now[side] === null, valueBlank: value === null });
    if (!permitted || (side === 'marketo' && companyLinked && COMPANY_FIELDS.has(field.marketo)))
      return { ...about, rule: 'writeRule', winner, writes };
    const projected = project(field, winner, side, wished.raw[winner]);
    if ('refusal' in projected) return { ...about, rule, winner, writes: [], refusal: { ...projected.refusal, side } };
    writes.push({ side, value: projected.value });
  }
  return { ...about, rule, winner, writes };
}

/** What the baseline becomes once every write of the decision is confirmed; `undefined` when it stays as it is. */
export function baselineAfter(decision: Decision): FieldBaseline | undefined {
  // What a default gave to the row the person does not have yet: the two are to be compared as in a first match.
  if (decision.refusal !== undefined || decision.winner === 'none' || decision.rule === 'default') return undefined;
  if (decision.rule === 'nearMiss') return afterNearMiss(decision);
  const held = { marketo: decision.marketo, dynamics: decision.dynamics };
  return { ...held, ...Object.fromEntries(decision.writes.map((write) => [write.side, write.value])) };
}

export interface CreateValues {
  /** By Marketo field name, in the target's own form. */
  readonly values: Readonly<Record<string, RawValue>>;
  /** One for each value, and one for each that the target cannot hold. */
  readonly decisions: readonly Decision[];
}

/**
 * What the missing half of a pair starts with. Blank values are left out, or in a new row replaced by the field's default; a required
 * column without either is refused.
 */
export function createValues(plan: TablePlan, source: Snapshot, target: SideName): CreateValues {
  const decisions = groupsOf(plan.fields).flatMap((fields) =>
    wholeOrRefused(fields.flatMap((field) => startField(field, source, target) ?? [])),
  );
  const values = decisions.flatMap(({ field, writes }) => writes.map((write) => [field, write.value] as const));
  return { values: Object.fromEntries(values), decisions };
}

function startField(field: FieldPlan, source: Snapshot, target: SideName): Decision | undefined {
  const from = otherSide(target);
  const raw = heldValue(field, source);
  if (raw === undefined || !mayCreate(field, target)) return undefined;
  const byDefault = target === 'dynamics' && field.default !== undefined && isBlank(raw);
  const projected = project(field, from, target, byDefault ? (field.default ?? null) : raw);
  const refused = 'refusal' in projected;
  if (!refused && !byDefault && isBlank(raw)) return undefined;
  return {
    field: field.marketo,
    group: field.group,
    // The new half has nothing yet, and a blank loses.
    ...(byDefault ? { rule: 'default' } : { rule: 'seed:nonBlank', winner: from }),
    marketo: target === 'marketo' ? null : raw,
    dynamics: target === 'dynamics' ? null : raw,
    writes: refused ? [] : [{ side: target, value: projected.value }],
    ...(refused ? { refusal: { ...projected.refusal, side: target } } : {}),
  };
}
