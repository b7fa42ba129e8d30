/** What the front doors ask of Temporal, on one client. */
import type { Client } from '@temporalio/client';
import type { SetUpReport } from '../core/ports';
import { signalCreate, startPeople } from './create';
import { describeSchedule, type ScheduleState, triggerCycle } from './schedule';
import { runSetUp } from './setUp';

export interface TemporalDoor {
  signalCreate(marketoId: string, requestId: string): Promise<void>;
  /** For many people at once, and the flow step calls that wait for them. */
  startPeople(marketoIds: readonly string[], chunks: readonly string[]): Promise<void>;
  triggerCycle(): Promise<void>;
  schedule(): Promise<ScheduleState>;
  setUp(): Promise<SetUpReport>;
  /** True when the server answers. */
  isAlive(): Promise<boolean>;
}

export function createTemporalDoor(client: Client): TemporalDoor {
  return {
    signalCreate: (marketoId, requestId) => signalCreate(client, marketoId, requestId),
    startPeople: (marketoIds, chunks) => startPeople(client, marketoIds, chunks),
    triggerCycle: () => triggerCycle(client),
    schedule: () => describeSchedule(client),
    setUp: () => runSetUp(client),
    isAlive: () =>
      client.workflowService.getSystemInfo({}).then(
        () => true,
        () => false,
      ),
  };
}
