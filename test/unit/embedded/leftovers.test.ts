import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { takeDataDir } from '../../../src/embedded/leftovers';
import { identify, isRunning } from '../../../src/embedded/processes';

let dir: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mdsync-leftovers-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  chmodSync(dir, 0o755);
  rmSync(dir, { recursive: true });
});

async function sleeper(): Promise<{ pid: number; child: ChildProcess }> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return { pid: child.pid as number, child };
}

const ledgerFile = (): string => join(dir, 'processes.json');

describe('the data directory', () => {
  test('is refused while the process that holds it lives, with its pid and the way out', async () => {
    const { pid } = await sleeper();
    writeFileSync(ledgerFile(), JSON.stringify({ owner: identify(pid), children: [] }));
    await expect(takeDataDir(dir)).rejects.toThrow(new RegExp(`running already, as process ${pid}.*MDSYNC_DATA_DIR`));
  });

  test('is taken over from a process that is gone, whose pid now is another one', async () => {
    const { pid } = await sleeper();
    writeFileSync(ledgerFile(), JSON.stringify({ owner: { pid, startedAt: 'long ago' }, children: [] }));
    const ledger = await takeDataDir(dir);
    expect(JSON.parse(readFileSync(ledgerFile(), 'utf8'))).toMatchObject({ owner: { pid: process.pid } });
    ledger.release();
    expect(existsSync(ledgerFile())).toBe(false);
  });

  test('what a killed start left is stopped, last started first; a stranger with a pid of theirs is left alone', async () => {
    const [temporal, worker, stranger] = [await sleeper(), await sleeper(), await sleeper()];
    writeFileSync(
      ledgerFile(),
      JSON.stringify({
        children: [
          { name: 'Temporal', ...identify(temporal.pid) },
          { name: 'worker', ...identify(worker.pid) },
          { name: 'gateway', pid: stranger.pid, startedAt: 'long ago' },
        ],
      }),
    );
    const ended = Promise.all([once(temporal.child, 'exit'), once(worker.child, 'exit')]);
    const stopped: string[] = [];
    const ledger = await takeDataDir(dir, (name) => stopped.push(name));
    await ended;
    expect(stopped).toEqual(['worker', 'Temporal']);
    const identity = identify(stranger.pid);
    expect(identity && isRunning(identity)).toBe(true);
    ledger.release();
  });

  test('a child that is written down is found by the next start', async () => {
    const { pid, child } = await sleeper();
    const ledger = await takeDataDir(dir);
    ledger.add('worker', pid);
    const ended = once(child, 'exit');
    const stopped: number[] = [];
    // The same process may take its own directory again.
    await takeDataDir(dir, (_, stoppedPid) => stopped.push(stoppedPid));
    await ended;
    expect(stopped).toEqual([pid]);
  });

  test('one that cannot be made is told with the way out', async () => {
    writeFileSync(join(dir, 'file'), '');
    await expect(takeDataDir(join(dir, 'file', 'data'))).rejects.toThrow(/cannot be written \(ENOTDIR\). Set MDSYNC_DATA_DIR/);
  });
});
