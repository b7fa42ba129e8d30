import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // The epoch whose write the fence is about: it may not be the pair's any more when the answer comes.
  await sql`alter table pair add column writing_epoch bigint`.execute(db);
}
