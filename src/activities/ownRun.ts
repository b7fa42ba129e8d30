import { activityInfo } from '@temporalio/activity';

/** The run that asks: what it has taken, its retried activity finds again. */
export const ownRun = (): string => activityInfo().workflowExecution?.runId ?? 'no-run';
