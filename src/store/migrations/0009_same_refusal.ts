import { type Kysely, sql } from 'kysely';

const statements = [
  // Which refusal it is, whoever found it: the vendor, or we before sending. Absent on those found before this column was.
  'alter table rejection add column refusal_hash text',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
