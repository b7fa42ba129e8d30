/** All or nothing: what a change set or a bulk message has written is taken back when it fails. */
export interface Undo {
  /** Called by whoever changes a row, with what would bring it back. */
  remember(takeBack: () => void): void;
  /** Runs the work; if it throws, all that was remembered meanwhile is taken back, the last first. May be nested. */
  atomically<T>(work: () => T): T;
}

export function createUndo(): Undo {
  let steps: (() => void)[] | undefined;
  return {
    remember: (takeBack) => void steps?.push(takeBack),
    atomically(work) {
      const outer = steps;
      const own: (() => void)[] = [];
      steps = own;
      try {
        const result = work();
        outer?.push(...own);
        return result;
      } catch (error) {
        steps = undefined;
        for (const takeBack of own.reverse()) takeBack();
        throw error;
      } finally {
        steps = outer;
      }
    },
  };
}
