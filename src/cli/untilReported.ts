import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from './errors';

const ASK_AGAIN_MS = 1_000;

/** Asks for the report of a workflow until it is there: the gateway keeps nobody for long, and asking again joins the same run. */
export async function untilReported<T>(ask: () => Promise<T>, timeoutMs: number): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const wait = error instanceof CliError && error.code === 'stillRunning' && Date.now() + ASK_AGAIN_MS < until;
      if (!wait) throw error;
      await sleep(ASK_AGAIN_MS);
    }
  }
}
