import { type Kysely, sql } from 'kysely';

const statements = [
  // One call of a campaign's flow step, until its one answer has left, and for a while after: a call may be delivered again.
  `create table flow_step_chunk (
    -- hash of the token, so that the token itself need not outlive the answer
    id text primary key,
    kind text not null check (kind in ('trigger','batch')),
    token text,
    callback_url text not null,
    callback_key text,
    munchkin_id text not null,
    campaign_id text,
    accepted_at timestamptz not null default now(),
    -- when the workflow that answers it was last at it: none yet, or long ago, and a cycle starts one
    seen_at timestamptz,
    tries integer not null default 0,
    -- an answer is under way until then, so nobody else sends it
    sending_until timestamptz,
    -- an answer may have arrived without our learning of it
    in_doubt boolean not null default false,
    ended_at timestamptz,
    end_state text check (end_state in ('answered','refused','expired')),
    end_code text
  )`,
  'create index flow_step_open on flow_step_chunk (accepted_at) where ended_at is null',
  'create index flow_step_ended on flow_step_chunk (ended_at) where ended_at is not null',
  `create table flow_step_person (
    chunk_id text not null references flow_step_chunk on delete cascade,
    marketo_id text not null,
    position integer not null,
    -- null: what was asked for makes no sense, \`refusal\` says why, and nothing is done
    request_id text,
    refusal jsonb,
    primary key (chunk_id, marketo_id)
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
