/** `submitAsyncAction`: keeps a chunk, then acknowledges it, then wakes what works on it. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { FlowStepAcceptance, FlowStepChunk } from '../../core/ports';
import { flowStepKey } from '../../temporal/names';
import type { ZodBodies } from '../bodies';
import { within } from '../deadline';
import { HttpError } from '../errors';
import type { FlowStepGateway } from './deps';
import { chunkOf, submissionBody } from './submission';

/** A thousand people with many mapped fields are some MB; nothing that is a call has 64 MiB. */
const BODY_LIMIT = 64 * 1024 * 1024 - 1;
/** A thousand people take well under a second. */
const ACCEPT_WAIT_MS = 10_000;

export function registerSubmit(
  app: FastifyInstance,
  path: string,
  onRequest: (request: FastifyRequest) => Promise<void>,
  { temporal, log, flowStep }: FlowStepGateway,
): void {
  app
    .withTypeProvider<ZodBodies>()
    .post(path, { onRequest, bodyLimit: BODY_LIMIT, schema: { body: submissionBody } }, async ({ body }, reply) => {
      const chunk = chunkOf(body, flowStep);
      const acceptance = await keep(chunk);
      log.info({ chunk: chunk.id, kind: chunk.kind, people: chunk.people.length, ...acceptance }, 'a flow step was called');
      if (!acceptance.ended) void wake(chunk, acceptance);
      reply.code(201);
      return { status: 'accepted', people: chunk.people.length, message: messageFor(acceptance) };
    });

  async function keep(chunk: FlowStepChunk): Promise<FlowStepAcceptance> {
    const acceptance = await within(
      flowStep.chunks.accept(chunk).catch(() => undefined),
      ACCEPT_WAIT_MS,
    );
    if (acceptance) return acceptance;
    log.error({ chunk: chunk.id }, 'a flow step call could not be kept: the store does not answer');
    throw new HttpError(503, 'unavailable', 'The call could not be kept. Send it again later.', {}, { 'retry-after': '10' });
  }

  /** Never awaited by the answer: the rows are the promise, and a cycle does all this when Temporal is away. */
  async function wake(chunk: FlowStepChunk, { repeated }: FlowStepAcceptance): Promise<void> {
    try {
      if (chunk.kind === 'trigger' && !repeated) {
        for (const person of chunk.people) {
          if (!('refusal' in person))
            await temporal.signalCreate(person.marketoId, flowStepKey.request(chunk.id, person.marketoId));
        }
      }
      await flowStep.startAnswer(chunk.id, chunk.kind);
    } catch {
      log.warn({ chunk: chunk.id }, 'Temporal could not be reached; the next cycle works on this flow step call');
    }
  }
}

function messageFor({ repeated, samePeople }: FlowStepAcceptance): string {
  if (!repeated) return 'Kept. The answer goes to callbackUrl.';
  if (samePeople) return 'This token is known: the call is kept already.';
  return 'This token is known, from a call with other people: what it came with first counts, this body is ignored.';
}
