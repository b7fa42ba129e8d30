/**
 * Group commit of writes, with the fence: whatever the records of a process want written while a call is in flight leaves together in
 * the next one. Each flush checks its pairs' epochs and raises their fences in one statement, then sends; a definite answer takes the
 * fence down again, an unknown one leaves it up.
 */
import { canonicalise, equal } from '../core/canonical';
import type { CreateItem, Result, WriteItem, Written } from '../core/ports';
import type { FieldPlan, Lane, RawValue, SideName, Snapshot } from '../core/types';
import { createGroup } from '../remote/group';
import type { Database } from '../store/database';
import { feedsStand } from '../store/cursors';
import { lowerFence, raiseFence, renewFence } from '../store/fence';
import { createArrivals } from './arrivals';
import type { Remotes } from './deps';
import { withPatience } from './patience';

interface Held {
  readonly pairId: number;
  readonly epoch: number;
}

/** A write of a record's run. */
interface OfRecord extends Held {
  readonly lane: Lane;
}

export interface DynamicsWrite extends OfRecord {
  readonly item: WriteItem;
}

export interface MarketoWrite extends OfRecord {
  readonly item: WriteItem;
  /** The value each field had when this was decided: anything else by now means deciding again. */
  readonly decidedOn: Readonly<Record<string, RawValue>>;
  /** When those values were read, milliseconds since 1970. */
  readonly readAt: number;
  readonly plans: readonly FieldPlan[];
}

export interface MarketoWritten extends Written {
  /** What Marketo held just before the write, by field: kept to notice a user's edit in between. */
  readonly guard: Readonly<Record<string, RawValue>>;
}

export interface Create extends Held {
  readonly item: CreateItem;
}

export interface PersonCreate extends Create, OfRecord {
  /** Marketo fields to read back once the person is there. */
  readonly fields: readonly string[];
}

export interface PersonMade extends Written {
  /** The person as Marketo keeps it; absent when it could not be read back. */
  readonly kept?: {
    readonly person: Snapshot;
    /** Where Marketo's feeds stood before it was read: `feedsStand`. */
    readonly feedsStand: string;
  };
}

export interface Flusher {
  dynamics(write: DynamicsWrite): Promise<Result<Written>>;
  marketo(write: MarketoWrite): Promise<Result<MarketoWritten>>;
  createPerson(create: PersonCreate): Promise<Result<PersonMade>>;
  createRow(create: Create): Promise<Result<Written>>;
}

const SUPERSEDED = {
  failure: { kind: 'conflict', scope: 'record', code: 'superseded', message: 'Another run holds this pair' },
} as const;

/** Vendors' batch sizes: Marketo 300 people, Dynamics 100 parts. */
const MAX_PEOPLE = 300;
const MAX_PARTS = 100;
const MAX_QUEUE_MS = 30_000;
/** Full calls of one kind: pages of a large load follow each other closely. */
const FULL_AT_ONCE = 3;

/**
 * Records come one by one, dozens a second while much is changing: a group that left with what is there just now would be half empty. It
 * waits for as long as records are under way that have not come to be written yet; but some of them will want nothing written, or are
 * another process's.
 */
const GATHER_FOR = { quietMs: 1_500, mostMs: 4_000 } as const;

