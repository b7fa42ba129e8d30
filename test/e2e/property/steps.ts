/** What a marketer, a salesperson, campaigns and administrators may do in any order, as steps of a random stream. */
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { runSetUp } from '../../../src/temporal/setUp';
import type { World } from '../../support/world';

/** Marketo field and Dynamics column. */
export const FIELDS = {
  firstName: 'firstname',
  title: 'jobtitle',
  phone: 'telephone1',
  city: 'address1_city',
  unsubscribed: 'donotbulkemail',
} as const;
export type Field = keyof typeof FIELDS;
export type RowTable = 'contacts' | 'leads';
export type Value = string | boolean | null;

/** The column that administrators close and refuse values of. */
const CLOSED = { table: 'contact', column: FIELDS.title } as const;
const GAMMA = 'Gamma';
const REFUSED = { pattern: `^${GAMMA}`, code: '0x80040265', message: 'We have no gammas.' } as const;

export type Step =
  | {
      readonly do: 'edit';
      readonly side: 'marketo' | 'dynamics';
      readonly who: number;
      readonly field: Field;
      readonly value: Value;
    }
  | { readonly do: 'request'; readonly who: number; readonly syncAs: 'contact' | 'lead' }
  | { readonly do: 'createRow' | 'createPerson' | 'removeRow' | 'removePerson' | 'qualify'; readonly who: number }
  | { readonly do: 'mergePeople' | 'mergeRows'; readonly who: number; readonly other: number }
  | { readonly do: 'secure' | 'refuse'; readonly on: boolean }
  | { readonly do: 'cycle' };

export interface Human {
  readonly email: string;
  readonly lastName: string;
  personId?: string | undefined;
  row?: { table: RowTable; id: string } | undefined;
}

/** An edit by somebody outside, with the newest decision there was at the time. */
export interface Edit {
  readonly side: 'marketo' | 'dynamics';
  readonly id: string;
  readonly field: Field;
  readonly value: Value;
  readonly afterDecision: number;
}

/** Everybody in one stream, and what was done to them. */
export interface Stream {
  readonly number: number;
  /** Pairs with a higher number are this stream's. */
  readonly afterPair: number;
  readonly humans: readonly Human[];
  /** The last edit of each field of each record. */
  readonly edits: Map<string, Edit>;
  /** GUIDs of all rows that somebody, or an answered request, made. */
  readonly rows: Set<string>;
  secured: boolean;
  /** While a rule is in force it is in force for salespeople, too. */
  refusing: boolean;
}

export function streamOf(humans: number): fc.Arbitrary<readonly Step[]> {
  const who = fc.nat(humans - 1);
  const text = fc.option(fc.constantFrom('Alpha', 'Beta', GAMMA, '+1 555 0101', 'Ünïcode'), { nil: null });
  const side = fc.constantFrom('marketo' as const, 'dynamics' as const);
  const named = <T extends Step['do']>(...names: readonly T[]) => fc.constantFrom(...names);
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 24,
      arbitrary: fc.record({
        do: named('edit'),
        side,
        who,
        field: fc.constantFrom('firstName' as const, 'title' as const, 'phone' as const, 'city' as const),
        value: text,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: named('edit'),
        side,
        who,
        field: fc.constant('unsubscribed' as const),
        value: fc.boolean(),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: named('cycle') }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: named('request'), who, syncAs: fc.constantFrom('contact' as const, 'lead' as const) }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ do: named('createRow', 'createPerson', 'removeRow', 'removePerson', 'qualify'), who }),
    },
    { weight: 2, arbitrary: fc.record({ do: named('mergePeople', 'mergeRows'), who, other: who }) },
    { weight: 1, arbitrary: fc.record({ do: named('secure', 'refuse'), on: fc.boolean() }) },
  );
  return fc.array(step, { minLength: 5 * humans, maxLength: 8 * humans, size: 'max' });
}

/** A third of the humans begin in Dynamics, as contacts and leads; a third in Marketo; a third on both sides, to be found by e-mail. */
export async function populate(world: World, number: number, count: number, before: Stream | undefined): Promise<Stream> {
  await open(world, before?.secured ?? false);
  await world.control('dataverse', 'rules', undefined, 'DELETE');
  const humans = Array.from(
    { length: count },
    (_one, index): Human => ({
      email: `stream${number}.human${index}@property.example.com`,
      lastName: `Stream ${number} Human ${index}`,
    }),
  );
  const { rows } = await sql<{ last: number }>`select coalesce(max(id), 0) as last from pair`.execute(world.db);
  const stream: Stream = {
    number,
    afterPair: rows[0]?.last ?? 0,
    humans,
    edits: new Map(),
    rows: new Set(),
    secured: false,
    refusing: false,
  };
  for (const [index, human] of humans.entries()) {
    if (index % 3 !== 1) await createRow(world, stream, human, index % 2 === 0 ? 'contacts' : 'leads');
    if (index % 3 !== 0) await createPerson(world, human);
  }
  await cycle(world, stream);
  return stream;
}

