/** What both vendors and the ledger hold when everything has been said, read once for all streams of a batch. */
import { sql } from 'kysely';
import type { World } from '../../support/world';
import { FIELDS } from './plans';
import type { Stream } from './stream';

export type Json = Readonly<Record<string, unknown>>;

const PERSON_FIELDS = ['id', 'email', ...Object.keys(FIELDS), 'microsoftId', 'microsoftIsDeleted'];
/** An address is at most 8 KB long. */
const EMAILS_AT_ONCE = 50;

export interface Pair {
  readonly id: number;
  readonly state: string;
  readonly personId: string | null;
  readonly rowId: string | null;
  /** Every id it has or had: a qualified lead's, say. */
  readonly ids: readonly string[];
  readonly table: 'contact' | 'lead' | null;
  readonly openReview: boolean;
  readonly openRejection: boolean;
}

export interface Decided {
  readonly id: number;
  readonly pairId: number;
  readonly key: string;
  readonly field: string;
  readonly rule: string;
  readonly winner: string | null;
  readonly result: string;
  readonly marketo: { readonly value: unknown };
  readonly dynamics: { readonly value: unknown };
  readonly writes: readonly { readonly side: string; readonly value: unknown }[];
}

/** Everything the laws look at, of one stream. */
export interface Rest {
  readonly pairs: readonly Pair[];
  readonly people: ReadonlyMap<string, Json>;
  readonly rows: ReadonlyMap<string, Json>;
  /** Oldest first. */
  readonly decisions: readonly Decided[];
}

/** Where the ledger ended before a batch began. */
export interface Marks {
  readonly pair: number;
  readonly decision: number;
}

export async function marksOf(world: World): Promise<Marks> {
  const { rows } = await sql<Marks>`
    select (select coalesce(max(id), 0) from pair) as pair, (select coalesce(max(id), 0) from decision) as decision`.execute(
    world.db,
  );
  return rows[0] ?? { pair: 0, decision: 0 };
}

async function pairsSince(world: World, { pair }: Marks): Promise<readonly Pair[]> {
  const { rows } = await sql<Pair>`
    select p.id, p.state, m.id as "personId", d.id as "rowId", d.entity as "table",
      array(select i.id from identity i where i.pair_id = p.id) as ids,
      exists (select 1 from review r where r.pair_id = p.id and r.closed_at is null) as "openReview",
      exists (select 1 from rejection r where r.pair_id = p.id and r.closed_at is null) as "openRejection"
    from pair p
      left join identity m on m.pair_id = p.id and m.side = 'marketo' and m.current
      left join identity d on d.pair_id = p.id and d.side = 'dynamics' and d.current
    where p.id > ${pair} order by p.id`.execute(world.db);
  return rows;
}

const decisionsSince = (world: World, { decision }: Marks): Promise<readonly Decided[]> =>
  world.db
    .selectFrom('decision')
    .select(['id', 'pair_id as pairId', 'key', 'field', 'rule', 'winner', 'result', 'marketo', 'dynamics', 'writes'])
    .where('id', '>', decision)
    .orderBy('id')
    .execute();

/** People by the addresses of everybody in the batch. */
export async function peopleByEmail(world: World, streams: readonly Stream[], fields = PERSON_FIELDS): Promise<readonly Json[]> {
  const emails = streams.flatMap(({ humans }) => humans.map(({ email }) => email));
  const found: Json[] = [];
  for (let from = 0; from < emails.length; from += EMAILS_AT_ONCE)
    found.push(...(await world.marketer.findByEmail(emails.slice(from, from + EMAILS_AT_ONCE).join(','), fields)));
  return found;
}

export interface BatchRest {
  readonly ofStream: ReadonlyMap<Stream, Rest>;
  /** Pairs with records that no stream has met. */
  readonly strangers: readonly Pair[];
}

/** Empty entries of a map are made as they are asked for. */
function listOf<K, V>(lists: Map<K, V[]>, key: K): V[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

export async function lookAround(world: World, prefix: string, streams: readonly Stream[], marks: Marks): Promise<BatchRest> {
  const [pairs, decisions, byEmail, contacts, leads] = await Promise.all([
    pairsSince(world, marks),
    decisionsSince(world, marks),
    peopleByEmail(world, streams),
    world.sales.find('contacts', `startswith(emailaddress1,'${prefix}')`),
    world.sales.find('leads', `startswith(emailaddress1,'${prefix}')`),
  ]);
  const people = new Map(byEmail.map((person) => [String(person['id']), person]));
  const missing = pairs.flatMap(({ personId }) => (personId === null || people.has(personId) ? [] : personId));
  for (const person of await world.marketer.people(missing, PERSON_FIELDS)) people.set(String(person['id']), person);
  const rows = new Map([
    ...contacts.map((row) => [String(row['contactid']), row] as const),
    ...leads.map((row) => [String(row['leadid']), row] as const),
  ]);

  const owners = new Map<string, Stream>();
  for (const stream of streams) for (const id of [...stream.people, ...stream.rows]) owners.set(id, stream);
  const byAddress = new Map(streams.flatMap((stream) => stream.humans.map(({ email }) => [email, stream] as const)));
  const adopt = (id: string, email: unknown): void => {
    const owner = byAddress.get(String(email));
    if (owner !== undefined) owners.set(id, owner);
  };
  for (const [id, person] of people) adopt(id, person['email']);
  for (const [id, row] of rows) adopt(id, row['emailaddress1']);

  const pairsOf = new Map<Stream, Pair[]>();
  const decisionsOf = new Map<Stream, Decided[]>();
  const ofPair = new Map<number, Stream>();
  const strangers: Pair[] = [];
  for (const pair of pairs) {
    const [owner] = pair.ids.flatMap((id) => owners.get(id) ?? []);
    if (owner === undefined) {
      if (pair.ids.length > 0) strangers.push(pair);
      continue;
    }
    ofPair.set(pair.id, owner);
    listOf(pairsOf, owner).push(pair);
  }
  for (const decision of decisions) {
    const owner = ofPair.get(decision.pairId) ?? owners.get(decision.key.replace(/^.*\//, ''));
    if (owner !== undefined) listOf(decisionsOf, owner).push(decision);
  }
  const owned = <T>(all: ReadonlyMap<string, T>, stream: Stream) => new Map([...all].filter(([id]) => owners.get(id) === stream));
  const ofStream = new Map(
    streams.map((stream): [Stream, Rest] => [
      stream,
      {
        pairs: pairsOf.get(stream) ?? [],
        people: owned(people, stream),
        rows: owned(rows, stream),
        decisions: decisionsOf.get(stream) ?? [],
      },
    ]),
  );
  return { ofStream, strangers };
}
