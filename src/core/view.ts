/** How the fields of one pair stand: what both sides hold, against what they held when they last agreed. */
import { type Canonical, canonicalise, equal } from './canonical';
import { heldValue } from './held';
import type { Baseline, FieldBaseline, FieldPlan, RawValue, SideName, Snapshot } from './types';

export const SIDES = ['marketo', 'dynamics'] as const satisfies readonly SideName[];

type BySide<T> = Readonly<Record<SideName, T>>;
const bySide = <T>(of: (side: SideName) => T): BySide<T> => ({ marketo: of('marketo'), dynamics: of('dynamics') });

export interface View {
  readonly field: FieldPlan;
  readonly raw: BySide<RawValue>;
  readonly now: BySide<Canonical>;
  /** Absent: nothing was ever agreed on. */
  readonly baseline?: FieldBaseline;
  /** Whether a side differs from the baseline; both do where there is none. */
  readonly changed: BySide<boolean>;
}

export interface PairState {
  readonly baseline: Baseline;
  readonly marketo: Snapshot;
  readonly dynamics: Snapshot;
}

/** `undefined` when a side's value was not asked for or is not readable, which must never look like a clear. */
export function viewOf(field: FieldPlan, pair: PairState): View | undefined {
  const marketo = heldValue(field, pair.marketo);
  const dynamics = heldValue(field, pair.dynamics);
  if (marketo === undefined || dynamics === undefined) return undefined;
  const raw = { marketo, dynamics };
  const now = bySide((side) => canonicalise(field, side, raw[side]));
  const baseline = pair.baseline[field.marketo];
  if (baseline === undefined) return { field, raw, now, changed: { marketo: true, dynamics: true } };
  // Most values are to the letter what they were: no need to look at their meaning twice.
  const changed = bySide((side) => raw[side] !== baseline[side] && !equal(now[side], canonicalise(field, side, baseline[side])));
  return { field, raw, now, baseline, changed };
}

/** The view as it would be, did Marketo hold `raw`. */
export function withMarketo(view: View, raw: RawValue): View {
  const canonical = canonicalise(view.field, 'marketo', raw);
  return { ...view, raw: { ...view.raw, marketo: raw }, now: { ...view.now, marketo: canonical } };
}

/** Whether both sides hold the same. */
export const agrees = (view: View): boolean => equal(view.now.marketo, view.now.dynamics);

/** Fields that are compared and won together, in the plan's order. */
export function groupsOf(fields: readonly FieldPlan[]): readonly (readonly FieldPlan[])[] {
  const groups = new Map<string, FieldPlan[]>();
  for (const field of fields) {
    const group = groups.get(field.group);
    if (group === undefined) groups.set(field.group, [field]);
    else group.push(field);
  }
  return [...groups.values()];
}
