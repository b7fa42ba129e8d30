/** Starting and waking the workflows that create people in Dynamics. */
import { createHash } from 'node:crypto';
import { type Client, WorkflowIdConflictPolicy } from '@temporalio/client';
import { LANES } from '../core/types';
import { CREATE_QUEUE, CREATE_REQUESTED, peopleKey, recordKey, SEARCH_ATTRIBUTES } from './names';

/**
 * Starts `create/<marketo id>`, or wakes the one that is running. The request itself stands in the store: the signal carries its id
 * only, so nothing about the person enters Temporal.
 */
export async function signalCreate(client: Client, marketoId: string, requestId: string): Promise<void> {
  await client.workflow.signalWithStart('syncPersonToMicrosoft', {
    taskQueue: CREATE_QUEUE,
    workflowId: recordKey.create(marketoId),
    args: [{ marketoId }],
    signal: CREATE_REQUESTED,
    signalArgs: [requestId],
    priority: { priorityKey: LANES.create },
    workflowExecutionTimeout: '1 hour',
    staticSummary: `Create person ${marketoId} in Dynamics`,
    typedSearchAttributes: [{ key: SEARCH_ATTRIBUTES.marketoId, value: marketoId }],
  });
}

/**
 * Starts one run for all people that some calls of a flow step wait for, which answers those calls, too. The same calls have the same run, so
 * a start whose answer was lost starts nothing twice.
 */
export async function startPeople(client: Client, marketoIds: readonly string[], chunks: readonly string[]): Promise<void> {
  const of = createHash('sha256').update(chunks.join()).digest('hex').slice(0, 32);
  await client.workflow.start('syncPeopleToMicrosoft', {
    taskQueue: CREATE_QUEUE,
    workflowId: peopleKey(of),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    args: [{ marketoIds, chunks }],
    priority: { priorityKey: LANES.create },
    workflowExecutionTimeout: '1 hour',
    staticSummary: `Create ${marketoIds.length} people in Dynamics, for ${chunks.length} calls of trigger campaigns`,
  });
}
