/** What the programs take while nothing goes on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../figures';
import { startGateway } from '../gateway';
import type { House } from '../house';
import { residentMb } from '../residentMb';

const REST_MS = 5_000;

export async function memory(house: House, workerPid: number): Promise<readonly Figure[]> {
  const gateway = await startGateway(house);
  await sleep(REST_MS);
  const figures = [
    { what: 'memory of a worker at rest, after all of the above', value: residentMb(workerPid), unit: 'MB' },
    { what: 'memory of the gateway at rest', value: residentMb(gateway.pid), unit: 'MB' },
  ];
  await gateway.stop();
  return figures;
}
