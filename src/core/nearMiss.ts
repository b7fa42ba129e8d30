/**
 * Near-misses: values that Marketo keeps in its own way (cut, rounded, tidied up). It does not answer with what it kept, so what we
 * wrote is agreed on provisionally; when it reads differently although nobody edited it, what Marketo holds is agreed on instead. It is
 * noted, and never sent back to Dynamics, where the better value is.
 */
import { type Canonical, canonicalise, equal } from './canonical';
import type { FieldChange } from './ports';
import { parseNumber } from './numbers';
import { mayUpdate } from './rules';
import { isBlank } from './text';
import type { Baseline, Decision, FieldBaseline, FieldPlan, RawValue, TablePlan } from './types';
import { type PairState, viewOf } from './view';

/** As long as the entry of our own write may be on its way. After that, whatever reads differently was edited. */
const PROVISIONAL_SEC = 60 * 60;

export interface Provisional {
  /** What is agreed on, once near-misses are taken for what they are. */
  readonly baseline: Baseline;
  /** One for each near-miss. */
  readonly decisions: readonly Decision[];
}

/**
 * Looks at what both sides hold, and at the person's `entries` since the record was opened, before anything is decided. `nowSec` is our
 * clock's, as is the time of the write.
 */
export function settleProvisional(
  plan: TablePlan,
  pair: PairState,
  entries: readonly FieldChange[],
  nowSec: number,
): Provisional {
  const baseline: Record<string, FieldBaseline> = { ...pair.baseline };
  const decisions: Decision[] = [];
  for (const field of plan.fields) {
    const agreed = pair.baseline[field.marketo];
    // Where edits in Marketo are no changes, neither is this.
    if (agreed === undefined || !mayUpdate(field, 'dynamics')) continue;
    const own = entries.filter((entry) => entry.field === field.marketo);
    if (wasEdited(field, agreed, own)) {
      baseline[field.marketo] = { marketo: agreed.sent ?? null, dynamics: agreed.dynamics };
      continue;
    }
    const writtenAt = agreed.writtenAt ?? madeAt(pair.baseline);
    if (writtenAt === undefined || nowSec - writtenAt > PROVISIONAL_SEC) continue;
    const decision = nearMiss(field, pair, own);
    if (decision === undefined) continue;
    decisions.push(decision);
    baseline[field.marketo] = afterNearMiss(decision);
  }
  return { baseline, decisions };
}

/** What is agreed on after a near-miss; what we had sent stays known, for entries that come late and say that it was an edit. */
export function afterNearMiss({ marketo, dynamics, baseline }: Decision): FieldBaseline {
  const { guard, marketo: sent = null } = baseline ?? {};
  return { marketo, dynamics, sent, ...(guard === undefined ? {} : { guard }) };
}

/** Whether what was taken for a near-miss was an edit, by entries that tell more than our own write. */
export const wasEdited = (field: FieldPlan, agreed: FieldBaseline, entries: readonly FieldChange[]): boolean =>
  agreed.sent !== undefined &&
  entries.length > 0 &&
  !tellOurWrite(field, agreed, entries, canonicalise(field, 'marketo', agreed.marketo));

/** A person that we made was written as a whole, together with its id in Dynamics; nothing stood there before. */
function madeAt({ microsoftId }: Baseline): number | undefined {
  return microsoftId?.guard === undefined ? microsoftId?.writtenAt : undefined;
}

function nearMiss(field: FieldPlan, pair: PairState, entries: readonly FieldChange[]): Decision | undefined {
  const view = viewOf(field, pair);
  if (view?.baseline === undefined) return undefined;
  // With an edit in Dynamics beside it, it is a collision whichever it is.
  if (!view.changed.marketo || view.changed.dynamics) return undefined;
  const { marketo, dynamics } = view.raw;
  if (!couldBeKeptFor(view.baseline.marketo, marketo)) return undefined;
  if (!tellOurWrite(field, view.baseline, entries, view.now.marketo)) return undefined;
  return { field: field.marketo, group: field.group, rule: 'nearMiss', baseline: view.baseline, marketo, dynamics, writes: [] };
}

/**
 * Whether entries tell of nothing since the look that guarded our write, or just of that write: from what the look saw to what Marketo
 * holds now. What led to what the look saw was before it. A new person has no entry for the values it was made with.
 */
function tellOurWrite(
  field: FieldPlan,
  { guard, marketo, sent = marketo }: FieldBaseline,
  entries: readonly FieldChange[],
  now: Canonical,
): boolean {
  if (guard === undefined) return entries.length === 0;
  const seen = canonicalise(field, 'marketo', guard);
  const steps = entries.map((entry) => ({
    from: canonicalise(field, 'marketo', entry.oldValue),
    to: canonicalise(field, 'marketo', entry.newValue),
  }));
  const leads = steps.findIndex(({ to }) => equal(to, seen));
  // What begins at our own value came after our write, whose entry may have been read and dropped before.
  const ours = canonicalise(field, 'marketo', sent);
  const before = steps.slice(0, leads + 1).every(({ from }) => !equal(from, seen) && !equal(from, ours)) ? leads + 1 : 0;
  const [write, ...more] = steps.slice(before);
  return write === undefined || (more.length === 0 && equal(write.from, seen) && equal(write.to, now));
}

/** Whether `kept` looks like what is left of `sent`: cut, tidied up, rounded, or not kept at all. Another value is an edit. */
function couldBeKeptFor(sent: RawValue, kept: RawValue): boolean {
  if (sent === null) return false;
  if (kept === null || isBlank(kept)) return true;
  const [before, after] = [parseNumber(sent), parseNumber(kept)];
  if (before !== undefined && after !== undefined) return Math.abs(before - after) <= Math.max(1, Math.abs(before) / 1000);
  const [long, short] = [lettersOf(String(sent)), lettersOf(String(kept))];
  return short !== '' && (long.startsWith(short) || short.startsWith(long));
}

const lettersOf = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
