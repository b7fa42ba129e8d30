import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // What the row was when its person was first missed: a later version is a change that came after the delete.
  await sql`alter table pair add column gone_version text`.execute(db);
}
