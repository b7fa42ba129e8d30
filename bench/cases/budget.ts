/** How much of its share of Marketo's limit is used while there is work, and whether the limit is ever met, with one worker process and with two. */
import { setTimeout as sleep } from 'node:timers/promises';
import { leftOfBackfill } from '../../src/store/inbox';
import type { Figure } from '../figures';
import { type House, startHouse } from '../house';
import { forgetFeed, seedContacts } from './initialLoad';
import { control, type Latency, marketoCaller, productCalls } from '../vendors';

/** Half of what Marketo grants an instance, the product's default. */
const CALLS_PER_20S = 50;
const WINDOW_SEC = 20;
const LOOK_EVERY_MS = 100;

/**
 * An initial load of `contacts`, while the sandbox refuses every call beyond the share: so one call too many in any 20 seconds would show.
 * It is watched for `windows` such stretches, and ended.
 */
export async function budget(
  contacts: number,
  windows: number,
  latency: Latency,
  say: (words: string) => void,
): Promise<Figure[]> {
  const house = await startHouse({ pairs: 1, latency, say });
  try {
    await control(house.vendors.marketoUrl, 'limits', { callsPer20s: CALLS_PER_20S });
    const env = { MARKETO_CALLS_PER_20S: String(CALLS_PER_20S) };
    await house.startWorker({ env });
    await house.prepare();
    await seedContacts(house, contacts, 1);
    await forgetFeed(house);
    // It is never waited for: the house is closed over its head.
    house.cycle().catch(() => undefined);
    const figures: Figure[] = [];
    for (const workers of [1, 2]) {
      if (workers > 1) await house.startWorker({ env });
      say(
        `an initial load with ${workers === 1 ? 'one worker process' : 'two worker processes'}, ${CALLS_PER_20S} calls in 20 s allowed`,
      );
      figures.push(await shareUsed(house, workers, windows));
    }
    return [...figures, await refusals(house)];
  } finally {
    await house.stop();
  }
}

/** Calls go out in bursts, as many as there are places: so the stretch that is watched begins at every moment of one window, in turn. */
async function shareUsed(house: House, workers: number, windows: number): Promise<Figure> {
  const looks = WINDOW_SEC * (1_000 / LOOK_EVERY_MS);
  const counts: number[] = [];
  // What has been kept back while nobody called leaves in the first window, which is not looked at.
  await sleep(WINDOW_SEC * 1_000);
  const startedAt = performance.now();
  while (counts.length <= (windows + 1) * looks) {
    counts.push((await productCalls(house.vendors)).marketo);
    await sleep(Math.max(0, startedAt + counts.length * LOOK_EVERY_MS - performance.now()));
  }
  if ((await leftOfBackfill(house.db)) === 0) throw new Error('The load was over too soon: there was not always work');
  const stretches = Array.from({ length: looks }, (_, at) => (counts[at + windows * looks] ?? 0) - (counts[at] ?? 0));
  const calls = stretches.reduce((sum, count) => sum + count, 0) / looks;
  return {
    what: `share of its calls to Marketo that ${workers} worker process${workers === 1 ? '' : 'es'} used`,
    value: calls / (windows * CALLS_PER_20S),
    unit: 'of all',
    goal: { atLeast: 0.9 },
    note: `${calls.toFixed(1)} calls in ${windows * WINDOW_SEC} s`,
  };
}

const LIMITS: ReadonlySet<string> = new Set(['606', '607', '615']);

async function refusals({ vendors }: House): Promise<Figure> {
  const call = await marketoCaller(vendors.marketoUrl);
  await control(vendors.marketoUrl, 'limits', { callsPer20s: 1_000 });
  const { result } = await call('/rest/v1/stats/errors.json');
  const errors = (result as readonly { readonly errors: readonly { readonly errorCode: string; readonly count: number }[] }[])
    .flatMap((day) => day.errors)
    .filter(({ errorCode }) => LIMITS.has(errorCode));
  return {
    what: 'answers of Marketo that a limit was met',
    value: errors.reduce((sum, { count }) => sum + count, 0),
    unit: '',
    goal: { atMost: 0 },
    note: errors.map(({ errorCode, count }) => `${count} x ${errorCode}`).join(', '),
  };
}
