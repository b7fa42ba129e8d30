/** A stream as it is played: its humans, and what a marketer, a salesperson and campaigns do to them. */
import { sql } from 'kysely';
import type { World } from '../../support/world';
import { type Edit, FIELDS, type Field, GAMMA, type RowTable, type Side, type Step, type StreamPlan, type Value } from './plans';

export interface Human {
  readonly email: string;
  readonly lastName: string;
  personId?: string | undefined;
  row?: { table: RowTable; id: string } | undefined;
  /** A request that was taken on and has no outcome yet. */
  asked?: Request | undefined;
}

interface Request {
  readonly leadId: number;
  readonly syncAs: 'contact' | 'lead';
  readonly requestId: string;
}

/** An edit by somebody outside, with the newest decision there was at the time. */
export interface Typed {
  readonly side: Side;
  readonly id: string;
  readonly field: Field;
  readonly value: Value;
  readonly afterDecision: number;
}

/** Everybody in one stream, and what was done to them. */
export interface Stream {
  /** Its place in the batch, by which it is drawn again. */
  readonly index: number;
  readonly plan: StreamPlan;
  readonly humans: readonly Human[];
  /** The last edit of each field of each record. */
  readonly edits: Map<string, Typed>;
  /** GUIDs of all rows that somebody, or an answered request, made. */
  readonly rows: Set<string>;
  /** Ids of all people that were met. */
  readonly people: Set<string>;
  requests: number;
}

/** `prefix` begins every e-mail of the batch. */
export function beginStream(prefix: string, index: number, plan: StreamPlan): Stream {
  const humans = plan.origins.map((_origin, who): Human => {
    const name = `${prefix}stream${index}.human${who}`;
    return { email: `${name}@property.example.com`, lastName: name };
  });
  return { index, plan, humans, edits: new Map(), rows: new Set(), people: new Set(), requests: 0 };
}

export async function populate(world: World, stream: Stream): Promise<void> {
  for (const [who, human] of stream.humans.entries()) {
    const { person, row } = stream.plan.origins[who] ?? { person: true, row: undefined };
    if (row !== undefined) await createRow(world, stream, human, row);
    if (person) await createPerson(world, stream, human);
  }
}

/** `refusing`: a rule of Dynamics holds for salespeople, too. */
export async function take(world: World, stream: Stream, step: Step, refusing: boolean): Promise<void> {
  const human = stream.humans[step.who];
  if (human === undefined) return;
  const { personId, row } = human;
  switch (step.do) {
    case 'edit':
      return edit(world, stream, human, step, refusing);
    case 'createRow':
      if (row === undefined) await createRow(world, stream, human, 'contacts');
      return;
    case 'createPerson':
      if (personId === undefined && (await world.marketer.findByEmail(human.email)).length === 0)
        await createPerson(world, stream, human);
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
      if (refusing && (await world.sales.row('leads', row.id))?.[FIELDS.title] === GAMMA) return;
      human.row = { table: 'contacts', id: await world.sales.qualify(row.id) };
      stream.rows.add(human.row.id);
      return;
    case 'request':
      if (personId === undefined || human.asked !== undefined) return;
      stream.requests += 1;
      human.asked = { leadId: Number(personId), syncAs: step.syncAs, requestId: `${human.email}/${stream.requests}` };
      return ask(world, stream, human);
    default:
      return merge(world, stream, step.do, human, stream.humans[step.other]);
  }
}

/** Asks, or asks again: the same request has one outcome, however often it comes. */
export async function ask(world: World, stream: Stream, human: Human): Promise<void> {
  if (human.asked === undefined) return;
  const { syncAs } = human.asked;
  const { body } = await world.webhook(human.asked);
  if (body['status'] === 'queued') return;
  human.asked = undefined;
  if (body['status'] !== 'created') return;
  const id = body['microsoftId'] as string;
  stream.rows.add(id);
  human.row ??= { table: `${syncAs}s`, id };
}

async function edit(world: World, stream: Stream, human: Human, step: Edit, refusing: boolean): Promise<void> {
  const { side, field, value } = step;
  const id = side === 'marketo' ? human.personId : human.row?.id;
  if (id === undefined) return;
  if (side === 'dynamics' && refusing && field === 'title' && value === GAMMA) return;
  const { rows } = await sql<{ last: number }>`select coalesce(max(id), 0) as last from decision`.execute(world.db);
  if (side === 'marketo') await world.marketer.update(id, { [field]: value });
  else await world.sales.update(human.row?.table ?? 'contacts', id, { [FIELDS[field]]: value });
  stream.edits.set(`${side}/${id}/${field}`, { side, id, field, value, afterDecision: rows[0]?.last ?? 0 });
}

async function merge(
  world: World,
  stream: Stream,
  what: 'mergePeople' | 'mergeRows',
  winner: Human,
  loser: Human | undefined,
): Promise<void> {
  if (loser === undefined || winner === loser) return;
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

async function createPerson(world: World, stream: Stream, human: Human): Promise<void> {
  const { lastName, email } = human;
  human.personId = await world.marketer.create({ lastName, email });
  stream.people.add(human.personId);
}

/** After a cycle there may be people whom nobody created by hand. `found` are all who have the address of somebody in the batch. */
export function meet(stream: Stream, found: ReadonlyMap<string, readonly string[]>): void {
  for (const human of stream.humans) {
    const [id, ...others] = found.get(human.email) ?? [];
    if (human.personId !== undefined || human.row === undefined || id === undefined || others.length > 0) continue;
    // A survivor of a merge may have the address of somebody else by now.
    if (stream.humans.some(({ personId }) => personId === id)) continue;
    human.personId = id;
    stream.people.add(id);
  }
}
