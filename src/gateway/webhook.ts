/** "Sync Person to Microsoft" for trigger campaigns: Marketo calls it as a webhook, one person a call. */
import type { FastifyInstance } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { v4 as uuid } from 'uuid';
import type { z } from 'zod';
import type { CreationOutcome, CreationRequest } from '../core/ports';
import { recordKey } from '../temporal/names';
import { CAMPAIGNS, requireBearer } from './auth';
import type { ZodBodies } from './bodies';
import { within } from './deadline';
import type { GatewayDeps, Waits } from './deps';
import { HttpError } from './errors';
import { WEBHOOK_PATH, webhookBody } from './schemas';

const POLL_GROWTH = 1.5;
const SLOWEST_POLL_MS = 1_000;

/**
 * The row in the store is the promise: no row within three seconds, 503; a row, 200 with the outcome or, after ten seconds, 202.
 * Temporal is only woken: when it is away, the next cycle starts the request.
 */
export function registerWebhook(app: FastifyInstance, deps: GatewayDeps, waits: Waits, closing: AbortSignal): void {
  const { requests, temporal, log } = deps;
  const onRequest = requireBearer(deps.tokens.gateway, CAMPAIGNS);

  app
    .withTypeProvider<ZodBodies>()
    .post(WEBHOOK_PATH, { onRequest, schema: { body: webhookBody } }, async ({ body, caller }, reply) => {
      const request = requestOf(body, caller);
      const ids = { marketoId: request.marketoId, requestId: request.requestId };
      const accepted = await accept(request);
      if (accepted.outcome) return answer(accepted.outcome);

      // Not awaited: a connection attempt to an absent Temporal may take longer than Marketo waits.
      temporal
        .signalCreate(request.marketoId, request.requestId)
        .catch(() => log.warn(ids, 'Temporal could not be signalled; the next cycle starts this creation request'));

      const outcome = await outcomeWithin(request.requestId);
      log.info({ ...ids, caller, status: outcome?.status ?? 'queued' }, 'creation request');
      if (outcome) return answer(outcome);
      reply.code(202);
      return { status: 'queued', workflowId: recordKey.create(request.marketoId) };
    });

  async function accept(request: CreationRequest): Promise<{ readonly outcome?: CreationOutcome }> {
    const accepted = await within(
      requests.accept(request).catch(() => undefined),
      waits.acceptMs,
    );
    if (accepted) return accepted;
    log.error(
      { marketoId: request.marketoId, requestId: request.requestId },
      'a creation request could not be kept: the store does not answer',
    );
    throw new HttpError(503, 'unavailable', 'The request could not be kept. Send it again later.', {}, { 'retry-after': '10' });
  }

  async function outcomeWithin(requestId: string): Promise<CreationOutcome | undefined> {
    const until = deps.clock.now().getTime() + waits.outcomeMs;
    let pauseMs = waits.pollMs;
    for (;;) {
      // A store that went away since: the row is safe, so the answer is still 202.
      const outcome = await within(
        requests.outcome(requestId).catch(() => undefined),
        until - deps.clock.now().getTime(),
        closing,
      );
      const leftMs = until - deps.clock.now().getTime();
      if (outcome || leftMs <= 0 || closing.aborted) return outcome;
      await sleep(Math.min(pauseMs, leftMs), undefined, { signal: closing }).catch(() => undefined);
      // A busy campaign has hundreds waiting at once: their looks must not crowd out the requests that come in.
      pauseMs = Math.min(pauseMs * POLL_GROWTH, SLOWEST_POLL_MS);
    }
  }
}

/** Request ids count per person: a campaign that sends its own id as `requestId` means once for each of its people. */
function requestOf(body: z.output<typeof webhookBody>, caller: string | undefined): CreationRequest {
  return {
    requestId: body.requestId === undefined ? uuid() : `${body.leadId}/${body.requestId}`,
    marketoId: body.leadId,
    syncAs: body.syncAs ?? 'lead',
    ...(body.assignTo !== undefined && { assignTo: body.assignTo }),
    ...(body.campaignId !== undefined && { campaignId: body.campaignId }),
    ...(caller !== undefined && { caller }),
    source: 'webhook',
  };
}

/** Keys are plain words: Marketo's response mapping reads letters, digits, `-`, `_` and `:` only. */
function answer(outcome: CreationOutcome): Pick<CreationOutcome, 'status' | 'microsoftId' | 'reason'> {
  return {
    status: outcome.status,
    ...(outcome.microsoftId !== undefined && { microsoftId: outcome.microsoftId }),
    ...(outcome.reason !== undefined && { reason: outcome.reason }),
  };
}
