/** How soon a campaign's "Sync Person to Microsoft" has its row, while nothing else goes on and while many changes are being synced. */
import { LANES } from '../../src/core/types';
import { createRequests } from '../../src/store/requests';
import { signalCreate } from '../../src/temporal/create';
import { recordKey } from '../../src/temporal/names';
import { type Figure, percentile } from '../figures';
import type { House } from '../house';
import { change, type Pair } from '../pairs';
import { residentMb } from '../residentMb';
import { marketoCaller } from '../vendors';

/** Between two requests, as a trigger campaign sends them. */
const PAUSE_MS = 250;

export async function creation(
  house: House,
  workerPid: number,
  pairs: readonly Pair[],
  requests: number,
): Promise<readonly Figure[]> {
  const people = await newPeople(house, 2 * requests + 1);
  // The first one finds caches cold.
  await create(house, people.pop()!);
  const idle: number[] = [];
  for (const id of people.splice(0, requests)) idle.push(await create(house, id));

  await house.settle();
  await change(house, pairs);
  const running = house.cycle();
  const busy: number[] = [];
  const workerMb: number[] = [];
  let over = false;
  const cycleEnds = running.then(() => (over = true));
  for (const id of people) {
    if (over) break;
    busy.push(await create(house, id));
    workerMb.push(residentMb(workerPid));
  }
  await cycleEnds;
  await house.settle();
  return [
    ...figures('idle', idle),
    ...figures(`while ${pairs.length} changes are synced`, busy),
    {
      what: 'p95 of creations while busy against idle',
      value: percentile(busy, 0.95) / percentile(idle, 0.95),
      unit: 'x',
      goal: { atMost: 3 },
      note: `${busy.length} and ${idle.length} requests, lane ${LANES.create}`,
    },
    { what: 'memory of the worker meanwhile, at most', value: Math.max(...workerMb), unit: 'MB' },
  ];
}

const figures = (when: string, waits: readonly number[]): readonly Figure[] =>
  [0.5, 0.95].map((share) => ({
    what: `from request to row, ${when}, p${share * 100}`,
    value: percentile(waits, share),
    unit: 'ms',
  }));

/** Milliseconds from the request to the end of its run, which has the row by then. */
async function create({ client, db }: House, marketoId: string): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  const startedAt = performance.now();
  const requestId = `bench-${marketoId}`;
  await createRequests(db).accept({ requestId, marketoId, syncAs: 'contact', source: 'webhook' });
  await signalCreate(client, marketoId, requestId);
  const { outcome } = (await client.workflow.getHandle(recordKey.create(marketoId)).result()) as { readonly outcome: string };
  if (outcome !== 'created') throw new Error(`A creation request ended with ${outcome}`);
  return performance.now() - startedAt;
}

async function newPeople({ vendors }: House, count: number): Promise<string[]> {
  const call = await marketoCaller(vendors.marketoUrl);
  const input = Array.from({ length: count }, (_, index) => ({
    firstName: 'Bench',
    lastName: `Number ${index}`,
    email: `bench.${index}@example.com`,
  }));
  const { result } = await call('/rest/v1/leads.json', { action: 'createOnly', lookupField: 'email', input });
  return (result as readonly { readonly id: number }[]).map(({ id }) => String(id));
}
