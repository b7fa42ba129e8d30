/** What is agreed on after a run. */
import type { FieldBaseline } from '../../core/types';
import type { LedgerEntry } from '../../store/decisions';
import type { FieldResult } from '../../store/settle';
import type { Course } from './decide';
import type { FieldValues } from './send';

/** `statecode` of a lead. */
const QUALIFIED = 1;

/** The baseline moves only for fields all of whose writes were confirmed. */
export function baselineOf(
  entries: readonly LedgerEntry[],
  results: readonly FieldResult[],
  guard: FieldValues,
  writtenAt: number,
): Record<string, FieldBaseline> {
  const moved: Record<string, FieldBaseline> = {};
  for (const [index, { decision, after }] of entries.entries()) {
    const result = results[index]?.result;
    if (after === undefined || (result !== 'confirmed' && result !== 'noted')) continue;
    const before = guard[decision.field];
    // Where Marketo had the value already, nothing was sent, and nothing can be kept otherwise.
    const sent = before !== undefined && before !== after.marketo;
    moved[decision.field] = before === undefined ? after : { ...after, guard: before, ...(sent ? { writtenAt } : {}) };
  }
  return moved;
}

/**
 * A lead that was qualified already may have a contact that will take over its person. What we write to the lead now the contact has never
 * had, and its older value must not look like a newer one.
 */
export function keptForContact(
  course: Course,
  entries: readonly LedgerEntry[],
  moved: Readonly<Record<string, FieldBaseline>>,
): Readonly<Record<string, FieldBaseline>> {
  if (course.kind !== 'reconcile' || course.dynamics.entity !== 'lead' || course.dynamics.control?.state !== QUALIFIED)
    return moved;
  const kept = entries.flatMap(({ decision: { field, baseline, writes } }) => {
    const after = moved[field];
    const isWritten = writes.some(({ side }) => side === 'dynamics');
    if (after === undefined || (!isWritten && baseline?.beforeContact === undefined)) return [];
    const agreed = baseline && { marketo: baseline.marketo, dynamics: baseline.dynamics };
    const { beforeContact = agreed ?? null } = baseline ?? {};
    return [[field, { ...after, beforeContact }] as const];
  });
  return { ...moved, ...Object.fromEntries(kept) };
}
