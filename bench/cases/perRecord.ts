/** One durable run per changed record, against the same number of runs that do nothing. */
import type { PageRef } from '../../src/activities/collect';
import { TASK_QUEUE } from '../../src/temporal/names';
import { type Figure, median, ofRounds } from '../figures';
import type { House } from '../house';
import { change, type Pair } from '../pairs';

/**
 * Each round edits `pairs` by the vendors' APIs, half of them on either side, runs one whole cycle (feeds, bulk reads and all), and then as
 * many empty children from the same parent code.
 */
export async function perRecord(house: House, pairs: readonly Pair[], rounds: number): Promise<readonly Figure[]> {
  const ours: number[] = [];
  const empty: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    ours.push(await syncAll(house, pairs));
    empty.push(await runEmpty(house, pairs, round));
  }
  const ratios = ours.map((rate, index) => rate / (empty[index] ?? Number.NaN));
  return [
    ofRounds(ratios, {
      what: `syncRecord against empty children, ${pairs.length} records`,
      unit: 'x',
      goal: { atLeast: 0.75 },
      note: `${median(ours).toFixed(1)} and ${median(empty).toFixed(1)} records/s, ${rounds} rounds`,
    }),
  ];
}

/** Records a second, through one cycle. */
export async function syncAll(house: House, pairs: readonly Pair[]): Promise<number> {
  await change(house, pairs);
  const { ms, outcomes } = await house.cycle();
  if (outcomes.written !== pairs.length)
    throw new Error(`Of ${pairs.length} changed records the cycle wrote ${JSON.stringify(outcomes)}`);
  await house.settle();
  return (pairs.length / ms) * 1_000;
}

async function runEmpty(house: House, pairs: readonly Pair[], round: number): Promise<number> {
  const refs: PageRef[] = pairs.map(({ marketoId, microsoftId }) => ({
    key: `empty/${marketoId}`,
    kind: 'record',
    lane: 3,
    entity: 'contact',
    marketoId,
    microsoftId,
  }));
  const startedAt = performance.now();
  await house.client.workflow.execute('emptyCycle', {
    taskQueue: TASK_QUEUE,
    workflowId: `empty-cycle-${round}`,
    args: [{ refs }],
  });
  return (pairs.length / (performance.now() - startedAt)) * 1_000;
}
