/** How the children of a cycle are started: each under a fixed id, to end whatever happens to the cycle. */
import { executeChild, ParentClosePolicy } from '@temporalio/workflow';
import type { PageRef } from '../activities/collect';
import { LANES } from '../core/types';
import { CREATE_QUEUE, peopleKey } from '../temporal/names';
import { childOptions } from './childOptions';
import type { RunEnd } from './outcome';
import type { Lot } from './page';
import { type PageResult, syncPage } from './syncPage';
import { syncPeopleToMicrosoft } from './syncPeopleToMicrosoft';
import { syncPersonToMicrosoft } from './syncPersonToMicrosoft';
import { syncRecord } from './syncRecord';

/** Runs one record in a child of its own. */
export function runRecordChild(ref: PageRef): Promise<RunEnd> {
  const options = childOptions(ref);
  return ref.kind === 'create' && ref.marketoId !== undefined
    ? executeChild(syncPersonToMicrosoft, { ...options, taskQueue: CREATE_QUEUE, args: [{ marketoId: ref.marketoId }] })
    : executeChild(syncRecord, { ...options, args: [{ key: ref.key }] });
}

/** A page has no id of its own: it is named after the run that took its records. */
export function runPageChild({ number, refs }: Lot, runId: string): Promise<PageResult> {
  return executeChild(syncPage, {
    ...LOT_OPTIONS,
    workflowId: `page/${runId}/${number}`,
    priority: { priorityKey: LANES.backfill },
    staticSummary: `${refs.length} records of the initial load`,
    args: [{ keys: refs.map(({ key }) => key) }],
  });
}

/** People whom campaigns asked for and no call waits for: batch campaigns are answered by runs of their own. */
export function runPeopleChild({ number, refs }: Lot, runId: string): Promise<PageResult> {
  const marketoIds = refs.flatMap(({ marketoId }) => marketoId ?? []);
  return executeChild(syncPeopleToMicrosoft, {
    ...LOT_OPTIONS,
    taskQueue: CREATE_QUEUE,
    workflowId: peopleKey(`${runId}/${number}`),
    priority: { priorityKey: LANES.create },
    staticSummary: `Create ${marketoIds.length} people in Dynamics`,
    args: [{ marketoIds, chunks: [], takenBy: runId }],
  });
}

const LOT_OPTIONS = { parentClosePolicy: ParentClosePolicy.ABANDON, workflowExecutionTimeout: '1 hour' } as const;
