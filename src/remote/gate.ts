import { isUrgent } from './urgent';

/** Runs at most `width` tasks at once, of those that are not urgent at most `others`; the rest wait in the order they came, urgent ones first. */
export function createGate(width: number, others = width): <T>(task: () => Promise<T>) => Promise<T> {
  let underWay = 0;
  const waiting = { urgent: [] as (() => void)[], others: [] as (() => void)[] };

  /** A place goes straight to the next in line, so that a newcomer cannot slip in between. */
  function letIn(): void {
    for (const [line, places] of [
      [waiting.urgent, width],
      [waiting.others, others],
    ] as const)
      while (underWay < places && line.length > 0) {
        underWay += 1;
        line.shift()?.();
      }
  }

  return async (task) => {
    await new Promise<void>((resolve) => {
      waiting[isUrgent() ? 'urgent' : 'others'].push(resolve);
      letIn();
    });
    try {
      return await task();
    } finally {
      underWay -= 1;
      letIn();
    }
  };
}
