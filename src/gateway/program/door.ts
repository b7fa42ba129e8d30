/** Temporal as the gateway uses it: connected when it answers, and again whenever it comes back. */
import type { FlowStepKind, Log } from '../../core/ports';
import { connectTemporal } from '../../temporal/client';
import { createTemporalDoor, type TemporalDoor } from '../../temporal/door';
import { startAnswer } from '../../temporal/flowStep';
import { createLooks, type Looks } from '../../temporal/lookInto';
import { within } from '../deadline';
import { patiently } from './patiently';

/** The client itself tries for much longer before it says that nobody answers. */
const ANSWER_MS = 3_000;

export interface OpenDoor {
  readonly door: TemporalDoor;
  readonly startAnswer: (chunk: string, kind: FlowStepKind) => Promise<void>;
  readonly looks: Looks;
}

/**
 * Answers at once. Says once in the log when Temporal is not there, and when it is after all.
 *
 * The connection ends with the process: a client that is closed while it waits for its next try throws out of a timer.
 */
export function openDoor(log: Log, closing: AbortSignal): OpenDoor {
  const { client } = connectTemporal();
  const door = createTemporalDoor(client);
  void patiently(() => requireAlive(door), {
    signal: closing,
    onFailure: () =>
      log.error({}, 'Temporal does not answer: check TEMPORAL_ADDRESS. Requests are kept, and worked on when it is back.'),
    onRecovery: () => log.info({}, 'Temporal answers'),
  });
  return { door, startAnswer: (chunk, kind) => startAnswer(client, chunk, kind), looks: createLooks(client) };
}

async function requireAlive(door: TemporalDoor): Promise<void> {
  if (!(await within(door.isAlive(), ANSWER_MS))) throw new Error('Temporal does not answer');
}
