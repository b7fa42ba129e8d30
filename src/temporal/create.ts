/** Starting and waking the workflow that creates a person in Dynamics. */
import type { Client } from '@temporalio/client';
import { LANES } from '../core/types';
import { CREATE_QUEUE, CREATE_REQUESTED, recordKey, SEARCH_ATTRIBUTES } from './names';

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
