/** How much one worker process takes on at once. `npm run bench` measures what these numbers are worth. */
import type { WorkerOptions } from '@temporalio/worker';

export const WORKER_SIZE = {
  // A record's workflow task lasts as long as its local steps, the write among them: places for a whole page of records, and for the cycle.
  maxConcurrentWorkflowTaskExecutions: 700,
  maxConcurrentActivityTaskExecutions: 200,
  maxConcurrentLocalActivityExecutions: 700,
  // The options named after concurrent polls are accepted by this SDK and ignored; these are not.
  workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
  activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
} as const satisfies Partial<WorkerOptions>;

/** Creations: as many as share calls and statements well, and so few that each is done within a few seconds. */
export const CREATING_SIZE = {
  maxCachedWorkflows: 300,
  maxConcurrentWorkflowTaskExecutions: 60,
  maxConcurrentActivityTaskExecutions: 60,
  maxConcurrentLocalActivityExecutions: 60,
  workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 5 },
  activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 5 },
} as const satisfies Partial<WorkerOptions>;

/** Answers to campaigns: short, and never many at once. */
export const ANSWERING_SIZE = {
  maxCachedWorkflows: 500,
  maxConcurrentActivityTaskExecutions: 100,
  maxConcurrentLocalActivityExecutions: 20,
  workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 4 },
  activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 4 },
} as const satisfies Partial<WorkerOptions>;