export interface FlushDeps {
  readonly db: Database;
  readonly remotes: Remotes;
  readonly fenceSec: Readonly<Record<SideName, number>>;
  /** Resolves when the side's budget has a place, without taking it. */
  readonly untilPlace: (side: SideName) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function createFlusher(deps: FlushDeps): Flusher {
  const { db, fenceSec } = deps;
  const { marketo, dynamics } = deps.remotes;
  const common = { maxWaitMs: MAX_QUEUE_MS, keyOf, parallelFull: FULL_AT_ONCE };
  const toMarketo = { ...common, maxItems: MAX_PEOPLE, ready: () => deps.untilPlace('marketo') };
  const toDynamics = { ...common, maxItems: MAX_PARTS, ready: () => deps.untilPlace('dynamics') };

  const arrivals = createArrivals(db);
  const gather = { ...GATHER_FOR, moreComing: () => arrivals.moreComing() };

  const writeRows = createGroup({
    ...toDynamics,
    gather,
    send: (writes: readonly DynamicsWrite[]) =>
      fenced(db, writes, fenceSec.dynamics, (allowed) => dynamics.write(allowed.map((write) => write.item))),
  });
  const writePeople = createGroup({
    ...toMarketo,
    gather,
    send: (writes: readonly MarketoWrite[]) => guardedWrite(deps, writes),
  });
  const createPeople = createGroup({
    ...toMarketo,
    gather,
    send: async (creates: readonly PersonCreate[]) =>
      readBack(
        deps,
        creates,
        await fenced(db, creates, fenceSec.marketo, (allowed) => marketo.create(allowed.map((create) => create.item))),
      ),
  });
  // Somebody is waiting for this one: it gathers nothing.
  const createRows = createGroup({
    ...toDynamics,
    send: (creates: readonly Create[]) =>
      fenced(db, creates, fenceSec.dynamics, (allowed) => dynamics.create(allowed.map((create) => create.item))),
  });
  return {
    dynamics: (write) => arrivals.arrive(write.lane, () => withPatience((patienceMs) => writeRows(write, patienceMs))),
    marketo: (write) => arrivals.arrive(write.lane, () => withPatience((patienceMs) => writePeople(write, patienceMs))),
    createPerson: (create) => arrivals.arrive(create.lane, () => withPatience((patienceMs) => createPeople(create, patienceMs))),
    createRow: (create) => withPatience((patienceMs) => createRows(create, patienceMs)),
  };
}

const keyOf = ({ pairId }: Held): string => String(pairId);

/** Sends what its pairs' epochs allow; the others are told they were superseded. */
async function fenced<I extends Held, O>(
  db: Database,
  items: readonly I[],
  seconds: number,
  send: (allowed: readonly I[]) => Promise<Result<O>[]>,
): Promise<Result<O>[]> {
  const allowedIds = await raiseFence(db, items.map(held), seconds);
  const allowed = items.filter((item) => allowedIds.has(item.pairId));
  const answers = allowed.length > 0 ? await keepingUp(db, allowed.map(held), seconds, () => send(allowed)) : [];
  const byPair = new Map(allowed.map((item, index) => [item.pairId, answers[index]]));
  await lowerFence(db, allowed.filter((item) => isDefinite(byPair.get(item.pairId))).map(held));
  return items.map((item) => byPair.get(item.pairId) ?? SUPERSEDED);
}

/**
 * Reads new people back, all in one call: what Marketo keeps as it was sent needs no second look, which would read both sides again. That the
 * reading fails is no failure of theirs.
 */
async function readBack(
  { db, remotes }: FlushDeps,
  creates: readonly PersonCreate[],
  made: readonly Result<Written>[],
): Promise<Result<PersonMade>[]> {
  const people = made.flatMap((answer) => ('ok' in answer ? [answer.ok] : []));
  if (people.length === 0) return [...made];
  const stand = await feedsStand(db, 'marketo');
  const fields = [...new Set(creates.flatMap((create) => create.fields))];
  const reads = await remotes.marketo.read(people, { person: fields });
  const kept = new Map(people.map(({ id }, index) => [id, reads[index]]));
  return made.map((answer) => {
    if ('failure' in answer) return answer;
    const read = kept.get(answer.ok.id);
    if (read === undefined || 'failure' in read || read.ok === undefined) return answer;
    return { ok: { ...answer.ok, kept: { person: read.ok, feedsStand: stand } } };
  });
}

/** Well within the margin by which a fence outlives the longest call. */
const RENEW_EVERY_MS = 2_000;

/**
 * Renews fences until the answer is there: the call may wait for its place in the budget, or for a token, before it leaves. A renewal that
 * fails is made up for by the next one.
 */
async function keepingUp<T>(db: Database, items: readonly Held[], seconds: number, send: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => void renewFence(db, items, seconds).catch(() => undefined), RENEW_EVERY_MS);
  try {
    return await send();
  } finally {
    clearInterval(timer);
  }
}

const held = ({ pairId, epoch }: Held): Held => ({ pairId, epoch });

function isDefinite(answer: Result<unknown> | undefined): boolean {
  return answer !== undefined && ('ok' in answer || answer.failure.outcomeUnknown !== true);
}

