/** Starting the workflow that answers one call of a flow step. */
import { type Client, WorkflowIdConflictPolicy } from '@temporalio/client';
import type { FlowStepKind } from '../core/ports';
import { ANSWER_QUEUE, flowStepKey } from './names';

/** Nobody is through at once: a first look a little later is mostly the only one. */
const FIRST_LOOK = { trigger: '1 second', batch: '10 seconds' } as const;

/** Starts `flow-step/<chunk>` unless it is running already. */
export async function startAnswer(client: Client, chunk: string, kind: FlowStepKind): Promise<void> {
  await client.workflow.start('answerFlowStep', {
    taskQueue: ANSWER_QUEUE,
    workflowId: flowStepKey.answer(chunk),
    args: [{ chunk }],
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    startDelay: FIRST_LOOK[kind],
    workflowExecutionTimeout: '2 days',
    staticSummary: `Answer a flow step of a ${kind} campaign`,
  });
}
