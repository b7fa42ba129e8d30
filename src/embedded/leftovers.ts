/** What one data directory has running: so that a start after a `kill -9` finds and ends what was left, and nothing else. */
import { accessSync, constants, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isRunning, stopProcess, type ProcessIdentity } from './processes';

interface Entry extends ProcessIdentity {
  readonly name: string;
}
interface Content {
  readonly owner?: ProcessIdentity;
  readonly children: readonly Entry[];
}

export interface Ledger {
  /** Writes down a child before anything else can go wrong. */
  add(name: string, pid: number): void;
  /** Gives the data directory up; after this another start may take it. */
  release(): void;
}

/** Thrown when a running process holds the data directory. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
}

/**
 * Takes the data directory for this process: refuses while another one that lives holds it, and stops what a dead one left.
 * PostgreSQL is not written down here: its own pid file says who it is, and it is adopted instead of stopped.
 */
export async function takeDataDir(dataDir: string, onStopped: (name: string, pid: number) => void = () => {}): Promise<Ledger> {
  const file = join(dataDir, 'processes.json');
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o755 });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`The data directory ${dataDir} cannot be written (${code}). Set MDSYNC_DATA_DIR to another directory.`, {
      cause: error,
    });
  }
  const before = read(file);
  if (before.owner && before.owner.pid !== process.pid && isRunning(before.owner)) {
    throw new AlreadyRunningError(
      `It is running already, as process ${before.owner.pid}, on the data directory ${dataDir}. Stop that one first, or set MDSYNC_DATA_DIR to another directory.`,
    );
  }
  // In the order of stopping: a server that goes first would keep its clients waiting.
  for (const child of before.children.toReversed()) {
    if (!isRunning(child)) continue;
    await stopProcess(child, 10_000);
    onStopped(child.name, child.pid);
  }

  const owner = identify(process.pid);
  let children: readonly Entry[] = [];
  const save = (): void => write(file, { ...(owner && { owner }), children });
  save();
  return {
    add(name, pid) {
      const identity = identify(pid);
      if (identity) children = [...children, { name, ...identity }];
      save();
    },
    release() {
      rmSync(file, { force: true });
    },
  };
}

function read(file: string): Content {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Content;
  } catch {
    // Absent on a first start; unreadable only when someone edited it, as it is replaced whole.
    return { children: [] };
  }
}

function write(file: string, content: Content): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}
