/** Our own writes coming back in a feed, told by what they say and not by who made them: a plug-in may act under our user. */
import { type Canonical, canonicalise, equal } from './canonical';
import { heldValue } from './held';
import { wasEdited } from './nearMiss';
import type { Change, FieldChange } from './ports';
import type { Baseline, FieldBaseline, FieldPlan, RawValue, RowControl, Snapshot, TablePlan } from './types';

/**
 * Whether a feed entry says only what the baseline says already, by the comparison that `reconcile` uses. When in doubt it is a
 * change: a change too many costs one look at the record, an echo too many loses an edit.
 */
export function isEcho(plan: TablePlan, baseline: Baseline, control: RowControl | undefined, change: Change): boolean {
  if (change.kind !== 'changed') return false;
  return change.entity === 'person' ? isPersonEcho(plan, baseline, change) : isRowEcho(plan, baseline, control, change);
}

function isRowEcho(plan: TablePlan, baseline: Baseline, control: RowControl | undefined, { snapshot }: Change): boolean {
  if (snapshot?.control === undefined || control === undefined || !sameControl(snapshot.control, control)) return false;
  return plan.fields.every((field) => holdsBaseline(field, baseline, snapshot));
}

function holdsBaseline(field: FieldPlan, baseline: Baseline, snapshot: Snapshot): boolean {
  const value = heldValue(field, snapshot);
  const agreed = baseline[field.marketo];
  if (value === undefined) return true; // not readable, so reconcile leaves it alone too
  return agreed !== undefined && equal(canonicalise(field, 'dynamics', value), canonicalise(field, 'dynamics', agreed.dynamics));
}

const sameControl = (a: RowControl, b: RowControl): boolean =>
  a.state === b.state && a.filter === b.filter && a.masterId === b.masterId && a.originatingLeadId === b.originatingLeadId;

/** The last entry of a field is what the person holds; fields that are not mapped do not matter. */
function isPersonEcho(plan: TablePlan, baseline: Baseline, { fields = [] }: Change): boolean {
  if (fields.length === 0) return false;
  return plan.fields.every((field) => {
    const last = fields.findLast((item) => item.field === field.marketo);
    if (last === undefined) return true;
    const agreed = baseline[field.marketo];
    if (
      agreed !== undefined &&
      wasEdited(
        field,
        agreed,
        fields.filter((item) => item.field === field.marketo),
      )
    )
      return false;
    return (
      agreed !== undefined && equal(canonicalise(field, 'marketo', last.newValue), canonicalise(field, 'marketo', agreed.marketo))
    );
  });
}

/** A field whose value was refused or is held, or that waits for a person's decision: what both sides held by the last look. */
export interface Apart {
  readonly field: string;
  readonly marketo: RawValue;
  readonly dynamics: RawValue;
}

/**
 * Whether a change moves a field that was left apart. What is agreed on never moved, so the way back to it looks like an echo; unheard, a
 * refusal or a question would stay open about a value that nobody holds.
 */
export function takesBack(apart: readonly Apart[], plan: TablePlan, { entity, fields = [], snapshot }: Change): boolean {
  return apart.some((before) => {
    const field = plan.fields.find(({ marketo }) => marketo === before.field);
    if (field === undefined) return false;
    const side = entity === 'person' ? 'marketo' : 'dynamics';
    const now =
      side === 'marketo'
        ? fields.findLast((entry) => entry.field === field.marketo)?.newValue
        : snapshot && heldValue(field, snapshot);
    return now !== undefined && !equal(canonicalise(field, side, now), canonicalise(field, side, before[side]));
  });
}

/**
 * Users' values that our own writes replaced unseen, by field. Marketo has no conditional write: between the look that guards a write
 * and the write itself a user can edit the field, and then the entry of our write names an old value that the look did not see.
 */
export function overwrittenBy(plan: TablePlan, baseline: Baseline, change: Change): Record<string, RawValue> {
  const found: Record<string, RawValue> = {};
  if (change.entity !== 'person' || change.kind !== 'changed') return found;
  for (const field of plan.fields) {
    const agreed = baseline[field.marketo];
    const items = change.fields?.filter((item) => item.field === field.marketo) ?? [];
    // On a field that only we write, a user's edit is not a change.
    if (field.direction !== 'both' || agreed?.guard === undefined || items.length === 0) continue;
    const lost = lostValue(
      field,
      items,
      canonicalise(field, 'marketo', agreed.marketo),
      canonicalise(field, 'marketo', agreed.guard),
    );
    if (lost !== undefined) found[field.marketo] = lost;
  }
  return found;
}

/**
 * Walks back from the newest entry. It must carry our own value, else somebody has edited since and that edit counts; and it must be
 * our write rather than a user's way back to the same value, which shows in our value having been there already since the look.
 */
function lostValue(field: FieldPlan, items: readonly FieldChange[], ours: Canonical, guard: Canonical): RawValue | undefined {
  const last = items.at(-1);
  // Where the look saw our value already, nothing was sent and no entry is ours.
  if (last === undefined || equal(ours, guard) || !equal(canonicalise(field, 'marketo', last.newValue), ours)) return undefined;
  for (const item of items.toReversed()) {
    const before = canonicalise(field, 'marketo', item.oldValue);
    if (equal(before, guard)) return item === last ? undefined : last.oldValue;
    if (equal(before, ours)) return undefined;
  }
  return last.oldValue;
}

/**
 * What is agreed on, without its guard, in fields that somebody edited after our own write: an entry that begins at our value comes after
 * the entry of our write, which has been heard by then. A user's way back to our value, heard by itself later, must not be taken for it.
 */
export function withoutSpentGuards(plan: TablePlan, baseline: Baseline, entries: readonly FieldChange[]): Baseline {
  const spent: Record<string, FieldBaseline> = {};
  for (const field of plan.fields) {
    const { guard, writtenAt: _, ...agreed } = baseline[field.marketo] ?? { marketo: null, dynamics: null };
    if (guard === undefined) continue;
    const holds = (value: RawValue, other: RawValue): boolean =>
      equal(canonicalise(field, 'marketo', value), canonicalise(field, 'marketo', other));
    const isAfter = ({ field: name, oldValue, newValue }: FieldChange): boolean =>
      // What led to what the look saw came before it, wherever it began.
      name === field.marketo && holds(oldValue, agreed.marketo) && !holds(newValue, guard);
    if (entries.some(isAfter)) spent[field.marketo] = agreed;
  }
  return spent;
}
