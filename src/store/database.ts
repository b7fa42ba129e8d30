import { Kysely, Migrator, PostgresDialect, sql, type Transaction } from 'kysely';
import { Pool, types } from 'pg';
import { migrations } from './migrations';
import type { Tables } from './schema';

export type Database = Kysely<Tables>;
/** A database or a transaction on it. */
export type Db = Database | Transaction<Tables>;

/** A server that is not there must not keep its callers waiting for ever. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Ids and sequence numbers are bigint columns read as numbers: they count records, so they stay far below 2^53. */
const parserFor: typeof types.getTypeParser = (type, format) =>
  type === types.builtins.INT8 ? Number : types.getTypeParser(type, format ?? 'text');

export interface OpenOptions {
  readonly maxConnections?: number;
  /** One connection for as long as it lasts, whose temporary tables are the store. Another one would find no table at all. */
  readonly onlyConnection?: boolean;
}

/** Opens the store. The pool is small: statements are set-based, and every process of a deployment has a pool of its own. */
export function openDatabase(url: string, { maxConnections = 12, onlyConnection = false }: OpenOptions = {}): Database {
  const pool = new Pool({
    connectionString: url,
    max: onlyConnection ? 1 : maxConnections,
    // Whoever waits for the only connection waits for its turn.
    connectionTimeoutMillis: onlyConnection ? 0 : CONNECT_TIMEOUT_MS,
    ...(onlyConnection ? { idleTimeoutMillis: 0 } : {}),
    application_name: 'marketo-dynamics-sync',
    types: { getTypeParser: parserFor },
  });
  // An idle connection that the server closes must not end the process; the next query opens another.
  pool.on('error', () => undefined);
  let connections = 0;
  pool.on('connect', (client) => {
    connections += 1;
    // Neither must one that is lost while it is in use: whoever waits for its answer is told.
    client.on('error', () => undefined);
    if (onlyConnection && connections > 1) void client.query('set search_path to pg_temp').catch(() => undefined);
  });
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/** Brings the schema up to date. Safe to call from several processes at once: the migrator takes a lock. */
export async function migrate(db: Database): Promise<void> {
  const { error } = await new Migrator({ db, provider: migrations }).migrateToLatest();
  if (error) throw error instanceof Error ? error : new Error('The database could not be migrated');
}

/** True when the database answers. */
export async function isAlive(db: Database): Promise<boolean> {
  try {
    await sql`select 1`.execute(db);
    return true;
  } catch {
    return false;
  }
}

const MOST_TRIES = 5;
/** PostgreSQL ended one of two transactions that waited for each other: nothing of it happened. */
const DEADLOCK = '40P01';

/**
 * Runs `work` in one transaction (READ COMMITTED: every statement sees what is committed by then). Locks are taken in one order, pairs
 * by id and then inbox rows by key; where that cannot be, one of two transactions may be chosen to give way, and is simply run again.
 * So `work` must do nothing but talk to `tx`.
 */
export async function inTransaction<T>(db: Database, work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (attempt === MOST_TRIES || (error as { code?: unknown }).code !== DEADLOCK) throw error;
    }
  }
}
