/** A trigger campaign whose flow calls a webhook: once per person, never again, given up after 30 seconds, and logged. */
import { z } from 'zod';
import { TYPE } from '../activity/log';
import type { Instance } from '../instance';
import { changeLead } from '../leads/change';
import type { Lead } from '../leads/store';
import { mappedChanges } from './responseMapping';
import { fillTemplate, type TokenEncoding } from './tokens';
import { readAnswer } from './webhookAnswer';

export const webhookRun = z.strictObject({
  url: z.url(),
  name: z.string().default('Webhook'),
  campaignId: z.int().positive().default(1001),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
  headers: z.record(z.string(), z.string()).default({}),
  /** The payload, with tokens. */
  template: z.string().default(''),
  encoding: z.enum(['json', 'form']).default('json'),
  leadIds: z.array(z.int()),
  /** Program tokens, `{{my....}}`. */
  tokens: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  /** What answers are read as, whatever their own content type says. */
  responseType: z.enum(['json', 'xml']).default('json'),
  responseMappings: z.array(z.strictObject({ attribute: z.string(), field: z.string() })).default([]),
  /** Shorter than Marketo's own 30 s for tests. */
  timeoutMs: z.int().positive().max(30_000).default(30_000),
});
export type WebhookRun = z.output<typeof webhookRun>;

/** What the person's activity says of one call. */
interface Outcome {
  readonly leadId: number;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly response: string;
  /** The HTTP reason phrase of a failure, or why there is no answer. */
  readonly errorType?: string;
}

/** Campaigns run many people at a time, but not all of them at once. */
const AT_ONCE = 10;

export async function runWebhookCampaign(instance: Instance, run: WebhookRun): Promise<{ readonly calls: readonly Outcome[] }> {
  const waiting = run.leadIds.flatMap((id) => instance.leads.get(id) ?? []);
  const calls: Outcome[] = [];
  const worker = async (): Promise<void> => {
    for (let lead = waiting.shift(); lead !== undefined; lead = waiting.shift()) {
      const outcome = await callWebhook(instance, run, lead);
      applyOutcome(instance, run, outcome);
      calls.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { calls };
}

async function callWebhook(instance: Instance, run: WebhookRun, lead: Lead): Promise<Outcome> {
  const fill = (template: string, encoding: TokenEncoding): string =>
    fillTemplate(instance, lead, run.tokens, template, encoding);
  const headers = Object.fromEntries(Object.entries(run.headers).map(([name, value]) => [name, fill(value, 'plain')]));
  const contentType = run.encoding === 'json' ? 'application/json' : 'application/x-www-form-urlencoded';
  const signal = AbortSignal.timeout(run.timeoutMs);
  const hasBody = run.method !== 'GET' && run.template !== '';
  try {
    const answer = await fetch(fill(run.url, 'form'), {
      method: run.method,
      headers: { ...(hasBody && { 'content-type': contentType }), ...headers },
      ...(hasBody && { body: fill(run.template, run.encoding) }),
      signal,
    });
    const response = await answer.text();
    return { leadId: lead.id, status: answer.status, response, ...(!answer.ok && { errorType: answer.statusText }) };
  } catch {
    return { leadId: lead.id, status: 0, response: '', errorType: signal.aborted ? 'Request Timeout' : 'Connection Failed' };
  }
}

function applyOutcome(instance: Instance, run: WebhookRun, { leadId, response, errorType }: Outcome): void {
  const lead = instance.leads.get(leadId);
  // Deleted meanwhile: nobody is left to log it on.
  if (lead === undefined) return;
  instance.log.append({
    type: TYPE.callWebhook,
    lead: leadId,
    campaign: run.campaignId,
    primary: run.name,
    attributes: { Response: response, ...(errorType !== undefined && { 'Error Type': errorType }) },
  });
  if (errorType !== undefined || response === '') return;
  const changes = mappedChanges(instance, run.responseMappings, readAnswer(run.responseType, response));
  changeLead(instance, lead, changes, { source: 'Webhook', reason: `Webhook: ${run.name}`, campaign: run.campaignId });
}
