/** A store of its own for each test file, in the PostgreSQL server of the test run. */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { type Database, migrate, openDatabase } from '../../src/store/database';

export interface FreshDatabase {
  readonly db: Database;
  /** Connection string, for a second process or pool. */
  readonly url: string;
  /** Closes `db` and removes the database, whoever is connected to it. */
  drop(): Promise<void>;
}

/** Creates an empty database on the server of `TEST_DATABASE_URL` and migrates it. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) throw new Error('TEST_DATABASE_URL is not set: run the tests with `npx jest --selectProjects contract`.');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const db = openDatabase(url.href);
  await migrate(db);
  return {
    db,
    url: url.href,
    async drop() {
      await db.destroy();
      await onServer(server, `drop database if exists ${name} with (force)`);
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
