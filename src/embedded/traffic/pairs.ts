/** The humans whom traffic is about: those that both sides know. */
import type { DynamicsUser } from '../people/dynamicsUser';
import type { MarketoUser } from '../people/marketoUser';

export interface Human {
  readonly name: string;
  readonly personId: number;
  readonly table: 'contact' | 'lead';
  readonly microsoftId: string;
}

/** Enough to choose from; a query of Marketo takes no more than 300 values. */
const MOST = { contact: 150, lead: 75 } as const;

type Row = Readonly<Record<'contactid' | 'leadid' | 'fullname', string | undefined>>;

/** Some of the people that have a row, as both sides say. */
export async function findHumans(marketo: MarketoUser, dynamics: DynamicsUser): Promise<readonly Human[]> {
  const tables = Object.keys(MOST) as (keyof typeof MOST)[];
  return (await Promise.all(tables.map((table) => humansOf(table, marketo, dynamics)))).flat();
}

async function humansOf(table: 'contact' | 'lead', marketo: MarketoUser, dynamics: DynamicsUser): Promise<readonly Human[]> {
  const query = `${table}s?$select=${table}id,fullname&$filter=statecode eq 0&$orderby=createdon desc&$top=${MOST[table]}`;
  const { value: rows } = (await dynamics.ask<{ value: readonly Row[] }>('GET', query)) ?? { value: [] };
  const names = new Map(rows.map((row) => [row[`${table}id`] ?? '', row.fullname ?? 'somebody']));
  if (names.size === 0) return [];
  const filter = new URLSearchParams({
    filterType: 'microsoftId',
    filterValues: [...names.keys()].join(','),
    fields: 'id,microsoftId',
  });
  const people = await marketo.ask<{ id: number; microsoftId: string }>(`/rest/v1/leads.json?${filter.toString()}`);
  return people.flatMap(({ id, microsoftId }): Human[] => {
    const name = names.get(microsoftId);
    return name === undefined ? [] : [{ name, personId: id, table, microsoftId }];
  });
}