export async function take(world: World, stream: Stream, step: Step): Promise<void> {
  switch (step.do) {
    case 'cycle':
      return cycle(world, stream);
    case 'secure':
      if (!step.on) await open(world, stream.secured);
      stream.secured = step.on;
      if (step.on) await world.control('dataverse', 'column-security', { ...CLOSED, read: false, update: false });
      return;
    case 'refuse':
      stream.refusing = step.on;
      if (!step.on) return void (await world.control('dataverse', 'rules', undefined, 'DELETE'));
      for (const table of ['contact', 'lead'])
        await world.control('dataverse', 'rules', { table, column: FIELDS.title, ...REFUSED });
      return;
    case 'mergePeople':
    case 'mergeRows':
      return merge(world, stream, step.do, stream.humans[step.who], stream.humans[step.other]);
    default:
      return touch(world, stream, step, stream.humans[step.who]);
  }
}

type Touch = Extract<Step, { readonly who: number }>;

async function touch(world: World, stream: Stream, step: Touch, human: Human | undefined): Promise<void> {
  if (human === undefined) return;
  const { personId, row } = human;
  switch (step.do) {
    case 'edit':
      return edit(world, stream, step, human);
    case 'createRow':
      if (row === undefined) await createRow(world, stream, human, 'contacts');
      return;
    case 'createPerson':
      if (personId === undefined && (await world.marketer.findByEmail(human.email)).length === 0)
        await createPerson(world, human);
      return;
    case 'removeRow':
      if (row !== undefined) await world.sales.remove(row.table, row.id);
      human.row = undefined;
      return;
    case 'removePerson':
      if (personId !== undefined) await world.marketer.remove(personId);
      human.personId = undefined;
      return;
    case 'qualify':
      if (row?.table !== 'leads') return;
      if (stream.refusing && (await world.sales.row('leads', row.id))?.[FIELDS.title] === GAMMA) return;
      human.row = { table: 'contacts', id: await world.sales.qualify(row.id) };
      stream.rows.add(human.row.id);
      return;
    case 'request': {
      if (personId === undefined) return;
      const { body } = await world.webhook({ leadId: Number(personId), syncAs: step.syncAs });
      if (body['status'] !== 'created') return;
      human.row = { table: `${step.syncAs}s`, id: body['microsoftId'] as string };
      stream.rows.add(human.row.id);
    }
  }
}

async function edit(world: World, stream: Stream, step: Extract<Step, { do: 'edit' }>, human: Human): Promise<void> {
  const { side, field, value } = step;
  const id = side === 'marketo' ? human.personId : human.row?.id;
  if (id === undefined) return;
  if (side === 'dynamics' && stream.refusing && field === 'title' && value === GAMMA) return;
  const { rows } = await sql<{ last: number }>`select coalesce(max(id), 0) as last from decision`.execute(world.db);
  if (side === 'marketo') await world.marketer.update(id, { [field]: value });
  else await world.sales.update(human.row?.table ?? 'contacts', id, { [FIELDS[field]]: value });
  stream.edits.set(`${side}/${id}/${field}`, { side, id, field, value, afterDecision: rows[0]?.last ?? 0 });
}

async function merge(
  world: World,
  stream: Stream,
  what: 'mergePeople' | 'mergeRows',
  winner: Human | undefined,
  loser: Human | undefined,
): Promise<void> {
  if (winner === undefined || loser === undefined || winner === loser) return;
  if (what === 'mergePeople') {
    if (winner.personId === undefined || loser.personId === undefined) return;
    await world.marketer.merge(winner.personId, loser.personId);
    // Marketo fills what the winner has empty with what the loser had.
    for (const [key, one] of stream.edits) if (one.id === winner.personId && one.value === null) stream.edits.delete(key);
    loser.personId = undefined;
    return;
  }
  if (winner.row === undefined || winner.row.table !== loser.row?.table) return;
  await world.sales.merge(winner.row.table === 'contacts' ? 'contact' : 'lead', winner.row.id, loser.row.id);
  loser.row = undefined;
}

async function createRow(world: World, stream: Stream, human: Human, table: RowTable): Promise<void> {
  const { lastName, email } = human;
  human.row = { table, id: await world.sales.create(table, { lastname: lastName, emailaddress1: email }) };
  stream.rows.add(human.row.id);
}

async function createPerson(world: World, human: Human): Promise<void> {
  const { lastName, email } = human;
  human.personId = await world.marketer.create({ lastName, email });
}

/** After a cycle people may have come into being that nobody created by hand. */
async function cycle(world: World, { humans }: Stream): Promise<void> {
  await world.cycle();
  for (const human of humans) {
    if (human.personId !== undefined || human.row === undefined) continue;
    const [found, ...others] = await world.marketer.findByEmail(human.email);
    const id = String(found?.['id']);
    // A survivor of a merge may have the address of somebody else by now.
    if (found !== undefined && others.length === 0 && !humans.some(({ personId }) => personId === id)) human.personId = id;
  }
}

/** Administrators open the column again, and have the sync look at its permissions if it has learnt of them. */
async function open(world: World, wasSecured: boolean): Promise<void> {
  await world.control('dataverse', 'column-security', undefined, 'DELETE');
  if (wasSecured) await runSetUp(world.client);
}
