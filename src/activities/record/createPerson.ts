/** A row without a person becomes one: found again by `microsoftId`, so that repeating it never makes a second. */
import { baselineAfter, createValues } from '../../core/reconcile';
import type { Decision, FieldBaseline } from '../../core/types';
import type { ActivityDeps } from '../deps';
import type { HeldRecord } from '../../store/pairs';
import type { Course } from './decide';
import { toLedger } from './holds';
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
    }),
  );
  if ('failure' in result) return { side: 'marketo', failure: result.failure };
  const { answer, accepted, rejections } = result.sent;
  const created = answer !== undefined;
  return {
    settlement: {
      ...run,
      outcome: created ? 'created' : 'rejected',
      results: [],
      resetBaseline: true,
      baseline: created ? madeNow(baselineOfCreated(wanted.decisions, accepted), deps.clock.now()) : {},
      rejections: [...refused, ...rejections],
      stillRejected: [],
      ...(dynamics.control ? { control: dynamics.control } : {}),
      ...(created ? { state: 'live', person: { marketoId: answer.id, lane: held.lane, row: dynamics } } : {}),
    },
  };
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
  return Object.fromEntries(
    decisions.flatMap((decision) => {
      const after = decision.field in accepted ? baselineAfter(decision) : undefined;
      return after === undefined ? [] : [[decision.field, after] as const];
    }),
  );
}
