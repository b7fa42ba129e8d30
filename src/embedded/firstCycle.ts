/** Waiting until the gateway says `ready`, and telling what goes on meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HealthReport } from '../gateway/deps';
import type { StatusAnswer } from '../gateway/operator';

const ASK_EVERY_MS = 250;

export interface FirstCycleOptions {
  readonly gatewayUrl: string;
  readonly operatorToken: string;
  readonly timeoutMs: number;
  /** Told the status now and then. */
  readonly onStatus: (status: StatusAnswer) => void;
}

/** Resolves with true when the first cycle has been through, with false when it takes longer than `timeoutMs`. */
export async function waitForFirstCycle(options: FirstCycleOptions): Promise<boolean> {
  const deadline = Date.now() + options.timeoutMs;
  while (Date.now() < deadline) {
    const { status } = await askHealth(options.gatewayUrl);
    if (status === 'ready') return true;
    const answer = await readStatus(options).catch(() => undefined);
    if (answer) options.onStatus(answer);
    await sleep(ASK_EVERY_MS);
  }
  return false;
}

/** Rejects when the gateway does not answer. */
export async function askHealth(gatewayUrl: string): Promise<HealthReport> {
  const response = await fetch(`${gatewayUrl}/health`);
  return (await response.json()) as HealthReport;
}

/** What `mdsync status` shows. */
export async function readStatus({
  gatewayUrl,
  operatorToken,
}: Pick<FirstCycleOptions, 'gatewayUrl' | 'operatorToken'>): Promise<StatusAnswer> {
  const response = await fetch(`${gatewayUrl}/operator/status`, { headers: { authorization: `Bearer ${operatorToken}` } });
  if (!response.ok) throw new Error(`The gateway answered ${response.status} to a question for the status.`);
  return (await response.json()) as StatusAnswer;
}
