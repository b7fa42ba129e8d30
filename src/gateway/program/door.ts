/** Temporal as the gateway uses it: connected when it answers, and again whenever it comes back. */
import type { FlowStepKind, Log } from '../../core/ports';
import { connectTemporal } from '../../temporal/client';
import { createTemporalDoor, type TemporalDoor } from '../../temporal/door';
import { startAnswer } from '../../temporal/flowStep';
import { patiently } from './patiently';

export interface OpenDoor {
  readonly door: TemporalDoor;
  readonly startAnswer: (chunk: string, kind: FlowStepKind) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Answers at once. Says once in the log when Temporal is not there, and when it is after all. */
export function openDoor(log: Log): OpenDoor {
  const temporal = connectTemporal();
  const { client } = temporal;
  const door = createTemporalDoor(client);
  const closing = new AbortController();
  const looking = patiently(() => requireAlive(door), {
    signal: closing.signal,
    onFailure: () =>
      log.error({}, 'Temporal does not answer: check TEMPORAL_ADDRESS. Requests are kept, and worked on when it is back.'),
    onRecovery: () => log.info({}, 'Temporal answers'),
  });
  return {
    door,
    startAnswer: (chunk, kind) => startAnswer(client, chunk, kind),
    async close() {
      closing.abort();
      await temporal.close();
      await looking;
    },
  };
}

async function requireAlive(door: TemporalDoor): Promise<void> {
  if (!(await door.isAlive())) throw new Error('Temporal does not answer');
}
