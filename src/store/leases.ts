/** Named leases on database time: around match-then-create, so that two runs do not both find no twin and both create. */
import { sql } from 'kysely';
import type { Db } from './database';

export interface LeaseWish {
  readonly name: string;
  readonly holder: string;
}

/**
 * Takes leases for `seconds` and answers the wishes that were granted. A holder may take its own lease again; of several holders that
 * wish for one name at once, one gets it: the one that has it.
 */
export async function takeLeases<W extends LeaseWish>(db: Db, wishes: readonly W[], seconds: number): Promise<readonly W[]> {
  if (wishes.length === 0) return [];
  const json = JSON.stringify(wishes.map(({ name, holder }) => ({ name, holder })));
  const { rows } = await sql<LeaseWish>`
    insert into lease (name, holder, until)
    select distinct on (x.name) x.name, x.holder, now() + make_interval(secs => ${seconds})
    from jsonb_to_recordset(${json}::jsonb) as x(name text, holder text)
      left join lease own on own.name = x.name and own.holder = x.holder
    order by x.name, own.holder is null, x.holder
    on conflict (name) do update set holder = excluded.holder, until = excluded.until
    where lease.until <= now() or lease.holder = excluded.holder
    returning name, holder`.execute(db);
  const granted = new Set(rows.map(({ name, holder }) => `${name} ${holder}`));
  return wishes.filter(({ name, holder }) => granted.has(`${name} ${holder}`));
}

/** Gives back everything these holders have. */
export async function endLeases(db: Db, holders: readonly string[]): Promise<void> {
  await sql`delete from lease where holder = any(${holders})`.execute(db);
}
