/** The gateway as the product runs it, on a free port. */
import type { Child } from '../src/embedded/child';
import { freePort } from '../src/embedded/processes';
import type { House } from './house';

export const GATEWAY_TOKEN = 'token-of-the-bench-for-campaigns';

export interface Gateway {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 5_000;

export async function startGateway(house: House): Promise<Gateway> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child: Child = await house.startProgram(
    'gateway',
    '../src/gateway.js',
    async () => {
      const { status } = await fetch(`${url}/health`);
      if (status !== 200) throw new Error(`The gateway answers ${status}`);
    },
    {
      MDSYNC_GATEWAY_PORT: String(port),
      MDSYNC_GATEWAY_TOKEN: GATEWAY_TOKEN,
      MDSYNC_OPERATOR_TOKEN: 'token-of-the-bench-for-operators',
    },
  );
  return { url, pid: child.pid, stop: () => child.stop(STOP_GRACE_MS) };
}
