/** `mdsync` as an engineer runs it: a process of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnv, OPERATOR_TOKEN, ROOT } from '../gateway/support';

export const MDSYNC = join(ROOT, 'dist/cli/main.js');

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Surroundings {
  readonly url?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs it to its end. With a `url` it talks to that gateway, with the right token unless `env` says otherwise. */
export function mdsync(args: readonly string[], { url, env, cwd }: Surroundings = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [MDSYNC, ...args, ...(url === undefined ? [] : ['--gateway', url])],
      { env: cleanEnv({ MDSYNC_OPERATOR_TOKEN: OPERATOR_TOKEN, ...env }), ...(cwd !== undefined && { cwd }) },
      (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err }),
    );
  });
}
