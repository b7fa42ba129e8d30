/** The Schedule that runs a cycle every five minutes. */
import { type Client, ScheduleAlreadyRunning, type ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client';
import { CYCLE_WORKFLOW_ID, SCHEDULE_CRON, SCHEDULE_ID, TASK_QUEUE } from './names';

/**
 * A cycle that is still running makes the next one wait for its own time: two at once would only fight for the same records. After an
 * outage one cycle catches up, because the feeds remember; replaying every missed tick would do nothing more.
 */
const schedule = {
  spec: { cronExpressions: [SCHEDULE_CRON] },
  policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute', pauseOnFailure: false },
  action: {
    type: 'startWorkflow',
    workflowType: 'syncCycle',
    workflowId: CYCLE_WORKFLOW_ID,
    taskQueue: TASK_QUEUE,
    args: [],
    workflowExecutionTimeout: '12 hours',
    staticSummary: 'Marketo and Dynamics, both ways',
  },
} as const satisfies Omit<ScheduleOptions, 'scheduleId'>;

/** Creates the Schedule, or brings an existing one up to date; an operator's pause and note are kept. */
export async function ensureSchedule(client: Client): Promise<void> {
  try {
    await client.schedule.create({ scheduleId: SCHEDULE_ID, ...schedule });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(SCHEDULE_ID).update((previous) => ({ ...previous, ...schedule }));
  }
}

/** Runs a cycle now; does nothing while one is running. */
export async function triggerCycle(client: Client): Promise<void> {
  // Without a policy of its own, a trigger would start a second cycle beside a running one.
  await client.schedule.getHandle(SCHEDULE_ID).trigger(ScheduleOverlapPolicy.SKIP);
}

export interface ScheduleState {
  /** ISO 8601; absent while the Schedule is paused. */
  readonly nextRunAt?: string;
  readonly lastRunAt?: string;
  readonly running: boolean;
}

export async function describeSchedule(client: Client): Promise<ScheduleState> {
  const { info, state } = await client.schedule.getHandle(SCHEDULE_ID).describe();
  const next = state.paused ? undefined : info.nextActionTimes[0];
  const last = info.recentActions.at(-1)?.takenAt;
  return {
    ...(next ? { nextRunAt: next.toISOString() } : {}),
    ...(last ? { lastRunAt: last.toISOString() } : {}),
    running: info.runningActions.length > 0,
  };
}
