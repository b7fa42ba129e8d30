/** `resolve`: decides every field of the record at once, from the same two reads, and writes the decisions down. */
import { isBlank } from '../../core/text';
import type { Decision } from '../../core/types';
import { release } from '../../store/inbox';
import type { ActivityDeps } from '../deps';
import type { HeldRecord } from '../../store/pairs';
import { type Decided, decideRecord } from './decide';
import type { RecordRun, Resolved } from './run';

export interface Planned {
  readonly held: HeldRecord;
  readonly decided: Decided;
}

/** Decides a record and writes its decisions down; `undefined` when the run does not hold it any more. */
export async function planRecord(deps: ActivityDeps, run: RecordRun): Promise<Planned | undefined> {
  const held = await deps.runs.held(run);
  if (held === undefined) return undefined;
  const decided = await decideRecord(deps, held);
  await deps.runs.planDecisions(
    run,
    decided.ledger.entries.filter(({ decision }) => isWorthTelling(decision)),
  );
  return { held, decided };
}

/** That neither side ever held a value is agreed on, but it is no story: an initial load would tell it ten times for each of its pairs. */
export const isWorthTelling = ({ rule, marketo, dynamics }: Decision): boolean =>
  rule !== 'seed:equal' || !isBlank(marketo) || !isBlank(dynamics);

export function createResolve(deps: ActivityDeps) {
  return async function resolve({ run }: { run: RecordRun }): Promise<Resolved> {
    const planned = await planRecord(deps, run);
    if (planned === undefined) {
      await release(deps.db, [run.key], 0);
      return { superseded: true, sends: false, course: 'none', decisions: [] };
    }
    const { course, decisions, ledger } = planned.decided;
    return {
      superseded: false,
      sends:
        course.kind === 'createPerson' ||
        ledger.entries.some((entry) => entry.writes.some((write) => write.result === 'planned')),
      course: course.kind,
      decisions: decisions.map(({ field, rule, winner, writes }) => ({
        field,
        rule,
        ...(winner ? { winner } : {}),
        to: writes.map((write) => write.side),
      })),
    };
  };
}
