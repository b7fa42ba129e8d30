/** One after the other, with a gap in between: a real system's limits are everybody's. */
import { setTimeout as sleep } from 'node:timers/promises';

/** The returned function resolves when it is the caller's turn; without a gap, at once. */
export function createTurns(gapMs: number): () => Promise<void> {
  let line = Promise.resolve();
  return () => {
    if (gapMs === 0) return Promise.resolve();
    const turn = line;
    line = line.then(() => sleep(gapMs));
    return turn;
  };
}
