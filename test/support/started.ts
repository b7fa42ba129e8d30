/** `npm start` as a person runs it: a process with a terminal's group of its own, a data directory and free ports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, identify, isRunning, type ProcessIdentity } from '../../src/embedded/processes';

const ROOT = resolve(__dirname, '../..');

export type StartEnv = Readonly<Record<string, string>>;

/** Ports nobody uses, and the data directory, as settings. */
export async function surroundings(dataDir: string): Promise<StartEnv> {
  const names = ['GATEWAY', 'MARKETO_SANDBOX', 'DATAVERSE_SANDBOX', 'POSTGRES', 'TEMPORAL', 'TEMPORAL_UI'];
  const ports = await Promise.all(names.map(async (name) => [`MDSYNC_${name}_PORT`, String(await freePort())]));
  return { MDSYNC_DATA_DIR: dataDir, ...(Object.fromEntries(ports) as StartEnv) };
}

export interface Started {
  readonly pid: number;
  /** What it has said so far, errors included. */
  said(): string;
  /** Resolves when it has said so; rejects when it ends before. */
  says(words: string | RegExp): Promise<void>;
  /** What a terminal sends on Ctrl-C: to the whole group. */
  ctrlC(): void;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the exit code when it has ended. */
  readonly ended: Promise<number | null>;
}

export function start(env: StartEnv, words: readonly string[] = []): Started {
  // Without variables of the machine that name other servers or real systems.
  const own = Object.entries(process.env).filter(([name]) => !/^(MDSYNC|MARKETO|DATAVERSE|TEMPORAL|DATABASE)_/.test(name));
  const child: ChildProcess = spawn(process.execPath, ['dist/embedded/start.js', ...words], {
    cwd: ROOT,
    env: { ...Object.fromEntries(own), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const pid = child.pid as number;
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    pid,
    ended,
    said: () => text,
    async says(words) {
      const found = (): boolean => (typeof words === 'string' ? text.includes(words) : words.test(text));
      while (!found()) {
        if (child.exitCode !== null)
          throw new Error(`It ended with code ${child.exitCode} and never said ${String(words)}:\n${text}`);
        await sleep(50);
      }
    },
    ctrlC: () => void process.kill(-pid, 'SIGINT'),
    kill: (signal) => void process.kill(pid, signal),
  };
}

export type Known = ProcessIdentity & { readonly name: string };

/** Every process that the data directory knows of: children in its ledger, and PostgreSQL. */
export function processesOf(dataDir: string): readonly Known[] {
  const { children } = JSON.parse(readFileSync(join(dataDir, 'processes.json'), 'utf8')) as { children: readonly Known[] };
  const pid = postgresPid(dataDir);
  const postgres = pid === undefined ? undefined : identify(pid);
  return [...children, ...(postgres ? [{ name: 'PostgreSQL', ...postgres }] : [])];
}

export const runningOf = (processes: readonly Known[]): readonly string[] =>
  processes
    .filter(isRunning)
    .map(({ name }) => name)
    .toSorted();

/** The pid of the PostgreSQL of the data directory, while it runs. */
export function postgresPid(dataDir: string): number | undefined {
  const file = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
}
