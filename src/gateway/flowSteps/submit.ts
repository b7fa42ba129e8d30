/** `submitAsyncAction`: keeps a chunk, then acknowledges it, then wakes what works on it. */
import type { FastifyInstance } from 'fastify';
import type { FlowStepAcceptance, FlowStepChunk, UnattendedCall } from '../../core/ports';
import type { CheckToken } from '../auth';
import type { ZodBodies } from '../bodies';
import { within } from '../deadline';
import { HttpError } from '../errors';
import type { FlowStepGateway } from './deps';
import { createLull } from './lull';
import { chunkOf, submissionBody } from './submission';
import type { Waker } from './waking';

/** A thousand people with many mapped fields are some MB; nothing that is a call has 64 MiB. */
const BODY_LIMIT = 64 * 1024 * 1024 - 1;
/** A thousand people take well under a second. */
const ACCEPT_WAIT_MS = 10_000;

export function registerSubmit(
  app: FastifyInstance,
  path: string,
  onRequest: CheckToken,
  waker: Waker,
  { log, flowStep }: FlowStepGateway,
): void {
  const lull = createLull((calls: readonly UnattendedCall[]) => waker.wake(calls));
  app
    .withTypeProvider<ZodBodies>()
    .post(path, { onRequest, bodyLimit: BODY_LIMIT, schema: { body: submissionBody } }, async ({ body, caller }, reply) => {
      const chunk = { ...chunkOf(body, flowStep), ...(caller !== undefined && { caller }) };
      const acceptance = await lull.during(() => keep(chunk));
      log.info(
        { chunk: chunk.id, kind: chunk.kind, people: chunk.people.length, caller, ...acceptance },
        'a flow step was called',
      );
      if (!acceptance.ended) lull.afterwards(toWake(chunk));
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
}

/**
 * A call that comes again wakes as the first one does: whoever kept that one may have been killed before it woke anybody, and waking twice
 * does nothing twice. People of batch campaigns wait for the cycle.
 */
function toWake({ id, kind, people }: FlowStepChunk): UnattendedCall {
  const wanted = kind === 'trigger' ? people.filter((person) => !('refusal' in person)) : [];
  return { id, kind, waiting: wanted.map(({ marketoId }) => marketoId) };
}

function messageFor({ repeated, samePeople }: FlowStepAcceptance): string {
  if (!repeated) return 'Kept. The answer goes to callbackUrl.';
  if (samePeople) return 'This token is known: the call is kept already.';
  return 'This token is known, from a call with other people: what it came with first counts, this body is ignored.';
}
