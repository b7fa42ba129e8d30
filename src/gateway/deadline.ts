/**
 * Answers what `work` answers, or `undefined` after `waitMs`, or as soon as `signal` says that nobody waits any more. Work that is late
 * goes on; its result is ignored.
 */
export async function within<T>(work: Promise<T>, waitMs: number, signal?: AbortSignal): Promise<T | undefined> {
  let giveUp: () => void = () => undefined;
  const over = new Promise<undefined>((resolve) => {
    giveUp = () => resolve(undefined);
  });
  const timer = setTimeout(giveUp, waitMs);
  signal?.addEventListener('abort', giveUp);
  if (signal?.aborted) giveUp();
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}
