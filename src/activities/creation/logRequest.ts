/** `logRequest`: tells Marketo's users, on the person, how a creation request ended. */
import type { ActivityItem } from '../../core/ports';
import { markRequestsNotStarted, type UnloggedRequest } from '../../store/requests';
import { ACTIVITY, REFERENCE } from '../activityTypes';
import { addOnce } from '../activityWriter';
import type { ActivityDeps } from '../deps';
import { toApplicationFailure } from '../failures';

const SYNC_AS = { contact: 'Contact', lead: 'Lead' } as const;

export function createLogRequest(deps: ActivityDeps) {
  return async function logRequest({ marketoId }: { marketoId: string }): Promise<{ logged: number }> {
    const requests = await deps.runs.takeUnlogged(marketoId);
    const { done, notDone, failure } = await addOnce(
      deps.marketo,
      requests.map((request) => ({
        reference: request.requestId,
        startedAt: request.startedAt,
        item: toActivity(marketoId, request),
      })),
    );
    await Promise.all(done.map((requestId) => deps.runs.markLogged(requestId)));
    await markRequestsNotStarted(deps.db, notDone);
    if (failure !== undefined) throw toApplicationFailure('marketo', failure);
    return { logged: done.length };
  };
}

function toActivity(personId: string, { requestId, syncAs, assignTo, outcome, endedAt }: UnloggedRequest): ActivityItem {
  return {
    personId,
    type: ACTIVITY.request,
    at: endedAt.toISOString(),
    primary: outcome.status,
    attributes: {
      syncAs: SYNC_AS[syncAs],
      ...(assignTo ? { assignTo } : {}),
      ...(outcome.microsoftId ? { microsoftId: outcome.microsoftId } : {}),
      ...(outcome.reason ? { reason: outcome.reason } : {}),
      [REFERENCE.request]: requestId,
    },
  };
}
