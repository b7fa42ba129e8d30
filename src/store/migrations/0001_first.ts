import { type Kysely, sql } from 'kysely';

const statements = [
  // Every inbox row and every change of it takes the next number, so "is this still what was read?" is one comparison.
  'create sequence inbox_seq',
  `create table pair (
    id bigint generated always as identity primary key,
    state text not null check (state in ('pending','live','rowDeleted','personDeleted')),
    table_name text check (table_name in ('contact','lead')),
    -- raised by every claim: a writer whose epoch is not the pair's any more has been superseded
    epoch bigint not null default 0,
    -- how often a row was created for this person: part of the GUID we choose, so that a deleted row gets a fresh one
    generation integer not null default 0,
    -- the fence: a write may be under way until then, so nobody else claims or writes the pair
    writing_until timestamptz,
    -- the epoch that was settled last and how it ended: settling it again, or writing for it again, changes nothing
    settled_epoch bigint not null default 0,
    settled_outcome text,
    -- per field, what each side held when both last agreed, as read
    baseline jsonb not null default '{}',
    control jsonb,
    created_at timestamptz not null default now()
  )`,
  // Every id a pair ever had, and the one its row is going to have. The primary key keeps two pairs from claiming one person or row.
  `create table identity (
    side text not null,
    entity text not null,
    id text not null,
    pair_id bigint not null references pair on delete cascade,
    current boolean not null,
    primary key (side, entity, id)
  )`,
  'create unique index identity_current on identity (pair_id, side) where current',
  'create index identity_pair on identity (pair_id)',
  // Records that may need work. Closed rows stay: they are the record's last outcome.
  `create table inbox (
    key text primary key,
    kind text not null check (kind in ('record','create')),
    lane smallint not null,
    seq bigint not null,
    entity text not null,
    id text not null,
    pair_id bigint references pair on delete set null,
    state text not null check (state in ('open','closed','quarantined')),
    attempts integer not null default 0,
    due timestamptz not null default now(),
    opened_at timestamptz not null default now(),
    taken_by text,
    snapshot jsonb,
    snapshot_seq bigint,
    -- what Marketo's feed said about fields since the record was opened, in order: shows users' edits that our own write replaced
    entries jsonb,
    -- how many of them the last claim has seen
    entries_claimed integer not null default 0,
    outcome text,
    failure_code text,
    failure_message text,
    ended_at timestamptz
  )`,
  `create index inbox_open on inbox (lane, opened_at, key) where state = 'open'`,
  `create index inbox_exhausted on inbox (due) where state = 'open' and attempts >= 8`,
  'create index inbox_pair on inbox (pair_id)',
  'create index inbox_taken on inbox (taken_by) where taken_by is not null',
  `create index inbox_failed on inbox (state) where state = 'quarantined'`,
  `create table decision (
    id bigint generated always as identity primary key,
    pair_id bigint not null references pair on delete cascade,
    key text not null,
    epoch bigint not null,
    seq bigint not null,
    field text not null,
    group_name text not null,
    rule text not null,
    winner text,
    baseline jsonb,
    marketo jsonb not null,
    dynamics jsonb not null,
    writes jsonb not null,
    after jsonb,
    result text not null,
    decided_at timestamptz not null default now(),
    settled_at timestamptz,
    unique (pair_id, epoch, field)
  )`,
  'create index decision_age on decision (decided_at)',
  `create table rejection (
    id text primary key,
    pair_id bigint not null references pair on delete cascade,
    key text not null,
    side text not null,
    table_name text not null,
    group_name text not null,
    field text not null,
    value_hash text not null,
    code text not null,
    message text not null,
    opened_at timestamptz not null default now(),
    closed_at timestamptz,
    log_started_at timestamptz,
    logged_at timestamptz
  )`,
  'create unique index rejection_open on rejection (pair_id, side, group_name) where closed_at is null',
  'create index rejection_pair on rejection (pair_id)',
  `create table review (
    id bigint generated always as identity primary key,
    pair_id bigint references pair on delete cascade,
    key text not null,
    kind text not null,
    detail jsonb not null,
    opened_at timestamptz not null default now(),
    closed_at timestamptz
  )`,
  'create unique index review_open on review (key, kind) where closed_at is null',
  'create index review_pair on review (pair_id)',
  `create table request (
    request_id text primary key,
    marketo_id text not null,
    sync_as text not null,
    assign_to text,
    campaign_id text,
    source text not null,
    accepted_at timestamptz not null default now(),
    outcome jsonb,
    ended_at timestamptz,
    log_started_at timestamptz,
    logged_at timestamptz
  )`,
  'create index request_person on request (marketo_id)',
  'create index request_open on request (marketo_id) where ended_at is null',
  'create index request_unlogged on request (marketo_id) where ended_at is not null and logged_at is null',
  `create table cursor (
    side text not null,
    feed text not null,
    cursor jsonb not null,
    version bigint not null,
    primary key (side, feed)
  )`,
  // Feed entries seen lately: an overlap is read again on purpose, and must not become work again.
  'create table seen_activity (guid text primary key, at timestamptz not null)',
  'create index seen_activity_age on seen_activity (at)',
  `create table limits (
    side text primary key,
    -- calls per slot of time, the newest first; "slot" numbers the newest
    slot bigint not null default 0,
    counts integer[] not null default '{}',
    blocked_until timestamptz,
    block_code text,
    -- after a block one call goes first; nobody else does until then
    probe_until timestamptz
  )`,
  `insert into limits (side) values ('marketo'), ('dynamics')`,
  'create table lease (name text primary key, holder text not null, until timestamptz not null)',
  'create index lease_holder on lease (holder)',
  'create table setting (name text primary key, value jsonb not null, updated_at timestamptz not null default now())',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
