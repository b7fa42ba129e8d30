/** `resolve`: decides every field of the record at once, from the same two reads, and writes the decisions down. */
import { release } from '../../store/inbox';
import type { ActivityDeps } from '../deps';
import { decideRecord } from './decide';
import type { RecordRun, Resolved } from './run';

export function createResolve(deps: ActivityDeps) {
  return async function resolve({ run }: { run: RecordRun }): Promise<Resolved> {
    const held = await deps.runs.held(run);
    if (held === undefined) {
      await release(deps.db, [run.key], 0);
      return { superseded: true, sends: false, course: 'none', decisions: [] };
    }
    const { course, decisions, ledger } = await decideRecord(deps, held);
    await deps.runs.planDecisions(run, ledger.entries);
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
