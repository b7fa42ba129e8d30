import { Kysely, Migrator, PostgresDialect, sql, type Transaction } from 'kysely';
import { Pool, types } from 'pg';
import { migrations } from './migrations';
import type { Tables } from './schema';

export type Database = Kysely<Tables>;
/** A database or a transaction on it. */
export type Db = Database | Transaction<Tables>;

const INT8_OID = 20;

/**
 * Opens the store. Ids and sequence numbers are bigint columns read as numbers: they count records, so they stay far below 2^53.
 * The pool is small: statements are set-based, and every process of a deployment has a pool of its own.
 */
export function openDatabase(url: string, options: { maxConnections?: number } = {}): Database {
  const pool = new Pool({
    connectionString: url,
    max: options.maxConnections ?? 12,
    types: {
      // pg's own signature of getTypeParser is overloaded with `any`
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === INT8_OID ? Number : types.getTypeParser(oid, format ?? 'text')) as typeof types.getTypeParser,
    },
  });
  // An idle connection that the server closes must not end the process; the next query opens another.
  pool.on('error', () => undefined);
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
