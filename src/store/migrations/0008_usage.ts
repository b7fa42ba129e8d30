import { type Kysely, sql } from 'kysely';

const statements = [
  // Calls of the day, as Marketo divides days; counted by the statement that takes a permit.
  'alter table limits add column day date',
  'alter table limits add column day_calls integer not null default 0',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
