import { type Kysely, sql } from 'kysely';

const statements = [
  // How the two halves came together, and when. Absent on pairs from before this column was.
  'alter table pair add column origin text',
  'alter table pair add column origin_at timestamptz',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
