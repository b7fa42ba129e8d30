/** Which planned values are held back because the target has refused them before, under the same rules. */
import { canonicalise } from '../../core/canonical';
import { baselineAfter } from '../../core/reconcile';
import { faultOf } from '../../core/refusals';
import { otherSide } from '../../core/rules';
import type { Decision, RawValue, SideName, TablePlan } from '../../core/types';
import type { LedgerEntry } from '../../store/decisions';
import { type NewRejection, type OpenRejection, valueHash } from '../../store/rejections';
import type { DecidedWrite } from '../../store/schema';

export interface Ledger {
  readonly entries: readonly LedgerEntry[];
  /** Values that cannot be expressed on the target: refused before anything is sent. */
  readonly refused: readonly NewRejection[];
  /** Open rejections whose values are still what was refused. */
  readonly still: readonly { readonly side: SideName; readonly group: string }[];
}

/** The hash of what a group would write to one side, with everything its refusal may depend on. */
export function groupHash(plan: TablePlan, side: SideName, group: string, values: Readonly<Record<string, RawValue>>): string {
  return valueHash(
    values,
    // By table, too: what a lead may not hold, the contact that it is qualified to may.
    plan.fields.filter((field) => field.group === group).map((field) => [plan.table, field, side]),
  );
}

/**
 * Says which refusal it is, whoever found it. `holder`: the side in whose form `value` is; the vendor refuses what was made for it, we refuse
 * what cannot be made.
 */
export function refusalHash(
  plan: TablePlan,
  { field: name, holder, value }: { readonly field: string; readonly holder: SideName; readonly value: RawValue },
  { side, code }: { readonly side: SideName; readonly code: string },
): string {
  const field = plan.fields.find(({ marketo }) => marketo === name);
  return valueHash({ [name]: field === undefined ? value : canonicalise(field, holder, value) }, [
    plan.table,
    side,
    faultOf(side, code),
  ]);
}

/** Turns decisions into ledger entries: planned, held, refused or merely noted. Nothing of a parked field's group is sent. */
export function toLedger(
  plan: TablePlan,
  decisions: readonly Decision[],
  open: readonly OpenRejection[],
  parkedFields: ReadonlySet<string> = new Set(),
): Ledger {
  const held = heldGroups(plan, decisions, open);
  const parkedGroups = new Set(decisions.filter(({ field }) => parkedFields.has(field)).map(({ group }) => group));
  const refused: NewRejection[] = [];
  const entries = decisions.map((decision): LedgerEntry => {
    if (decision.refusal !== undefined) refused.push(toRejection(plan, decision, decision.refusal));
    const writes = decision.writes.map(
      (write): DecidedWrite => ({
        ...write,
        result: held.has(`${write.side}/${decision.group}`) || parkedGroups.has(decision.group) ? 'held' : 'planned',
      }),
    );
    const after = decision.refusal === undefined ? baselineAfter(decision) : undefined;
    return { decision, writes, result: resultOf(decision, writes), ...(after ? { after } : {}) };
  });
  const still = open.filter((one) => held.has(`${one.side}/${one.group}`)).map(({ side, group }) => ({ side, group }));
  return { entries, refused, still };
}

function resultOf(decision: Decision, writes: readonly DecidedWrite[]): LedgerEntry['result'] {
  if (decision.refusal !== undefined) return 'rejected';
  if (writes.some((write) => write.result === 'held')) return 'held';
  return writes.length > 0 ? 'planned' : 'noted';
}

function heldGroups(plan: TablePlan, decisions: readonly Decision[], open: readonly OpenRejection[]): ReadonlySet<string> {
  const held = new Set<string>();
  for (const { side, group, valueHash: refusedHash } of open) {
    const values = Object.fromEntries(
      decisions
        .filter((decision) => decision.group === group)
        .flatMap((decision) =>
          decision.writes.filter((write) => write.side === side).map((write) => [decision.field, write.value] as const),
        ),
    );
    if (Object.keys(values).length > 0 && groupHash(plan, side, group, values) === refusedHash) held.add(`${side}/${group}`);
  }
  return held;
}

function toRejection(plan: TablePlan, decision: Decision, refusal: NonNullable<Decision['refusal']>): NewRejection {
  const holder = otherSide(refusal.side);
  const source = decision[holder];
  return {
    side: refusal.side,
    table: plan.table,
    group: decision.group,
    field: decision.field,
    valueHash: groupHash(plan, refusal.side, decision.group, { [decision.field]: source }),
    refusalHash: refusalHash(plan, { field: decision.field, holder, value: source }, refusal),
    code: refusal.code,
    message: refusal.message,
  };
}
