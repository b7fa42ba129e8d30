import { local, writing } from './activities';
import { failureIn } from './failureIn';

const LOG_AGAIN_MS = 5 * 60_000;

/** Tells the person of refusals. The record itself is settled by now; a log that cannot be written yet brings it back later. */
export async function logRefusals(key: string, pairId: number): Promise<void> {
  try {
    await writing.log({ pairId });
  } catch (error) {
    if (failureIn(error) === undefined) throw error;
    await local.requeue({ key, waitMs: LOG_AGAIN_MS });
  }
}
