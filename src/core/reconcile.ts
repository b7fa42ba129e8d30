/**
 * One step decides both directions, from the same two reads. Two jobs, one per direction, would swap values and write them to and fro.
 * The truth table is in DESIGN 4; rules for who wins are in `rules.ts`, for what is equal in `canonical.ts`.
 */
import { type Canonical, canonicalise, equal } from './canonical';
import { heldValue } from './held';
import { project } from './project';
import {
  collide,
  COMPANY_FIELDS,
  type Contest,
  flowsTo,
  mayUpdate,
  otherSide,
  overwritten as overwrittenRule,
  permits,
  schemaOn,
  seed,
  type Verdict,
} from './rules';
import type {
  Baseline,
  Decision,
  FieldBaseline,
  FieldPlan,
  PlannedWrite,
  RawValue,
  SideName,
  Snapshot,
  TablePlan,
} from './types';

const SIDES = ['marketo', 'dynamics'] as const;

type BySide<T> = Readonly<Record<SideName, T>>;

/** One field of one pair, as both sides hold it now and held it when they last agreed. */
interface View {
  readonly field: FieldPlan;
  readonly raw: BySide<RawValue>;
  readonly now: BySide<Canonical>;
  readonly baseline?: FieldBaseline;
  readonly changed: BySide<boolean>;
  /** A user's Marketo value that our own write replaced. */
  readonly lost?: RawValue;
}

export interface ReconcileInput {
  readonly plan: TablePlan;
  readonly baseline: Baseline;
  readonly marketo: Snapshot;
  readonly dynamics: Snapshot;
  /** Users' Marketo values that our own writes replaced, by field: decided again. */
  readonly overwritten?: Readonly<Record<string, RawValue>>;
}

/** One decision for each field that moves or whose baseline moves, in the plan's order; nothing for fields where all is as it was. */
export function reconcile(input: ReconcileInput): readonly Decision[] {
  const { plan, marketo } = input;
  const linked = plan.companyLink !== undefined && (marketo.values[plan.companyLink] ?? '') !== '';
  return groupsOf(plan.fields).flatMap((fields) => {
    const views = fields.map((field) => viewOf(field, input));
    // Values are compared and won together, so a group with an unreadable field waits: absent is not empty.
    return views.every((view) => view !== undefined) ? decideGroup(plan, views, linked) : [];
  });
}

/** What the baseline becomes once every write of the decision is confirmed; `undefined` when it stays. */
export function baselineAfter(decision: Decision): FieldBaseline | undefined {
  if (decision.refusal !== undefined || decision.winner === 'none') return undefined;
  const written = (side: SideName): RawValue | undefined => decision.writes.find((write) => write.side === side)?.value;
  const marketo = written('marketo');
  const dynamics = written('dynamics');
  return {
    marketo: marketo === undefined ? decision.marketo : marketo,
    dynamics: dynamics === undefined ? decision.dynamics : dynamics,
  };
}

function groupsOf(fields: readonly FieldPlan[]): readonly (readonly FieldPlan[])[] {
  const groups = new Map<string, FieldPlan[]>();
  for (const field of fields) groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
  return [...groups.values()];
}

function viewOf(field: FieldPlan, input: ReconcileInput): View | undefined {
  const marketo = heldValue(field, input.marketo);
  const dynamics = heldValue(field, input.dynamics);
  if (marketo === undefined || dynamics === undefined) return undefined;
  const baseline = input.baseline[field.marketo];
  const lost = input.overwritten?.[field.marketo];
  const raw = { marketo, dynamics };
  const now = bySide((side) => canonicalise(field, side, raw[side]));
  return {
    field,
    raw,
    now,
    changed: bySide((side) => baseline === undefined || !equal(now[side], canonicalise(field, side, baseline[side]))),
    ...(baseline === undefined ? {} : { baseline }),
    ...(lost === undefined ? {} : { lost }),
  };
}

const bySide = <T>(of: (side: SideName) => T): BySide<T> => ({ marketo: of('marketo'), dynamics: of('dynamics') });
const agrees = (view: View): boolean => equal(view.now.marketo, view.now.dynamics);

function decideGroup(plan: TablePlan, views: readonly View[], companyLinked: boolean): readonly Decision[] {
  const restored = bringBack(plan, views);
  const verdict = restored === undefined ? judge(plan, views) : overwrittenRule(contest(plan, restored));
  const decisions = views.flatMap((view, index) => decideField(view, restored?.[index] ?? view, verdict, companyLinked) ?? []);
  // Half a group must not go over: the refused field speaks for all of it.
  const refused = decisions.find((decision) => decision.refusal !== undefined);
  return refused === undefined ? decisions : [refused];
}

/** Who wins the group, if anything in it is to be moved. */
function judge(plan: TablePlan, views: readonly View[]): Verdict | undefined {
  const sources = SIDES.filter((side) => views.every((view) => mayUpdate(view.field, otherSide(side))));
  const [source] = sources;
  if (source === undefined || views.every(agrees)) return undefined;
  if (views.some((view) => view.baseline === undefined)) {
    const match = seed(contest(plan, views), optOutOf(views));
    const decided = match.rule === 'seed:consent' || match.rule === 'seed:nonBlank' || sources.length > 1;
    return decided ? match : { rule: 'oneWay', winner: source };
  }
  // On a one-way field the target's edits are not changes.
  const changed = sources.filter((side) => views.some((view) => view.changed[side]));
  const [winner] = changed;
  if (winner === undefined) return undefined;
  if (changed.length > 1) return collide(contest(plan, views));
  return { rule: sources.length > 1 ? `${winner}Changed` : 'oneWay', winner };
}

