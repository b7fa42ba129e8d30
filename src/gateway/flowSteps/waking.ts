/** Waking what works on calls that are kept. The rows are the promise; without this their people would wait for the next cycle. */
import type { FastifyInstance } from 'fastify';
import type { UnattendedCall } from '../../core/ports';
import { flowStepKey } from '../../temporal/names';
import type { FlowStepGateway } from './deps';

export interface Waker {
  /**
   * Starts the answers of calls, and the creation of the people they wait for: each person in a run of its own, or many people in one. Never
   * rejects: what Temporal did not take is taken up later.
   */
  wake(calls: readonly UnattendedCall[]): Promise<void>;
  /** Whether Temporal has taken a call of which no worker may have made a note by now. */
  hasWoken(id: string): boolean;
}

/** From so many people on they share a run, with their answers: runs of their own would cost the machine more than the work does. */
const MANY = 10;
/** As many people as travel in one of Marketo's calls. */
const MOST = 300;
/** A call that a worker is at is in the list of those that nobody is at no longer; a machine with too much to do gets to it in this time. */
const REMEMBERED_MS = 10 * 60_000;

export function createWaker({ temporal, flowStep, log, clock }: FlowStepGateway): Waker {
  const woken = new Map<string, number>();

  async function wake(calls: readonly UnattendedCall[]): Promise<void> {
    const waiting = calls.filter((call) => call.waiting.length > 0);
    const isMany = peopleOf(waiting).length >= MANY;
    const together = isMany ? lotsOf(waiting) : [];
    const alone = isMany ? calls.filter((call) => call.waiting.length === 0) : calls;
    await Promise.all([...together.map(wakeTogether), ...alone.map(wakeAlone)]);
  }

  const wakeTogether = (calls: readonly UnattendedCall[]): Promise<void> =>
    note(calls, () =>
      temporal.startPeople(
        peopleOf(calls),
        calls.map(({ id }) => id),
      ),
    );

  const wakeAlone = (call: UnattendedCall): Promise<void> =>
    note([call], async () => {
      for (const person of call.waiting) await temporal.signalCreate(person, flowStepKey.request(call.id, person));
      await flowStep.startAnswer(call.id, call.kind);
    });

  async function note(calls: readonly UnattendedCall[], start: () => Promise<void>): Promise<void> {
    try {
      await start();
    } catch {
      for (const { id } of calls) log.warn({ chunk: id }, 'Temporal could not be reached; this flow step call is taken up later');
      return;
    }
    const now = clock.now().getTime();
    for (const { id } of calls) {
      // To the end of the map, whose order is that of time.
      woken.delete(id);
      woken.set(id, now);
    }
    for (const [id, at] of woken) {
      if (at >= now - REMEMBERED_MS) break;
      woken.delete(id);
    }
  }

  return {
    wake,
    hasWoken: (id) => (woken.get(id) ?? 0) >= clock.now().getTime() - REMEMBERED_MS,
  };
}

const peopleOf = (calls: readonly UnattendedCall[]): readonly string[] => [...new Set(calls.flatMap(({ waiting }) => waiting))];

/** Calls stay whole: one with more people than a lot has is a lot by itself. */
function lotsOf(calls: readonly UnattendedCall[]): readonly (readonly UnattendedCall[])[] {
  const lots: UnattendedCall[][] = [];
  let left = 0;
  for (const call of calls) {
    if (lots.length === 0 || left < call.waiting.length) {
      lots.push([]);
      left = MOST;
    }
    lots.at(-1)?.push(call);
    left -= call.waiting.length;
  }
  return lots;
}

/**
 * Takes up calls that nobody is at, for as long as the gateway is open: Temporal was away when they came, or a gateway was killed
 * between keeping and waking. Campaigns of triggers wait for seconds, which is too short for the next cycle.
 */
export function attendWhileOpen(app: FastifyInstance, waker: Waker, everyMs: number, { flowStep, log }: FlowStepGateway): void {
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      const calls = await flowStep.chunks.unattended();
      // What was woken stays in the list until a worker gets to it: waking it again would only make more work.
      await waker.wake(calls.filter(({ id }) => !waker.hasWoken(id)));
    } catch (error) {
      log.debug({ code: (error as { readonly code?: unknown }).code }, 'the store could not tell which flow step calls wait');
    } finally {
      looking = false;
    }
  };
  let timer: NodeJS.Timeout | undefined;
  app.addHook('onListen', async () => {
    timer = setInterval(() => void look(), everyMs).unref();
  });
  app.addHook('preClose', async () => clearInterval(timer));
}
