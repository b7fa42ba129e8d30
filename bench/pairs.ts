/** Pairs to change, and changing them. */
import type { House } from './house';
import { editContacts, editPeople, NO_LATENCY, setLatency } from './vendors';

export interface Pair {
  readonly marketoId: string;
  readonly microsoftId: string;
}

/** Pairs of people and contacts, `count` of them. */
export async function somePairs(house: House, count: number): Promise<readonly Pair[]> {
  const rows = await house.db
    .selectFrom('pair as p')
    .innerJoin('identity as m', (join) =>
      join.onRef('m.pair_id', '=', 'p.id').on('m.side', '=', 'marketo').on('m.current', '=', true),
    )
    .innerJoin('identity as d', (join) =>
      join.onRef('d.pair_id', '=', 'p.id').on('d.side', '=', 'dynamics').on('d.current', '=', true),
    )
    .select(['m.id as marketoId', 'd.id as microsoftId'])
    .where('p.state', '=', 'live')
    .orderBy('p.id')
    .limit(count)
    .execute();
  if (rows.length < count) throw new Error(`There are ${rows.length} pairs, ${count} are needed`);
  return rows;
}

/** How many pairs there are: humans of the sandboxes are numbered, and those who come later begin there. */
export async function countPairs({ db }: House): Promise<number> {
  const { count } = await db
    .selectFrom('pair')
    .select((row) => row.fn.countAll<string>().as('count'))
    .where('state', '=', 'live')
    .executeTakeFirstOrThrow();
  return Number(count);
}

let number = 0;

/** Changes one field of every pair: on its person for every second one, on its contact for the others. Vendors answer at once meanwhile. */
export async function change(house: House, pairs: readonly Pair[]): Promise<void> {
  number += 1;
  const phone = `+1 206 555 ${String(number).padStart(4, '0')}`;
  await setLatency(house.vendors, NO_LATENCY);
  await editPeople(
    house.vendors,
    pairs.filter((_, index) => index % 2 === 0).map(({ marketoId }) => marketoId),
    phone,
  );
  await editContacts(
    house.vendors,
    pairs.filter((_, index) => index % 2 === 1).map(({ microsoftId }) => microsoftId),
    phone,
  );
  await setLatency(house.vendors, house.latency);
}
