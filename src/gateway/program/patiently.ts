import { setTimeout as sleep } from 'node:timers/promises';

const TRY_AGAIN_MS = 1_000;

export interface Patience {
  /** Told of the first failure only. */
  readonly onFailure: (error: unknown) => void;
  /** Told when it works after it had failed. */
  readonly onRecovery: () => void;
  readonly signal: AbortSignal;
}

/** Tries until `work` succeeds, or until `signal` ends it. Never rejects. */
export async function patiently(work: () => Promise<unknown>, { onFailure, onRecovery, signal }: Patience): Promise<void> {
  for (let failed = false; !signal.aborted; failed = true) {
    try {
      await work();
      if (failed) onRecovery();
      return;
    } catch (error) {
      if (!failed) onFailure(error);
      await sleep(TRY_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
