import type { Client } from '@temporalio/client';

/** The ids of runs that create many people at once. */
export async function runsTogether(client: Client): Promise<string[]> {
  const found: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = 'syncPeopleToMicrosoft'` }))
    found.push(workflowId);
  return found;
}
