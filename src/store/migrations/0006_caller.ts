import { type Kysely, sql } from 'kysely';

const statements = [
  // The name of the token that asked, never the token.
  'alter table request add column caller text',
  'alter table flow_step_chunk add column caller text',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
