/** `setUp`: makes in Marketo what is missing, and reads the schemas again. */
import { wantedFields } from '../core/mapping';
import type { SetUpReport } from '../core/ports';
import { ACTIVITY_TYPES } from './activityTypes';
import type { ActivityDeps } from './deps';
import { toApplicationFailure } from './failures';

export function createSetUp(deps: ActivityDeps) {
  return async function setUp(): Promise<SetUpReport> {
    const report = await deps.marketo.setUp(wantedFields(deps.mapping), ACTIVITY_TYPES);
    if ('failure' in report) throw toApplicationFailure('marketo', report.failure);
    await deps.plans.prepare(true);
    return report.ok;
  };
}
