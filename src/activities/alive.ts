import { activityInfo, heartbeat } from '@temporalio/activity';

/** Well inside the shortest heartbeat timeout, 15 s. */
const EVERY_MS = 4_000;

/**
 * Tells Temporal every few seconds that this process still lives, so that a killed worker's activity is tried again at once. It proves
 * nothing about progress: the call inside has a time limit of its own.
 */
export async function whileAlive<T>(work: () => Promise<T>): Promise<T> {
  // A local activity lives and dies with its workflow task.
  if (activityInfo().isLocal) return work();
  const timer = setInterval(() => heartbeat(), EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
