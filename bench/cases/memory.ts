/** What the programs take while nothing goes on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/embedded/processes';
import type { Figure } from '../figures';
import type { House } from '../house';
import { residentMb } from '../residentMb';

const REST_MS = 5_000;

export async function memory(house: House, workerPid: number): Promise<readonly Figure[]> {
  const port = await freePort();
  const gateway = await house.startProgram(
    'gateway',
    '../src/gateway.js',
    async () => {
      const { status } = await fetch(`http://127.0.0.1:${port}/health`);
      if (status !== 200) throw new Error(`The gateway answers ${status}`);
    },
    {
      MDSYNC_GATEWAY_PORT: String(port),
      MDSYNC_GATEWAY_TOKEN: 'token-of-the-bench-for-campaigns',
      MDSYNC_OPERATOR_TOKEN: 'token-of-the-bench-for-operators',
    },
  );
  await sleep(REST_MS);
  const figures = [
    { what: 'memory of a worker at rest, after all of the above', value: residentMb(workerPid), unit: 'MB' },
    { what: 'memory of the gateway at rest', value: residentMb(gateway.pid), unit: 'MB' },
  ];
  await gateway.stop(REST_MS);
  return figures;
}
