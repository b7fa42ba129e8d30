/** All activities, by the names that stand in Temporal's histories. */
import { urgently } from '../remote/urgent';
import { reopen } from '../store/inbox';
import { whileAlive } from './alive';
import { createBulk } from './bulk';
import { createCollectActivities } from './collect';
import { createDoctor } from './doctor';
import { createPlan, type Rehearsal } from './plan';
import { createPeopleActivities } from './creation/createPeople';
import { createCreateRow } from './creation/createRow';
import { createFetchRequest } from './creation/fetchRequest';
import { createLogRequest } from './creation/logRequest';
import type { ActivityDeps } from './deps';
import { createFlowStepActivities } from './flowStep';
import { createRecordActivities } from './record';
import { createSetUp } from './setUp';

export function createActivities(deps: ActivityDeps, rehearsal: Rehearsal) {
  const record = createRecordActivities(deps);
  const creation = {
    fetchRequest: urgent(createFetchRequest(deps)),
    createRow: urgent(createCreateRow(deps)),
    logRequest: createLogRequest(deps),
  };
  return {
    ...createCollectActivities(deps),
    fetch: alive(record.fetch),
    resolve: record.resolve,
    write: alive(record.write),
    log: alive(record.log),
    ...createBulk(deps, record),
    fetchRequest: alive(creation.fetchRequest),
    createRow: alive(creation.createRow),
    logRequest: alive(creation.logRequest),
    ...createPeopleActivities(deps, creation),
    setUp: alive(createSetUp(deps)),
    doctor: alive(createDoctor(deps)),
    plan: alive(createPlan(deps, rehearsal)),
    ...createFlowStepActivities(deps),
    /** Puts a record that ended back on the list, because something about it could not be logged. */
    requeue: ({ key, waitMs }: { key: string; waitMs: number }): Promise<void> => reopen(deps.db, key, waitMs),
  };
}

export type Activities = ReturnType<typeof createActivities>;

/** A campaign waits for what comes of it. */
function urgent<A extends unknown[], R>(activity: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return (...args) => urgently(() => activity(...args));
}

function alive<A extends unknown[], R>(activity: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return (...args) => whileAlive(() => activity(...args));
}
