/** Running the workflows that look into things and change nothing. */
import { type Client, WorkflowIdConflictPolicy } from '@temporalio/client';
import type { DoctorReport } from '../core/doctor';
import type { PlanSummary } from '../core/plan';
import { TASK_QUEUE } from './names';

export const DOCTOR_WORKFLOW_ID = 'doctor';
export const PLAN_WORKFLOW_ID = 'plan';

/** Callers at the same time share one run. Rejects with a WorkflowFailedError. */
export interface Looks {
  doctor(): Promise<DoctorReport>;
  plan(): Promise<PlanSummary>;
}

export function createLooks(client: Client): Looks {
  const run = async (type: 'doctor' | 'plan', workflowId: string, staticSummary: string): Promise<unknown> => {
    const handle = await client.workflow.start(type, {
      taskQueue: TASK_QUEUE,
      workflowId,
      args: [],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      workflowExecutionTimeout: '8 hours',
      staticSummary,
    });
    return handle.result();
  };
  return {
    doctor: async () => (await run('doctor', DOCTOR_WORKFLOW_ID, 'What is in the way of the sync')) as DoctorReport,
    plan: async () => (await run('plan', PLAN_WORKFLOW_ID, 'What the next cycle would write')) as PlanSummary,
  };
}
