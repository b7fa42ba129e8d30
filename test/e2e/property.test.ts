/**
 * Random streams of edits, clears, creates, deletes, merges, qualified leads, requests, closed columns and refusals on both sides, with
 * cycles in between. Then quiet, and the laws of `property/laws.ts` hold. A failure prints its seed and the shortest stream that fails;
 * MDSYNC_TEST_RUNS says how many streams, MDSYNC_TEST_SEED which.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTap, type Tap } from '../support/tap';
import { startWorld, type World } from '../support/world';
import {
  expectAgreement,
  expectNobodyDoubled,
  expectNothingLost,
  expectOnlyNeededWrites,
  expectTrueStates,
  lookAround,
  outcomeOf,
  type Seen,
  seeWrite,
} from './property/laws';
import { populate, type Step, type Stream, streamOf, take } from './property/steps';

const RUNS = Number(process.env['MDSYNC_TEST_RUNS'] ?? 3);
const HUMANS = 12;
const PRINTED_SEED = process.env['MDSYNC_TEST_SEED'];

let world: World;
const taps: Tap[] = [];
let number = 0;
let stream: Stream | undefined;
let seen: Seen[] = [];

beforeAll(async () => {
  world = await startWorld({
    env: { MDSYNC_DELETE_GRACE_SEC: '0' },
    async through(_side, url) {
      const tap = await startTap(url, async (writes) => {
        for (const write of writes) seen.push(await seeWrite(world, write, stream?.secured ?? false));
      });
      taps.push(tap);
      return tap.url;
    },
  });
}, 120_000);

afterAll(async () => {
  await world.stop();
  for (const tap of taps) await tap.close();
}, 60_000);

/** Everything has been said: what is due, and what was only put off, comes to an end. */
async function quiet(): Promise<void> {
  const open = () =>
    world.db.selectFrom('inbox').select(['key', 'due', 'failure_code']).where('state', '=', 'open').orderBy('due').execute();
  for (let round = 0; round < 6; round += 1) {
    await world.settle();
    const [next] = await open();
    if (next === undefined) return;
    await sleep(Math.max(0, Math.min(10_000, next.due.getTime() - Date.now() + 50)));
  }
  expect(await open()).toEqual([]);
}

/** Runs one stream to rest, holds it against the laws, and answers what it ended in. */
async function play(steps: readonly Step[]): Promise<unknown> {
  number += 1;
  seen = [];
  stream = await populate(world, number, HUMANS, stream);
  for (const step of steps) await take(world, stream, step);
  await quiet();
  const rest = await lookAround(world, stream);
  await expectAgreement(world, stream, rest);
  expectTrueStates(rest);
  expectNobodyDoubled(stream, rest);
  await expectNothingLost(world, stream, rest);
  expectOnlyNeededWrites(seen);
  const soFar = seen.length;
  await world.cycle();
  expect(seen.slice(soFar)).toEqual([]);
  return outcomeOf(stream, rest);
}

test(
  `both sides come to rest in agreement, and in the same again, ${RUNS} streams of ${HUMANS} humans`,
  async () => {
    let first = true;
    await fc.assert(
      fc.asyncProperty(streamOf(HUMANS), async (steps) => {
        const outcome = await play(steps);
        if (first) expect(await play(steps)).toEqual(outcome);
        first = false;
      }),
      {
        numRuns: RUNS,
        ...(PRINTED_SEED === undefined ? {} : { seed: Number(PRINTED_SEED) }),
        endOnFailure: PRINTED_SEED === undefined,
      },
    );
    expect(seen.length).toBeGreaterThan(0);
  },
  120_000 + RUNS * 60_000,
);
