/** Plays streams side by side: in each round all of them take their steps, then there is one cycle for all; in the end there is quiet. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../../support/world';
import { type Breach, breachesIn, needlessWrites, outcomeOf } from './laws';
import type { Conditions, StreamPlan, Weather } from './plans';
import { lookAround, marksOf, peopleByEmail, type Rest } from './rest';
import type { Stage } from './stage';
import { ask, beginStream, meet, populate, type Stream, take } from './stream';
import type { Seen } from './writes';

const FAIR: Weather = { secured: false, refusing: false };
/** Streams that take their steps at the same time. */
const AT_ONCE = 8;
/** Long after anything that was put off is due, even on a machine that is busy with other things. */
const REST_WITHIN_MS = 180_000;
/** For one round. */
const MOST_CYCLES = 5;
const LONGEST_WAIT_MS = 10_000;

/** One stream at its end. */
export interface Ended {
  readonly stream: Stream;
  readonly rest: Rest;
  readonly breaches: readonly Breach[];
  readonly outcome: unknown;
}

export interface Played {
  readonly ended: readonly Ended[];
  /** What breaks a law and belongs to no stream. */
  readonly strange: readonly Breach[];
  /** What was written until quiet. */
  readonly writes: readonly Seen[];
  readonly secured: boolean;
}

let batches = 0;

/** `plans` by their places in the batch. */
export async function playBatch(
  stage: Stage,
  { weather, patient }: Conditions,
  plans: ReadonlyMap<number, StreamPlan>,
): Promise<Played> {
  const { world } = stage;
  batches += 1;
  const prefix = `batch${batches}.`;
  const streams = [...plans].map(([index, plan]) => beginStream(prefix, index, plan));
  await stage.change(FAIR);
  stage.writes();
  const marks = await marksOf(world);
  await sideBySide(streams, (stream) => populate(world, stream));
  await cycle(stage, streams, patient);
  for (const [round, now] of weather.entries()) {
    await stage.change(now);
    await sideBySide(streams, async (stream) => {
      for (const step of stream.plan.rounds[round] ?? []) await take(world, stream, step, now.refusing);
    });
    await cycle(stage, streams, patient);
  }
  const restless = await quiet(stage, streams);
  const writes = stage.writes();
  await world.cycle();
  const late = stage.writes();
  const { ofStream, strangers } = await lookAround(world, prefix, streams, marks);

  const secured = weather.at(-1)?.secured ?? false;
  const wasSecured = weather.some((round) => round.secured);
  const ofWrites = [
    ...needlessWrites(writes),
    ...late.map((write): Breach => ({ law: 'quiet', of: String(write.id), told: write })),
  ];
  const isOf = (stream: Stream, { of }: Breach): boolean => stream.people.has(of) || stream.rows.has(of);
  return {
    ended: [...ofStream].map(([stream, rest]) => ({
      stream,
      rest,
      breaches: [...breachesIn(stream, rest, secured), ...ofWrites.filter((breach) => isOf(stream, breach))],
      outcome: outcomeOf(stream, rest, wasSecured),
    })),
    strange: [
      ...ofWrites.filter((breach) => !streams.some((stream) => isOf(stream, breach))),
      ...strangers.map((pair): Breach => ({ law: 'nobody doubled', of: pair.ids.join('/'), told: pair })),
      ...restless.map((entry): Breach => ({ law: 'rest', of: entry.key, told: entry })),
    ],
    writes,
    secured,
  };
}

/** Each stream's own steps stay in order. */
async function sideBySide(streams: readonly Stream[], act: (stream: Stream) => Promise<void>): Promise<void> {
  const next = streams.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const stream of next) {
        try {
          await act(stream);
        } catch (cause) {
          throw new Error(`Stream ${stream.index} could not go on: ${String(cause)}`, { cause });
        }
      }
    }),
  );
}

async function cycle(stage: Stage, streams: readonly Stream[], patient: boolean): Promise<void> {
  await cycleToEnd(stage.world);
  if (patient) await waitForOpen(stage.world);
  await catchUp(stage, streams);
}

/** Nothing here is out of reach and nobody fails, so that a cycle ends well. */
async function cycleToEnd(world: World): Promise<void> {
  let result = await world.cycle();
  // On a busy machine a call may be lost; the next cycle makes up for it.
  for (let more = 1; result.ended === 'unreachable' && more < MOST_CYCLES; more += 1) result = await world.cycle();
  if (result.ended !== 'done' || result.failed > 0) throw new Error(`A cycle ended so: ${JSON.stringify(result)}`);
}

const openRecords = (world: World) =>
  world.db.selectFrom('inbox').select(['key', 'due', 'failure_code']).where('state', '=', 'open').orderBy('due').execute();

/** What is due, and what was only put off, comes to an end. */
async function waitForOpen(world: World): Promise<void> {
  for (const until = Date.now() + REST_WITHIN_MS; Date.now() < until; ) {
    const [next] = await openRecords(world);
    if (next === undefined) return;
    await sleep(Math.max(0, Math.min(LONGEST_WAIT_MS, next.due.getTime() - Date.now() + 50)));
    await cycleToEnd(world);
  }
}

/** Campaigns learn what became of their requests, and everybody meets who has come into being. */
async function catchUp({ world }: Stage, streams: readonly Stream[]): Promise<void> {
  await sideBySide(streams, async (stream) => {
    for (const human of stream.humans) await ask(world, stream, human);
  });
  const found = new Map<string, string[]>();
  for (const { id, email } of await peopleByEmail(world, streams, ['id', 'email'])) {
    const ids = found.get(String(email)) ?? [];
    found.set(String(email), [...ids, String(id)]);
  }
  for (const stream of streams) meet(stream, found);
}

/** Everything has been said: cycles find nothing more, and nothing waits. Answers what does. */
async function quiet(stage: Stage, streams: readonly Stream[]) {
  const { world } = stage;
  await world.settle();
  await waitForOpen(world);
  await world.settle();
  await catchUp(stage, streams);
  return openRecords(world);
}
