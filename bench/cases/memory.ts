/** What the programs take at rest, and whether an hour of cycles leaves anything behind. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../figures';
import { startGateway } from '../gateway';
import type { House } from '../house';
import { change, type Pair } from '../pairs';
import { residentMb } from '../residentMb';

const REST_MS = 5_000;
/** One every five minutes. */
const CYCLES_PER_HOUR = 12;

/** In each of the cycles `pairs` are changed. */
export async function memory(house: House, workerPid: number, pairs: readonly Pair[]): Promise<readonly Figure[]> {
  const gateway = await startGateway(house);
  const look = async () => {
    await sleep(REST_MS);
    return { worker: residentMb(workerPid), gateway: residentMb(gateway.pid) };
  };
  const before = await look();
  for (let cycle = 0; cycle < CYCLES_PER_HOUR; cycle += 1) {
    await change(house, pairs);
    await house.cycle();
  }
  const after = await look();
  await gateway.stop();
  return (['worker', 'gateway'] as const).flatMap((program) => [
    { what: `memory of the ${program} at rest`, value: before[program], unit: 'MB' },
    {
      what: `memory of the ${program} after an hour's worth of cycles`,
      value: after[program],
      unit: 'MB',
      note: `${(after[program] / before[program]).toFixed(2)} x; ${CYCLES_PER_HOUR} cycles with ${pairs.length} changes each`,
    },
  ]);
}
