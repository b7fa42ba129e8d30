/** The initial load against a script that does the same with ideal pages and remembers nothing. */
import { cpuSeconds, perRecord } from '../cpu';
import type { Figure } from '../figures';
import type { House } from '../house';
import { control, dataverseCaller, marketoCaller, NO_LATENCY, paced, setLatency } from '../vendors';

/** Both seed as many contacts that no person knows. `firstNew`: the number of the first human that neither side has. */
export async function initialLoad(house: House, worker: number, count: number, firstNew: number): Promise<readonly Figure[]> {
  await seedContacts(house, count, firstNew);
  await forgetFeed(house);
  const before = cpuSeconds({ ...house.pids, worker });
  const { ms, outcomes } = await house.cycle();
  const cpu = perRecord(before, cpuSeconds({ ...house.pids, worker }), count);
  if ((outcomes.created ?? 0) < count * 0.99) throw new Error(`Of ${count} contacts the load made ${JSON.stringify(outcomes)}`);
  const ours = (count / ms) * 1_000;
  await house.settle();

  await seedContacts(house, count, firstNew + count);
  const startedAt = performance.now();
  await runScript(house, count);
  const script = (count / (performance.now() - startedAt)) * 1_000;
  // What the script made is paired as an initial load is, too: the next case begins with both sides at rest.
  await forgetFeed(house);
  await house.settle();
  return [
    {
      what: `initial load of ${count} contacts against a plain script`,
      value: ours / script,
      unit: 'x',
      goal: { atLeast: 0.5 },
      note: `${ours.toFixed(0)} and ${script.toFixed(0)} records/s; processor ms a record: ${cpu}`,
    },
  ];
}

/** Without its cursor the feed is read from the beginning, as on the first day. */
export async function forgetFeed({ db }: House): Promise<void> {
  await db.deleteFrom('cursor').where('side', '=', 'dynamics').execute();
}

/** Contacts that no person knows, numbered from `offset` on. */
export async function seedContacts({ vendors, latency }: House, contacts: number, offset: number): Promise<void> {
  await setLatency(vendors, NO_LATENCY);
  await control(vendors.dataverseUrl, 'seed', { contacts, offset });
  await setLatency(vendors, latency);
}

/** Fields of a person by the columns they come from. */
const FIELDS: Readonly<Record<string, string>> = {
  salutation: 'salutation',
  firstname: 'firstName',
  lastname: 'lastName',
  emailaddress1: 'email',
  jobtitle: 'title',
  telephone1: 'phone',
  mobilephone: 'mobilePhone',
  fax: 'fax',
  address1_line1: 'address',
  address1_city: 'city',
  address1_stateorprovince: 'state',
  address1_postalcode: 'postalCode',
  address1_country: 'country',
  donotphone: 'doNotCall',
  donotbulkemail: 'unsubscribed',
};
const ROWS_PER_PAGE = 5_000;
const PEOPLE_PER_CALL = 300;
const CALLS_AT_ONCE = 5;

/** Reads the newest `count` contacts and creates their people, as fast as the two sides take it: no match, no ledger, no second look. */
async function runScript({ vendors }: House, count: number): Promise<void> {
  const dataverse = await dataverseCaller(vendors.dataverseUrl, 'sync');
  const marketo = paced(await marketoCaller(vendors.marketoUrl, 'sync'));
  const rows: Record<string, unknown>[] = [];
  const select = ['contactid', ...Object.keys(FIELDS)].join(',');
  let next: string | undefined = `contacts?$select=${select}&$orderby=createdon desc,contactid`;
  while (next !== undefined && rows.length < count) {
    const page: Record<string, unknown> = await dataverse(next, 'GET', undefined, {
      prefer: `odata.maxpagesize=${ROWS_PER_PAGE}`,
    });
    rows.push(...(page['value'] as Record<string, unknown>[]));
    next = page['@odata.nextLink'] as string | undefined;
  }
  const batches: object[][] = [];
  for (let at = 0; at < count; at += PEOPLE_PER_CALL)
    batches.push(rows.slice(at, Math.min(at + PEOPLE_PER_CALL, count)).map(toPerson));
  const lane = async (): Promise<void> => {
    for (let input = batches.pop(); input !== undefined; input = batches.pop())
      await marketo('/rest/v1/leads.json', { action: 'createOrUpdate', lookupField: 'microsoftId', input });
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, lane));
}

function toPerson(row: Record<string, unknown>): object {
  const values = Object.entries(FIELDS).map(([column, field]) => [field, row[column] ?? null] as const);
  return { ...Object.fromEntries(values), microsoftId: row['contactid'], microsoftType: 'Contact' };
}
