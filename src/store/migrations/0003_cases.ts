import { type Kysely, sql } from 'kysely';

const statements = [
  // review: two pairs met, or a row was merged away. Nothing moves until an operator says what is to become of it.
  'alter table pair drop constraint pair_state_check',
  `alter table pair add constraint pair_state_check check (state in ('pending','live','rowDeleted','personDeleted','review'))`,
  // When one of the halves was first found gone, and when that was acted upon.
  'alter table pair add column gone_since timestamptz, add column deleted_at timestamptz',
  'create index pair_deleted on pair (deleted_at) where deleted_at is not null',
  // A contact names the lead it came from; a lead that arrives later finds it here.
  `create index pair_originating on pair ((control->>'originatingLeadId')) where control->>'originatingLeadId' is not null`,
  // When a feed was last read to its end: what it would have said by then has been heard.
  'alter table cursor add column caught_up_at timestamptz',
  // Rows met in a full read that is under way: a pair whose row is not among them at the end has to be looked for.
  'create table full_read (table_name text not null, id text not null, primary key (table_name, id))',
  'create index decision_pair on decision (pair_id, field, decided_at)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
