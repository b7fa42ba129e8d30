import { getExternalWorkflowHandle, startChild, workflowInfo } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { LANES } from '../core/types';
import { CREATE_QUEUE, recordKey } from '../temporal/names';
import { childOptions } from './childOptions';
import { createRequested, syncPersonToMicrosoft } from './syncPersonToMicrosoft';

/** Starts the run that creates one person, or wakes the one that is running. Should it have ended just now, the next cycle sees to what is open. */
export async function createAlone(marketoId: string): Promise<void> {
  const workflowId = recordKey.create(marketoId);
  try {
    await startChild(syncPersonToMicrosoft, {
      ...childOptions({ key: workflowId, kind: 'create', lane: LANES.create, entity: 'person', marketoId }),
      taskQueue: CREATE_QUEUE,
      args: [{ marketoId }],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    await getExternalWorkflowHandle(workflowId)
      .signal(createRequested, workflowInfo().workflowId)
      .catch(() => undefined);
  }
}
