/** Waking what works on calls that are kept. The rows are the promise; without this their people would wait for the next cycle. */
import type { FastifyInstance } from 'fastify';
import type { UnattendedCall } from '../../core/ports';
import { flowStepKey } from '../../temporal/names';
import type { FlowStepGateway } from './deps';

/** Starts the answer of a call, and the creation of the people it waits for. Answers whether Temporal took all of it; never rejects. */
export type Wake = (call: UnattendedCall) => Promise<boolean>;

export function createWake({ temporal, flowStep, log }: FlowStepGateway): Wake {
  return async ({ id, kind, waiting }) => {
    try {
      for (const person of waiting) await temporal.signalCreate(person, flowStepKey.request(id, person));
      await flowStep.startAnswer(id, kind);
      return true;
    } catch {
      log.warn({ chunk: id }, 'Temporal could not be reached; this flow step call is taken up later');
      return false;
    }
  };
}

/**
 * Takes up calls that nobody is at, for as long as the gateway is open: Temporal was away when they came, or a gateway was killed
 * between keeping and waking. Campaigns of triggers wait for seconds, which is too short for the next cycle.
 */
export function attendWhileOpen(app: FastifyInstance, wake: Wake, everyMs: number, { flowStep, log }: FlowStepGateway): void {
  /** What was woken stays unattended until a worker gets to it: waking it again would only make its history longer. */
  let woken: ReadonlySet<string> = new Set();
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      const calls = await flowStep.chunks.unattended();
      const now = new Set<string>();
      for (const call of calls) if (woken.has(call.id) || (await wake(call))) now.add(call.id);
      woken = now;
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
