/** The programs of a deployment, started as children of `npm start`: configured by environment variables alone, as everywhere else. */
import { join } from 'node:path';
import { endedSentence, startChild, untilReady } from './child';
import type { House } from './house';
import { watchErrors } from './logs';
import type { Part, PartName } from './stack';

const START_TIMEOUT_MS = 60_000;

export interface ProgramOptions {
  readonly name: Extract<PartName, 'gateway' | 'worker' | 'sandboxes'>;
  /** Below the compiled program's root, with arguments. */
  readonly command: readonly [script: string, ...args: string[]];
  /** Ours when absent. */
  readonly env?: NodeJS.ProcessEnv;
  /** How long it may take to end in order. */
  readonly graceMs: number;
  /** Rejects until the program is ready. */
  readonly probe: () => Promise<unknown>;
}

/** Starts a program and waits until it is ready; what it logs as errors is passed on from then to its end. */
export async function startProgram(house: House, { name, command, env, graceMs, probe }: ProgramOptions): Promise<void> {
  const { dataDir, ledger, stack, progress } = house;
  const logFile = join(dataDir, 'logs', `${name}.log`);
  const what = `The ${name}`;
  await stack.start(name, async (): Promise<Part> => {
    const [script, ...args] = command;
    const child = await startChild({
      command: process.execPath,
      args: ['--enable-source-maps', join(__dirname, '..', script), ...args],
      ...(env && { env }),
      logFile,
    });
    ledger.add(name, child.pid);
    const stopWatching = watchErrors(logFile, (message) => progress.notice(`${name}: ${message}`));
    const stop = async (): Promise<void> => {
      await child.stop(graceMs);
      stopWatching();
    };
    try {
      await untilReady({ what, child, logFile, timeoutMs: START_TIMEOUT_MS, probe });
    } catch (error) {
      await stop();
      throw error;
    }
    return { ended: child.ended.then((how) => endedSentence(what, how, logFile)), stop };
  });
}
