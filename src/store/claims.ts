/** Claiming records: whoever claims raises the epoch of the pair, so that whoever held it before is superseded. */
import { sql } from 'kysely';
import type { FieldChange } from '../core/ports';
import { type Database, type Db, inTransaction } from './database';
import { type Claim, laneOf } from './pairs';

export type ClaimResult =
  | { readonly claim: Claim }
  /** A write may be under way: nobody can claim the pair for so long. */
  | { readonly fencedForMs: number }
  /** The key is unknown, or its record has ended and nothing has come in since. */
  | { readonly nothingOpen: true };

/**
 * Claims the records of inbox keys, each as if it were alone, and answers in their order. A row without a pair first gets a pending one
 * under its unique identity. Only open records can be claimed: while one is open no echo of its pair is dropped, which is what makes
 * writing safe.
 */
export async function claimAll(db: Database, keys: readonly string[]): Promise<readonly ClaimResult[]> {
  const results = await inTransaction(db, async (tx) => {
    const pairs = await lockPairsOf(tx, keys);
    const claimed = new Map<string, ClaimResult>();
    // Several keys of one pair are claimed one after the other: each supersedes the one before.
    for (let left = [...pairs]; left.length > 0; left = left.filter(([key]) => !claimed.has(key)))
      for (const [key, result] of await raiseEpochs(tx, new Map(left.map(([key, pairId]) => [pairId, key] as const))))
        claimed.set(key, result);
    return claimed;
  });
  return keys.map((key) => results.get(key) ?? { nothingOpen: true });
}

export const claim = async (db: Database, key: string): Promise<ClaimResult> =>
  (await claimAll(db, [key]))[0] ?? { nothingOpen: true };

/** Another run may make, join or absorb a pair between two looks, but not three times in a row. */
const MOST_LOOKS = 3;

/** Locks the pairs that have the identities of open inbox rows, in the order of their ids, and makes a pending one for those that have none. */
async function lockPairsOf(tx: Db, keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let look = 1; look <= MOST_LOOKS; look += 1) {
    const left = keys.filter((key) => !found.has(key));
    const { rows } = await sql<{ key: string; id: number }>`
      select b.key, p.id from inbox b
        join identity i on i.side = case b.entity when 'person' then 'marketo' else 'dynamics' end and i.entity = b.entity and i.id = b.id
        join pair p on p.id = i.pair_id
      where b.key = any(${left}) and b.state <> 'closed' order by p.id for update of p`.execute(tx);
    for (const { key, id } of rows) found.set(key, id);
    const without = left.filter((key) => !found.has(key));
    if (without.length === 0 || !(await makePending(tx, without))) return found;
  }
  throw new Error('The pair of a record changed hands each time it was looked for');
}

/** Answers false when none of the keys is open. Of two runs that make a pair for one identity, the second finds the first one's. */
async function makePending(tx: Db, keys: readonly string[]): Promise<boolean> {
  const { rows } = await sql<{ id: number; named: boolean }>`
    with wanted as (
        select entity, id, row_number() over (partition by entity order by id) as number
        from (select distinct entity, id from inbox where key = any(${keys}) and state <> 'closed') as open),
      made as (
        insert into pair (state, table_name, baseline) select 'pending', nullif(entity, 'person'), '{}' from wanted
        returning id, coalesce(table_name, 'person') as entity),
      numbered as (select id, entity, row_number() over (partition by entity order by id) as number from made),
      named as (
        insert into identity (side, entity, id, pair_id, current)
        select case w.entity when 'person' then 'marketo' else 'dynamics' end, w.entity, w.id, n.id, true
        from wanted w join numbered n using (entity, number)
        order by w.entity, w.id
        on conflict do nothing returning pair_id)
    select made.id, named.pair_id is not null as named from made left join named on named.pair_id = made.id`.execute(tx);
  const nameless = rows.filter(({ named }) => !named).map(({ id }) => id);
  if (nameless.length > 0) await tx.deleteFrom('pair').where('id', 'in', nameless).execute();
  return rows.length > 0;
}

interface ClaimedRow extends Omit<Claim, 'epoch' | 'lane' | 'entries'> {
  readonly key: string;
  readonly open: boolean;
  readonly fencedForMs: number | null;
  readonly epoch: number | null;
  readonly lane: number;
  readonly inboxPairId: number | null;
  readonly entries: readonly FieldChange[] | null;
}

/** The pairs are locked, so this statement sees everything that was committed before: what it finds read is as new as the baseline. */
async function raiseEpochs(tx: Db, keyOfPair: ReadonlyMap<number, string>): Promise<ReadonlyMap<string, ClaimResult>> {
  const wanted = JSON.stringify([...keyOfPair].map(([pairId, key]) => ({ key, pairId })));
  const { rows } = await sql<ClaimedRow>`
    with wanted as (select * from jsonb_to_recordset(${wanted}::jsonb) as x(key text, "pairId" bigint)),
      raised as (
        update pair set epoch = epoch + 1, writing_until = null from wanted w join inbox b on b.key = w.key and b.state <> 'closed'
        where pair.id = w."pairId" and (writing_until is null or writing_until <= now())
        returning pair.id, pair.epoch)
    select b.key, b.state <> 'closed' as open, greatest(extract(epoch from p.writing_until - now()), 0)::float8 * 1000 as "fencedForMs",
      r.epoch, p.id as "pairId", b.seq, b.lane, b.entries, b.pair_id as "inboxPairId",
      coalesce(b.snapshot_seq >= b.seq and not b.snapshot ? 'part', false) as "isRead",
      p.state, p.table_name as "table", p.baseline, p.control, m.id as "marketoId", d.id as "microsoftId"
    from wanted w
      join inbox b on b.key = w.key
      join pair p on p.id = w."pairId"
      left join raised r on r.id = p.id
      left join identity m on m.pair_id = p.id and m.side = 'marketo' and m.current
      left join identity d on d.pair_id = p.id and d.side = 'dynamics' and d.current`.execute(tx);
  await noteClaims(
    tx,
    rows.filter((row) => row.epoch !== null && (row.inboxPairId !== row.pairId || row.entries !== null)),
  );
  const results = new Map(rows.map((row) => [row.key, resultOf(row)]));
  return new Map([...keyOfPair.values()].map((key) => [key, results.get(key) ?? { nothingOpen: true }]));
}

function resultOf({ key: _key, open, inboxPairId: _pair, fencedForMs, epoch, lane, entries, ...found }: ClaimedRow): ClaimResult {
  if (!open) return { nothingOpen: true };
  if (epoch === null) return { fencedForMs: fencedForMs ?? 0 };
  return { claim: { ...found, epoch, lane: laneOf(lane), entries: entries ?? [] } };
}

/** Ties inbox rows to the pairs they were found to belong to, and remembers how much of what the feeds said their runs have seen. */
async function noteClaims(tx: Db, rows: readonly ClaimedRow[]): Promise<void> {
  if (rows.length === 0) return;
  const claims = rows.map(({ key, pairId, entries }) => ({ key, pairId, seen: entries?.length ?? 0 }));
  await sql`
    with claims as (
      select x.* from jsonb_to_recordset(${JSON.stringify(claims)}::jsonb) as x(key text, "pairId" bigint, seen int)
        join inbox b on b.key = x.key order by b.key for update of b)
    update inbox set pair_id = claims."pairId", entries_claimed = claims.seen from claims where inbox.key = claims.key`.execute(
    tx,
  );
}
