/** Running the workflow that prepares a Marketo instance. */
import { type Client, WorkflowIdConflictPolicy } from '@temporalio/client';
import type { SetUpReport } from '../core/ports';
import { SET_UP_WORKFLOW_ID, TASK_QUEUE } from './names';

/**
 * Creates in Marketo what the mapping and our own bookkeeping need, and answers what was made. Callers at the same time share one run.
 * Rejects with a WorkflowFailedError whose root cause says in one sentence what an administrator must mend.
 */
export async function runSetUp(client: Client): Promise<SetUpReport> {
  const handle = await client.workflow.start('setUp', {
    taskQueue: TASK_QUEUE,
    workflowId: SET_UP_WORKFLOW_ID,
    args: [],
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    workflowExecutionTimeout: '10 minutes',
    staticSummary: 'Prepare Marketo: fields and custom activity types',
  });
  return (await handle.result()) as SetUpReport;
}