function contest(plan: TablePlan, views: readonly View[]): Contest {
  return {
    table: plan.table,
    winner: views[0]?.field.winner,
    blank: SIDES.find((side) => views.every((view) => view.now[side] === null)),
  };
}

const optOutOf = (views: readonly View[]): SideName | undefined =>
  SIDES.find((side) => views.every((view) => view.field.consent === true && view.now[side] === true));

/**
 * The group as it would stand had our write not replaced a user's edit. Only while Marketo still holds what we wrote: whatever was
 * edited since is a change like any other and outdates the lost one.
 */
function bringBack(plan: TablePlan, views: readonly View[]): readonly View[] | undefined {
  if (views.some((view) => view.changed.marketo || !flowsTo(view.field.direction, 'dynamics'))) return undefined;
  const restored = views.map((view): View => {
    if (view.lost === undefined) return view;
    const canonical = canonicalise(view.field, 'marketo', view.lost);
    return { ...view, raw: { ...view.raw, marketo: view.lost }, now: { ...view.now, marketo: canonical } };
  });
  const anyLost = restored.some((view, index) => !equal(view.now.marketo, views[index]?.now.marketo ?? null));
  return anyLost && judge(plan, restored.map(asChanged)) !== undefined ? restored : undefined;
}

const asChanged = (view: View): View => ({ ...view, changed: { marketo: true, dynamics: true } });

/** `wished` is the field as the rules see it; `view` is how things stand, to which a write is compared. */
function decideField(view: View, wished: View, verdict: Verdict | undefined, companyLinked: boolean): Decision | undefined {
  const { field, raw, baseline, changed } = view;
  const base = {
    field: field.marketo,
    group: field.group,
    ...(baseline === undefined ? {} : { baseline }),
    marketo: raw.marketo,
    dynamics: raw.dynamics,
  };
  if (agrees(wished) && agrees(view)) {
    const moved = changed.marketo || changed.dynamics;
    return moved ? { ...base, rule: baseline === undefined ? 'seed:equal' : 'agree', writes: [] } : undefined;
  }
  if (verdict === undefined) return undefined;
  const { rule, winner } = verdict;
  if (winner === 'none') return { ...base, rule, winner, writes: [] };
  const value = wished.raw[winner];
  const targets = SIDES.filter((side) => !equal(view.now[side], wished.now[winner]) && mayUpdate(field, side));
  const writes: PlannedWrite[] = [];
  let stopped = false;
  for (const side of targets) {
    const permitted = permits(field.write, { targetBlank: view.now[side] === null, valueBlank: wished.now[winner] === null });
    const company = side === 'marketo' && companyLinked && COMPANY_FIELDS.has(field.marketo);
    if (company || (!permitted && side !== winner)) {
      stopped = true;
      continue;
    }
    const projected = project(field, winner, side, value);
    if ('refusal' in projected) return { ...base, rule, winner, writes: [], refusal: { ...projected.refusal, side } };
    writes.push({ side, value: projected.value });
  }
  return { ...base, rule: stopped && writes.length === 0 ? 'writeRule' : rule, winner, writes };
}

// ---------------------------------------------------------------- the missing half

export interface CreateValues {
  /** By Marketo field name, in the target's own form. */
  readonly values: Readonly<Record<string, RawValue>>;
  readonly decisions: readonly Decision[];
}

/** What the missing half starts with. Blank values are left out; a required column without a value is refused. */
export function createValues(plan: TablePlan, source: Snapshot, target: SideName): CreateValues {
  const decisions = groupsOf(plan.fields).flatMap((fields) => {
    const created = fields.flatMap((field) => startField(field, source, target) ?? []);
    const refused = created.find((decision) => decision.refusal !== undefined);
    return refused === undefined ? created : [refused];
  });
  const values = decisions.flatMap((decision) => decision.writes.map((write) => [decision.field, write.value] as const));
  return { values: Object.fromEntries(values), decisions };
}

function startField(field: FieldPlan, source: Snapshot, target: SideName): Decision | undefined {
  const from = otherSide(target);
  const raw = heldValue(field, source);
  if (raw === undefined || !flowsTo(field.direction, target) || !schemaOn(field, target).creatable) return undefined;
  const projected = project(field, from, target, raw);
  const blank = canonicalise(field, from, raw) === null || raw === null;
  if (blank && !('refusal' in projected)) return undefined;
  return {
    field: field.marketo,
    group: field.group,
    rule: 'seed:nonBlank',
    winner: from,
    marketo: target === 'marketo' ? null : raw,
    dynamics: target === 'dynamics' ? null : raw,
    ...('refusal' in projected
      ? { writes: [], refusal: { ...projected.refusal, side: target } }
      : { writes: [{ side: target, value: projected.value }] }),
  };
}
