/** `log`: puts the refusals of a record on the person's activity log, one activity per distinct refusal. Runs only after a rejection. */
import type { ActivityItem } from '../../core/ports';
import { refusalSentence } from '../../core/refusals';
import { labelOn, SIDE_LABEL } from '../../core/rules';
import type { TablePlan } from '../../core/types';
import { currentPerson } from '../../store/pairs';
import { markLogged, markNotStarted, takeUnlogged, type UnloggedRejection } from '../../store/rejections';
import { ACTIVITY, REFERENCE } from '../activityTypes';
import { addOnce } from '../activityWriter';
import type { ActivityDeps } from '../deps';
import { toApplicationFailure } from '../failures';

const DIRECTION = { marketo: 'Dynamics to Marketo', dynamics: 'Marketo to Dynamics' } as const;
/** More of a vendor's words helps nobody, and an activity's attributes have a limit of their own. */
const MAX_MESSAGE = 2_000;

export function createLog(deps: ActivityDeps) {
  return async function log({ pairId }: { pairId: number }): Promise<{ logged: number }> {
    const personId = await currentPerson(deps.db, pairId);
    // A row that could not become a person: there is nobody to tell but the operator, who sees the rejection.
    if (personId === undefined) return { logged: 0 };
    const refusals = await takeUnlogged(deps.db, pairId);
    const { tables } = await deps.plans.current();
    const { done, notDone, failure } = await addOnce(
      deps.marketo,
      refusals.map((refusal) => ({
        reference: refusal.id,
        startedAt: refusal.startedAt,
        item: toActivity(personId, refusal, tables[refusal.table]),
      })),
    );
    await markLogged(deps.db, done);
    await markNotStarted(deps.db, notDone);
    if (failure !== undefined) throw toApplicationFailure('marketo', failure);
    return { logged: done.length };
  };
}

function toActivity(personId: string, refusal: UnloggedRejection, plan: TablePlan): ActivityItem {
  const { side, message } = refusal;
  const plain = refusalSentence({ ...refusal, label: labelOn(plan, side, refusal.field) });
  return {
    personId,
    type: ACTIVITY.rejected,
    at: refusal.openedAt.toISOString(),
    primary: refusal.field,
    attributes: {
      direction: DIRECTION[refusal.side],
      table: refusal.table,
      code: refusal.code,
      message: `${plain}.${message.startsWith(plain) ? '' : ` ${SIDE_LABEL[side]} said: ${message}`}`.slice(0, MAX_MESSAGE),
      [REFERENCE.rejected]: refusal.id,
    },
  };
}
