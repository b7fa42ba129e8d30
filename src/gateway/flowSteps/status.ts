/** `status`: Marketo asks when credentials are saved, and every night; what it is told stands in its service log. */
import type { SideName } from '../../core/types';
import type { FlowStepState, SyncStatus } from '../../core/ports';
import { within } from '../deadline';
import type { FlowStepGateway } from './deps';

export interface ServiceStatus {
  readonly info: readonly string[];
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

/** The parts may be slow; a status that comes too late is none. */
const WAIT_MS = 5_000;
const SCREEN_NAMES = { marketo: 'Marketo', dynamics: 'Dynamics' } as const;

/** Always an answer, whatever is down: an answer that says so. */
export async function serviceStatus({ health, operations, flowStep }: FlowStepGateway): Promise<ServiceStatus> {
  const { parts, status } = await health();
  const told =
    parts.store === 'ok'
      ? await within(
          Promise.all([operations.status(), flowStep.chunks.state()]).catch(() => undefined),
          WAIT_MS,
        )
      : undefined;
  const errors = [
    ...(told === undefined ? ['The database does not answer: calls are refused until it does.'] : []),
    ...(parts.temporal === 'ok' ? [] : ['Temporal does not answer: calls are kept, and worked on when it is back.']),
  ];
  if (told === undefined) return { info: [], warnings: [], errors };
  const [sync, calls] = told;
  return {
    info: [...(status === 'starting' ? ['The first cycle has not been through yet.'] : []), ...progress(sync, calls)],
    warnings: [...sides(sync), ...quarantine(sync), ...lost(calls)],
    errors: [...errors, ...sync.problems],
  };
}

function progress({ pairs, openRequests, lastCycle }: SyncStatus, { open, oldestOpenSec }: FlowStepState): string[] {
  return [
    `${pairs} people are synced with Dynamics; ${openRequests} wait to be created.`,
    ...(open > 0 ? [`${open} calls wait for their answer, the oldest for ${oldestOpenSec ?? 0} s.`] : []),
    ...(lastCycle ? [`The last cycle started at ${lastCycle.startedAt}: ${lastCycle.outcome}.`] : []),
  ];
}

function sides(sync: SyncStatus): string[] {
  return (Object.entries(sync.sides) as [SideName, SyncStatus['sides'][SideName]][]).flatMap(
    ([side, { blockedUntil, reason }]) =>
      blockedUntil === undefined
        ? []
        : [`${SCREEN_NAMES[side]} is left alone until ${blockedUntil}${reason === undefined ? '' : ` (${reason})`}.`],
  );
}

function quarantine({ quarantined }: SyncStatus): string[] {
  return quarantined === 0
    ? []
    : [`${quarantined} records failed too often and wait for an operator: "mdsync status" shows them.`];
}

function lost(calls: FlowStepState): string[] {
  return calls.lost.map(({ code, count }) => `In the last 24 hours ${count} answers to campaigns were not taken (${code}).`);
}
