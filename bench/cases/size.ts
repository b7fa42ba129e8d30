/** Does a cycle cost more when more people are in sync? The same changes, before and after the store has been filled. */
import { sql } from 'kysely';
import { type Figure, median } from '../figures';
import type { House } from '../house';
import type { Pair } from '../pairs';
import { syncAll } from './perRecord';

export async function storeSize(
  house: House,
  pairs: readonly Pair[],
  manyPairs: number,
  rounds: number,
): Promise<readonly Figure[]> {
  const few = await countPairs(house);
  const before = await seconds(house, pairs, rounds);
  await fill(house, manyPairs - few);
  const after = await seconds(house, pairs, rounds);
  return [
    {
      what: `a cycle with ${pairs.length} changes at ${manyPairs} pairs against ${few}`,
      value: median(after) / median(before),
      unit: 'x',
      goal: { atMost: 1.2 },
      note: `${median(after).toFixed(1)} and ${median(before).toFixed(1)} s, ${rounds} rounds each`,
    },
  ];
}

async function seconds(house: House, pairs: readonly Pair[], rounds: number): Promise<readonly number[]> {
  const all: number[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(pairs.length / (await syncAll(house, pairs)));
  return all;
}

async function countPairs({ db }: House): Promise<number> {
  const { count } = await db
    .selectFrom('pair')
    .select((of) => of.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

/** Adds pairs at rest that look like the first one. Vendors know nothing of them: no feed ever names them. */
async function fill({ db }: House, count: number): Promise<void> {
  await sql`
    with like_this as (select table_name, baseline, control from pair where state = 'live' order by id limit 1),
      added as (
        insert into pair (state, table_name, baseline, control, epoch, settled_epoch, settled_outcome)
        select 'live', table_name, baseline, control, 1, 1, 'written' from like_this, generate_series(1, ${count}::int)
        returning id),
      people as (
        insert into identity (side, entity, id, pair_id, current)
        select 'marketo', 'person', (1000000000 + id)::text, id, true from added),
      contacts as (
        insert into identity (side, entity, id, pair_id, current)
        select 'dynamics', 'contact', gen_random_uuid()::text, id, true from added)
    insert into inbox (key, kind, lane, seq, entity, id, pair_id, state, outcome, ended_at)
    select 'record/' || (1000000000 + id), 'record', 3, nextval('inbox_seq'), 'person', (1000000000 + id)::text, id, 'closed', 'written', now()
    from added`.execute(db);
  await sql`analyze`.execute(db);
}
