import type { Log } from '../../core/ports';

/** Whoever stopped us gives us about ten seconds; a database that hangs must not take them all. */
const GIVE_UP_MS = 8_000;

/** Ends this process in order on SIGTERM and SIGINT, however often they come: what is being answered is answered first. */
export function endOnSignal(close: () => Promise<void>, log: Log): void {
  let ending: Promise<void> | undefined;
  const end = async (signal: string): Promise<void> => {
    log.info({ signal }, 'gateway stops');
    setTimeout(() => process.exit(1), GIVE_UP_MS).unref();
    await close();
    log.info({}, 'gateway stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void (ending ??= end(signal)));
}
