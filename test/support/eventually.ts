/** Waiting for what comes about by itself. */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 500;

/** Asks until the answer is the wanted one, or the time is over; then the last answer is what there is. */
export async function eventually<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean, patienceMs: number): Promise<T> {
  const untilMs = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (wanted(answer) || Date.now() >= untilMs) return answer;
    await sleep(Math.min(LOOK_EVERY_MS, patienceMs / 20));
  }
}
