/** The sandbox's own time: the real one, plus what a test has advanced it by. Kept in the journal, so that no restart turns it back. */
import type { Journal } from './journal';

export interface SandboxClock {
  now(): Date;
}

export interface AdjustableClock extends SandboxClock {
  /** Moves the clock; adds up over calls. */
  advance(seconds: number): void;
}

const OFFSET = 'offsetSeconds';

export function createClock(journal: Journal): AdjustableClock {
  const table = journal.table<number>('clock');
  const offsetSeconds = (): number => table.get(OFFSET) ?? 0;
  return {
    now: () => new Date(Date.now() + offsetSeconds() * 1000),
    advance: (seconds) => void table.set(OFFSET, offsetSeconds() + seconds),
  };
}