/**
 * What a page of a mass update has read is not read again so soon: that would be a third of its calls. An edit that slips in between is found
 * as one that slips in between a look and its write always is, by what the feed says of it afterwards (`overwrittenBy`).
 */
const FRESH_MS = 5_000;

/**
 * Marketo has no conditional write, so every flush first reads its people: a field that still is what the decision was made on is
 * sent, one that already has the planned value counts as written, anything else means deciding again.
 */
async function guardedWrite(deps: FlushDeps, writes: readonly MarketoWrite[]): Promise<Result<MarketoWritten>[]> {
  const reads = await lookOnceMore(deps, writes);
  const verdicts = writes.map((write) => guard(write, reads.get(write)));
  const toSend = writes.flatMap((write, index) => {
    const verdict = verdicts[index];
    return verdict && 'send' in verdict ? [{ ...write, item: { ...write.item, values: verdict.send } }] : [];
  });
  const sent = await fenced(deps.db, toSend, deps.fenceSec.marketo, (allowed) =>
    deps.remotes.marketo.write(allowed.map((write) => write.item)),
  );
  const answers = new Map(toSend.map((write, index) => [write.pairId, sent[index]]));
  return writes.map((write, index) => {
    const verdict = verdicts[index];
    if (verdict === undefined || 'failure' in verdict) return verdict ?? SUPERSEDED;
    if ('confirmed' in verdict) return { ok: { entity: write.item.entity, id: write.item.id, guard: verdict.guard } };
    const answer = answers.get(write.pairId) ?? SUPERSEDED;
    return 'failure' in answer ? answer : { ok: { ...answer.ok, guard: verdict.guard } };
  });
}

type PersonRead = Result<Snapshot | undefined>;

/** What people hold just before they are written to. */
async function lookOnceMore(
  { remotes, now }: FlushDeps,
  writes: readonly MarketoWrite[],
): Promise<ReadonlyMap<MarketoWrite, PersonRead>> {
  const freshSince = now() - FRESH_MS;
  const found = new Map<MarketoWrite, PersonRead>();
  const toRead: MarketoWrite[] = [];
  for (const write of writes) {
    if (write.lane === 'backfill' && write.readAt >= freshSince)
      found.set(write, { ok: { ...write.item, values: write.decidedOn } });
    else toRead.push(write);
  }
  if (toRead.length === 0) return found;
  const fields = [...new Set(toRead.flatMap((write) => Object.keys(write.item.values)))];
  const answers = await remotes.marketo.read(
    toRead.map((write) => write.item),
    { person: fields },
  );
  for (const [index, write] of toRead.entries()) {
    const answer = answers[index];
    if (answer !== undefined) found.set(write, answer);
  }
  return found;
}

type Verdict =
  | { readonly send: Record<string, RawValue>; readonly guard: Record<string, RawValue> }
  | { readonly confirmed: true; readonly guard: Record<string, RawValue> }
  | Extract<Result<never>, { failure: unknown }>;

function guard(write: MarketoWrite, read: PersonRead | undefined): Verdict {
  if (read === undefined) return SUPERSEDED;
  if ('failure' in read) return read;
  if (read.ok === undefined)
    return { failure: { kind: 'gone', scope: 'record', code: 'absent', message: 'The person is not in Marketo any more' } };
  const send: Record<string, RawValue> = {};
  const seen: Record<string, RawValue> = {};
  for (const plan of write.plans) {
    const planned = write.item.values[plan.marketo];
    if (planned === undefined) continue;
    const now = read.ok.values[plan.marketo] ?? null;
    seen[plan.marketo] = now;
    const canonical = canonicalise(plan, 'marketo', now);
    if (equal(canonical, canonicalise(plan, 'marketo', planned))) continue;
    if (!equal(canonical, canonicalise(plan, 'marketo', write.decidedOn[plan.marketo] ?? null)))
      return {
        failure: {
          kind: 'conflict',
          scope: 'record',
          code: 'changedMeanwhile',
          field: plan.marketo,
          message: 'The person changed',
        },
      };
    send[plan.marketo] = planned;
  }
  return Object.keys(send).length > 0 ? { send, guard: seen } : { confirmed: true, guard: seen };
}
