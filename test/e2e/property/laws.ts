/** What must hold when everything has been said, read from both vendors and from the ledger. */
import { expect } from '@jest/globals';
import { sql } from 'kysely';
import type { Write } from '../../support/tap';
import type { World } from '../../support/world';
import { type Edit, type Field, FIELDS, type Stream, type Value } from './steps';

type Json = Record<string, unknown>;
type Side = 'marketo' | 'dynamics';

const NAMES = Object.keys(FIELDS) as Field[];
const PERSON_FIELDS = [...NAMES, 'microsoftId', 'microsoftIsDeleted'];

/** Empty text, no value and a consent flag that was never set are one and the same. */
export const plain = (held: unknown): Value => (held === '' || held === undefined || held === false ? null : (held as Value));

interface Pair {
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

async function pairsOf(world: World, { afterPair }: Stream): Promise<readonly Pair[]> {
  const { rows } = await sql<Pair>`
    select p.id, p.state, m.id as "personId", d.id as "rowId", d.entity as "table",
      array(select i.id from identity i where i.pair_id = p.id) as ids,
      exists (select 1 from review r where r.pair_id = p.id and r.closed_at is null) as "openReview",
      exists (select 1 from rejection r where r.pair_id = p.id and r.closed_at is null) as "openRejection"
    from pair p
      left join identity m on m.pair_id = p.id and m.side = 'marketo' and m.current
      left join identity d on d.pair_id = p.id and d.side = 'dynamics' and d.current
    where p.id > ${afterPair} order by p.id`.execute(world.db);
  return rows;
}

interface Decided {
  readonly id: number;
  readonly pairId: number;
  readonly key: string;
  readonly field: string;
  readonly rule: string;
  readonly result: string;
  readonly marketo: { readonly value: unknown };
  readonly dynamics: { readonly value: unknown };
}

/** Decisions of a pair, or of all there are. */
const decisionsOf = (world: World, pairId?: number): Promise<readonly Decided[]> =>
  world.db
    .selectFrom('decision')
    .select(['id', 'pair_id as pairId', 'key', 'field', 'rule', 'result', 'marketo', 'dynamics'])
    .$if(pairId !== undefined, (query) => query.where('pair_id', '=', pairId ?? 0))
    .where('result', '<>', 'superseded')
    .orderBy('id')
    .execute();

/** Everything the laws look at, read once. */
export interface Rest {
  readonly pairs: readonly Pair[];
  readonly people: ReadonlyMap<string, Json>;
  readonly rows: ReadonlyMap<string, Json>;
}

export async function lookAround(world: World, stream: Stream): Promise<Rest> {
  const pairs = await pairsOf(world, stream);
  const people = new Map<string, Json>();
  const rows = new Map<string, Json>();
  for (const { email } of stream.humans)
    for (const person of await world.marketer.findByEmail(email, ['id', ...PERSON_FIELDS]))
      people.set(String(person['id']), person);
  for (const { personId } of pairs) {
    if (personId === null || people.has(personId)) continue;
    const person = await world.marketer.person(personId, PERSON_FIELDS);
    if (person !== undefined) people.set(personId, person);
  }
  for (const table of ['contacts', 'leads'] as const)
    for (const row of await world.sales.find(table, `startswith(emailaddress1,'stream${stream.number}.')`))
      rows.set(String(row[table === 'contacts' ? 'contactid' : 'leadid']), row);
  return { pairs, people, rows };
}

/** Every two-way field of every living pair is equal, or something that is open says why not, and shows what both sides hold now. */
export async function expectAgreement(world: World, stream: Stream, { pairs, people, rows }: Rest): Promise<void> {
  for (const pair of pairs) {
    const person = people.get(pair.personId ?? '');
    const row = rows.get(pair.rowId ?? '');
    if (pair.state !== 'live' || person === undefined || row === undefined) continue;
    const apart = NAMES.filter((field) => plain(person[field]) !== plain(row[FIELDS[field]]));
    const unexplained = [];
    for (const field of apart)
      if (!(await isExplained(world, stream, pair, field, person, row)))
        unexplained.push([field, person[field], row[FIELDS[field]]]);
    expect({ pair: [pair.personId, pair.rowId], unexplained }).toEqual({ pair: [pair.personId, pair.rowId], unexplained: [] });
    expect(person['microsoftId']).toBe(pair.rowId);
  }
}

async function isExplained(world: World, stream: Stream, pair: Pair, field: Field, person: Json, row: Json): Promise<boolean> {
  // Out of play: the sync may not know what the column holds.
  if (field === 'title' && pair.table === 'contact' && stream.secured) return true;
  const last = (await decisionsOf(world, pair.id)).filter((one) => one.field === field).at(-1);
  if (last === undefined || (!pair.openRejection && !pair.openReview)) return false;
  const open = ['held', 'rejected'].includes(last.result) || last.rule.endsWith(':review');
  return open && plain(last.marketo.value) === plain(person[field]) && plain(last.dynamics.value) === plain(row[FIELDS[field]]);
}

/** Each pair is what its state says, and an operator is told of each that waits for one. */
export function expectTrueStates({ pairs, people, rows }: Rest): void {
  const wrong = pairs.filter(({ state, personId, rowId, openReview }) => {
    const person = people.get(personId ?? '');
    if (state === 'live') return person === undefined || !rows.has(rowId ?? '');
    if (state === 'rowDeleted') return rows.has(rowId ?? '') || (person !== undefined && person['microsoftIsDeleted'] !== true);
    if (state === 'personDeleted') return personId !== null;
    return state === 'review' && !openReview;
  });
  expect(wrong).toEqual([]);
}

/** One row per person and one person per row; nobody came into being whom nobody made or asked for. */
export function expectNobodyDoubled(stream: Stream, { pairs, people, rows }: Rest): void {
  const linked = [...people.values()]
    .filter((person) => person['microsoftIsDeleted'] !== true)
    .flatMap((person) => plain(person['microsoftId']) ?? []);
  expect(linked).toEqual([...new Set(linked)]);
  for (const ids of [pairs.flatMap(({ personId }) => personId ?? []), pairs.flatMap(({ rowId }) => rowId ?? [])])
    expect(ids.length).toBe(new Set(ids).size);
  expect([...rows.keys()].filter((id) => !stream.rows.has(id))).toEqual([]);
}

/** An edit stands, was replaced on its own side (then it is not the last one), went with its record, or is a named loser. */
export async function expectNothingLost(world: World, stream: Stream, { pairs, people, rows }: Rest): Promise<void> {
  for (const edit of stream.edits.values()) {
    const record = edit.side === 'marketo' ? people.get(edit.id) : rows.get(edit.id);
    if (record === undefined) continue;
    const held = record[edit.side === 'marketo' ? edit.field : FIELDS[edit.field]];
    if (plain(held) === plain(edit.value)) continue;
    const pair = pairs.find(({ ids }) => ids.includes(edit.id));
    const told = await namesLoser(world, pair?.id, edit);
    expect({ edit, held, told }).toEqual({ edit, held, told: true });
  }
}

/** In the pair that has the record now, or in the one it had when it was decided: a merge gives a person another pair. */
const namesLoser = async (world: World, pairId: number | undefined, edit: Edit): Promise<boolean> =>
  (await decisionsOf(world)).some(
    (one) =>
      (one.pairId === pairId || one.key === `record/${edit.id}`) &&
      one.field === edit.field &&
      one.id > edit.afterDecision &&
      plain(one[edit.side].value) === plain(edit.value),
  );

/** One write as it left the product, with what the record held just before. */
export interface Seen extends Write {
  readonly before: Json | undefined;
  readonly secured: boolean;
}

export async function seeWrite(world: World, write: Write, secured: boolean): Promise<Seen> {
  const { act, entity, id } = write;
  if (act === 'create' || id === undefined) return { ...write, before: undefined, secured };
  const before =
    entity === 'person' ? await world.marketer.person(id, Object.keys(write.values)) : await world.sales.row(entity, id);
  return { ...write, before, secured };
}

/**
 * Nothing is written that is there already, nor to a column that is closed: a closed one may be tried once for each value, because only
 * then the product learns of it; and an unreadable column's emptiness never reaches a person.
 */
export function expectOnlyNeededWrites(seen: readonly Seen[]): void {
  const needless = seen.filter(
    ({ before, values }) =>
      before !== undefined && Object.entries(values).some(([name, value]) => (before[name] ?? null) === value),
  );
  expect(needless).toEqual([]);
  const toClosed = seen
    .filter(({ secured, entity, values }) => secured && entity === 'contacts' && FIELDS.title in values)
    .map(({ id, values }) => `${id}: ${String(values[FIELDS.title])}`);
  expect(toClosed.length).toBe(new Set(toClosed).size);
}

/** What a stream ended in, without ids: the same for the same seed. */
export function outcomeOf({ humans }: Stream, { people, rows }: Rest): unknown {
  return humans.map(({ email, personId, row }) => {
    const person = people.get(personId ?? '');
    const held = rows.get(row?.id ?? '');
    const values = (record: Json | undefined, side: Side) =>
      record && NAMES.map((field) => plain(record[side === 'marketo' ? field : FIELDS[field]]));
    return {
      human: email.replace(/^stream\d+\./, ''),
      person: values(person, 'marketo'),
      row: values(held, 'dynamics'),
      table: row?.table,
      linked: person !== undefined && held !== undefined && person['microsoftId'] === row?.id,
    };
  });
}
