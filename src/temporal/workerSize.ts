/** How much one worker process takes on at once. `npm run bench` measures what these numbers are worth. */
import type { WorkerOptions } from '@temporalio/worker';

export const WORKER_SIZE = {
  maxConcurrentActivityTaskExecutions: 200,
  maxConcurrentLocalActivityExecutions: 200,
  // The options named after concurrent polls are accepted by this SDK and ignored; these are not.
  workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
  activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
} as const satisfies Partial<WorkerOptions>;
