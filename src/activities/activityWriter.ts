/** Puts custom activities on people, each once: they cannot be taken back, and Marketo knows no idempotency key. */
import type { ActivityItem, ActivityLog, Failure } from '../core/ports';

export interface Occurrence {
  /** Stands in an attribute of the activity, so that it can be found again. */
  readonly reference: string;
  /** Set when an earlier try may have reached Marketo: it is looked up before it is sent again. */
  readonly startedAt: Date | null;
  readonly item: ActivityItem;
}

export interface Added {
  /** On the person now, or nobody is left to read it. */
  readonly done: readonly string[];
  /** Definitely not on the person: the next try need not look first. */
  readonly notDone: readonly string[];
  /** Why some are not done. */
  readonly failure?: Failure;
}

export async function addOnce(marketo: ActivityLog, occurrences: readonly Occurrence[]): Promise<Added> {
  const done: string[] = [];
  const toAdd: Occurrence[] = [];
  for (const one of occurrences) {
    if (one.startedAt === null) {
      toAdd.push(one);
      continue;
    }
    const found = await marketo.has(one.item.personId, one.item.type, one.reference, one.startedAt.toISOString());
    if ('failure' in found) return { done, notDone: [], failure: found.failure };
    if (found.ok) done.push(one.reference);
    else toAdd.push(one);
  }
  if (toAdd.length === 0) return { done, notDone: [] };
  const answers = await marketo.add(toAdd.map(({ item }) => item));
  const notDone: string[] = [];
  let failure: Failure | undefined;
  for (const [index, { reference }] of toAdd.entries()) {
    const answer = answers[index];
    if (answer === undefined) continue;
    if ('ok' in answer || answer.failure.kind === 'gone') done.push(reference);
    else {
      if (answer.failure.outcomeUnknown !== true) notDone.push(reference);
      failure ??= answer.failure;
    }
  }
  return { done, notDone, ...(failure ? { failure } : {}) };
}
