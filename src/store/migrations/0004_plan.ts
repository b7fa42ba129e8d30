import { type Kysely, sql } from 'kysely';

const statements = [
  // What an operator decided about a review; null while it is open, or when it was closed by itself.
  'alter table review add column resolution text',
  // Fields left to a person are few among very many decisions.
  `create index decision_review on decision (pair_id, field) where rule like '%:review'`,
  // What a cycle would do, as `mdsync plan` found it last. Values are people's data, so they stand here and not in Temporal.
  `create table plan_line (
    number bigint primary key,
    key text not null,
    marketo_id text,
    microsoft_id text,
    table_name text,
    side text not null,
    -- what would be done to the record on that side
    act text not null check (act in ('create','update')),
    field text not null,
    label text not null,
    rule text,
    winner text,
    before jsonb not null,
    after jsonb not null
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
