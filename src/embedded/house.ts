import type { Settings } from '../config/env';
import type { Ledger } from './leftovers';
import type { Progress } from './progress';
import type { Stack } from './stack';

/** What every step of `npm start` works with. */
export interface House {
  readonly settings: Settings;
  /** Absolute; held by this process. */
  readonly dataDir: string;
  readonly ledger: Ledger;
  readonly stack: Stack;
  readonly progress: Progress;
}

export const ourUrl = (port: number): string => `http://127.0.0.1:${port}`;
