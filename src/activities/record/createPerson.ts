/** A row without a person becomes one: found again by `microsoftId`, so that repeating it never makes a second. */
import { baselineAfter, createValues, reconcile } from '../../core/reconcile';
import type { Baseline, Decision, FieldBaseline, Snapshot, TablePlan } from '../../core/types';
import type { ActivityDeps } from '../deps';
import type { HeldRecord } from '../../store/pairs';
import type { Course } from './decide';
import { toLedger } from './holds';
import { isWorthTelling } from './resolve';
import type { RecordRun } from './run';
import { sendIsolating } from './send';
import type { Ending } from './write';

/** Creates the Marketo person of a row. The pending pair was committed before, so a lost answer is found again by the row's GUID. */
export async function createPersonFor(
  deps: ActivityDeps,
  run: RecordRun,
  held: HeldRecord,
  course: Extract<Course, { kind: 'createPerson' }>,
): Promise<Ending> {
  const { plan, dynamics } = course;
  const wanted = createValues(plan, dynamics, 'marketo');
  const { refused } = toLedger(plan, wanted.decisions, []);
  const result = await sendIsolating(deps.plans, plan, 'marketo', wanted.values, (values) =>
    deps.flush.createPerson({
      pairId: run.pairId,
      epoch: run.epoch,
      lane: held.lane,
      item: { entity: 'person', key: dynamics.id, values },
      fields: plan.fields.map((field) => field.marketo),
    }),
  );
  if ('failure' in result) return { side: 'marketo', failure: result.failure };
  const { answer, accepted, rejections } = result.sent;
  const created = answer !== undefined;
  const made = baselineOfCreated(wanted.decisions, accepted);
  const kept = answer?.kept;
  const agreed = kept && agreedWith(plan, made, kept.person, dynamics);
  return {
    settlement: {
      ...run,
      outcome: created ? 'created' : 'rejected',
      results: [],
      resetBaseline: true,
      baseline: created ? (agreed ?? madeNow(made, deps.clock.now())) : {},
      rejections: [...refused, ...rejections],
      stillRejected: [],
      ...(dynamics.control ? { control: dynamics.control } : {}),
      ...(created
        ? {
            state: 'live',
            person: {
              marketoId: answer.id,
              origin: 'personCreated',
              lane: held.lane,
              row: dynamics,
              ...(kept && agreed ? { agreedAt: kept.feedsStand } : {}),
            },
          }
        : {}),
    },
  };
}

/**
 * What is agreed on when a new person, read back, holds in every field what its row holds; `undefined` when a run of its own has something to
 * decide: a value that Marketo keeps otherwise, one that came from elsewhere, one that was left out.
 */
function agreedWith(plan: TablePlan, made: Baseline, marketo: Snapshot, dynamics: Snapshot): Baseline | undefined {
  const decisions = reconcile({ plan, baseline: made, marketo, dynamics });
  if (decisions.some(isWorthTelling)) return undefined;
  return { ...made, ...agreedOn(decisions) };
}

/** Marketo does not answer with what it kept, so for a while all of it is provisional: `nearMiss.ts`. */
function madeNow(baseline: Record<string, FieldBaseline>, now: Date): Record<string, FieldBaseline> {
  const { microsoftId } = baseline;
  if (microsoftId === undefined) return baseline;
  return { ...baseline, microsoftId: { ...microsoftId, writtenAt: Math.floor(now.getTime() / 1000) } };
}

/** What both sides hold after a create, for the fields that went over. */
export function baselineOfCreated(
  decisions: readonly Decision[],
  accepted: Readonly<Record<string, unknown>>,
): Record<string, FieldBaseline> {
  return agreedOn(decisions.filter(({ field }) => field in accepted));
}

function agreedOn(decisions: readonly Decision[]): Record<string, FieldBaseline> {
  return Object.fromEntries(
    decisions.flatMap((decision) => {
      const after = baselineAfter(decision);
      return after === undefined ? [] : [[decision.field, after] as const];
    }),
  );
}
