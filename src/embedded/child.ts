/** A program that `npm start` or a test run starts, and that must survive our sudden death in good order. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { endOfLog, openLog } from './logs';
import { identify, stopProcess } from './processes';

const PROBE_EVERY_MS = 100;

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Our own when absent. */
  readonly env?: NodeJS.ProcessEnv;
  readonly logFile: string;
}

export interface Child {
  readonly pid: number;
  /** Resolves when it has ended, with how: `code 1` or `SIGKILL`. */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  /** Asks it to end, and ends it after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** Starts a program. Rejects when there is no such program. */
export async function startChild({ command, args, env, logFile }: ChildOptions): Promise<Child> {
  // A file, not a pipe: a pipe would break under a child that outlives us. Detached: a Ctrl-C is ours to handle, children end in order.
  const log = openLog(logFile);
  const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log], ...(env && { env }) });
  closeSync(log);
  await once(child, 'spawn');
  const pid = child.pid as number;
  const identity = identify(pid);
  return {
    pid,
    ended: once(child, 'exit').then(([code, signal]) => (signal as string | null) ?? `code ${String(code)}`),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    stop: async (graceMs) => {
      if (identity) await stopProcess(identity, graceMs);
    },
  };
}

export interface Readiness {
  /** At the beginning of a sentence: `The gateway`. */
  readonly what: string;
  readonly child: Child;
  readonly logFile: string;
  readonly timeoutMs: number;
  /** Rejects until the child is ready. */
  readonly probe: () => Promise<unknown>;
}

/** Waits until the child is ready. Rejects with the end of its log when it has ended or takes too long. */
export async function untilReady({ what, child, logFile, timeoutMs, probe }: Readiness): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return void (await probe());
    } catch (error) {
      if (!child.isRunning()) throw new Error(endedSentence(what, await child.ended, logFile), { cause: error });
      if (Date.now() > deadline) {
        throw new Error(`${what} does not answer within ${timeoutMs / 1000} s. ${quoteLog(logFile)}`, { cause: error });
      }
    }
    await sleep(PROBE_EVERY_MS);
  }
}

/** What to tell a person about a child that ended by itself. */
export function endedSentence(what: string, how: string, logFile: string): string {
  return `${what} ended with ${how}. ${quoteLog(logFile)}`;
}

function quoteLog(file: string): string {
  const words = endOfLog(file);
  return words ? `The end of ${file}:\n${words}` : `${file} is empty.`;
}
