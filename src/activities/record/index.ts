import type { ActivityDeps } from '../deps';
import { createFetch } from './fetch';
import { createLog } from './log';
import { createResolve } from './resolve';
import { createWrite } from './write';

/** The four steps of a record, as plain functions: run as activities of one record, or for many of them in one. */
export function createRecordActivities(deps: ActivityDeps) {
  return { fetch: createFetch(deps), resolve: createResolve(deps), write: createWrite(deps), log: createLog(deps) };
}

export type RecordActivities = ReturnType<typeof createRecordActivities>;
