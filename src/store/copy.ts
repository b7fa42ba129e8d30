/** A copy of the store to try things on: nothing that is done to it is seen by anybody else, and it is gone with its connection. */
import { sql } from 'kysely';
import { type Database, openDatabase } from './database';

/** Whose rows the sync decides by. Of the others only the shape is needed: history, and what has ended. */
const ROWS: Readonly<Record<string, string>> = {
  pair: 'true',
  identity: 'true',
  cursor: 'true',
  full_read: 'true',
  seen_activity: 'true',
  setting: 'true',
  lease: 'true',
  limits: 'true',
  inbox: `state <> 'closed'`,
  rejection: 'closed_at is null',
  review: `closed_at is null or closed_at > now() - interval '24 hours' or resolution = 'create'`,
  request: 'ended_at is null',
  // What an hour of writes to and fro is told from.
  decision: `decided_at > now() - interval '1 hour'`,
};

/**
 * Copies the store into temporary tables of one connection, as it is at one moment. The copy knows those tables alone: what it does not
 * have fails, instead of reaching the real ones. Closing it forgets everything, and so does a crash.
 */
export async function copyStore(url: string): Promise<Database> {
  const db = openDatabase(url, { onlyConnection: true });
  try {
    await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        const { rows: tables } = await sql<{ name: string; real: string }>`
        select table_name as name, quote_ident(table_schema) || '.' || quote_ident(table_name) as real from information_schema.tables
        where table_schema = current_schema() and table_type = 'BASE TABLE' and table_name not like 'kysely%'`.execute(tx);
        for (const { name, real } of tables) {
          const own = `pg_temp.${name}`;
          await sql.raw(`create temp table ${name} (like ${real} including all)`).execute(tx);
          const where = ROWS[name];
          if (where === undefined) continue;
          await sql.raw(`insert into ${own} overriding system value select * from ${real} where ${where}`).execute(tx);
          await sql.raw(`analyze ${own}`).execute(tx);
        }
        await continueNumbers(tx);
        await sql`set search_path to pg_temp`.execute(tx);
      });
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/**
 * Lets go of records whose run ended without an end of theirs: a cycle goes on as another run, to which they are not due yet, but a plan
 * is one run from beginning to end and would take them again for ever.
 */
export async function letGoOfTaken(copy: Database): Promise<void> {
  await sql`update inbox set taken_by = null where taken_by is not null`.execute(copy);
}

/** New rows of the copy get numbers that no copied row has. */
async function continueNumbers(tx: Parameters<Parameters<ReturnType<Database['transaction']>['execute']>[0]>[0]): Promise<void> {
  for (const table of ['pair', 'decision', 'review'])
    await sql
      .raw(
        `select setval(pg_get_serial_sequence('pg_temp.${table}', 'id'), greatest(1, (select coalesce(max(id), 0) + 1 from pg_temp.${table})), false)`,
      )
      .execute(tx);
  const { rows } = await sql<{ last: number }>`select last_value as last from inbox_seq`.execute(tx);
  await sql.raw(`create temp sequence inbox_seq start ${(rows[0]?.last ?? 0) + 1}`).execute(tx);
}
