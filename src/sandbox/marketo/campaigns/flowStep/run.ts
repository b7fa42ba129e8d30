/** Campaigns with a flow step: people are sent to the provider, one by one or in chunks, and wait until it calls back. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ControlError } from '../../../control';
import type { Instance } from '../../instance';
import type { Lead } from '../../leads/store';
import { valueOf } from '../../leads/view';
import { fillTemplate } from '../tokens';
import { callProvider } from './provider';
import type { Chunk, Run, Service } from './store';

export const flowStepRun = z.strictObject({
  /** `apiName` of an installed step. */
  service: z.string(),
  type: z.enum(['trigger', 'batch']),
  leadIds: z.array(z.int()).min(1),
  /** The step's choices, tokens allowed. */
  flow: z.record(z.string(), z.string()).default({}),
  campaignId: z.int().positive().default(1001),
  name: z.string().default('Campaign'),
  /** People per call of a batch campaign. */
  chunkSize: z.int().min(1).max(1_000).default(1_000),
  /** How often each call is delivered: at least once is all that is promised. */
  deliveries: z.int().min(1).max(5).default(1),
});
export type FlowStepRun = z.output<typeof flowStepRun>;

export const MUNCHKIN_ID = '000-SBX-000';

const INVOKE_TIMEOUT_MS = 30_000;
const AT_ONCE = 10;
/** Waits before a call that was not taken is made again. */
const AGAIN_MS = [1_000, 2_000, 4_000];

/** Sends all people and answers how each call was taken. The callbacks come later. */
export async function runFlowStep(instance: Instance, wish: FlowStepRun, callbackUrl: string): Promise<object> {
  const service = instance.flowSteps.service(wish.service);
  if (service === undefined) throw new ControlError(`no service named ${wish.service} is installed`);
  refuseUnlistedChoices(service, wish.flow);
  const leads = wish.leadIds.map((id) => {
    const lead = instance.leads.get(id);
    if (lead === undefined) throw new ControlError(`there is no person ${id}`);
    return lead;
  });
  const run: Run = {
    id: randomUUID(),
    service: wish.service,
    type: wish.type,
    campaignId: wish.campaignId,
    startedAt: instance.clock.now().toISOString(),
  };
  instance.flowSteps.putRun(run);
  const size = wish.type === 'trigger' ? 1 : wish.chunkSize;
  const waiting = Array.from({ length: Math.ceil(leads.length / size) }, (_chunk, index) =>
    leads.slice(index * size, (index + 1) * size),
  );
  const calls: object[] = [];
  const worker = async (): Promise<void> => {
    for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift())
      calls.push(await sendChunk(instance, { service, run, wish, callbackUrl }, chunk));
  };
  await Promise.all(Array.from({ length: wish.type === 'trigger' ? AT_ONCE : 1 }, worker));
  return { run: run.id, calls };
}

/** What a marketer cannot choose on the screen. */
function refuseUnlistedChoices({ definition, picklists }: Service, flow: FlowStepRun['flow']): void {
  for (const [name, value] of Object.entries(flow)) {
    const attribute = definition.invocationPayloadDef.flowAttributes.find(({ apiName }) => apiName === name);
    if (attribute === undefined) throw new ControlError(`the step has no choice ${name}`);
    const listed = picklists[name]?.some(({ submittedValue }) => String(submittedValue) === value) ?? true;
    if (attribute.enforcePicklistSelect && !listed) throw new ControlError(`${value} is not among the choices of ${name}`);
  }
}

interface Call {
  readonly service: Service;
  readonly run: Run;
  readonly wish: FlowStepRun;
  readonly callbackUrl: string;
}

async function sendChunk(instance: Instance, call: Call, leads: readonly Lead[]): Promise<object> {
  const flow = Object.fromEntries(leads.map((lead) => [lead.id, filled(instance, lead, call.wish.flow)]));
  const chunk: Chunk = {
    token: randomUUID(),
    run: call.run.id,
    callbackKey: randomUUID(),
    leadIds: leads.map(({ id }) => id),
    flow,
    refused: {},
  };
  instance.flowSteps.putChunk(chunk);
  // The callback may come before the call is answered, and after a restart.
  instance.journal.commit();
  const body = bodyOf(instance, call, chunk, leads);
  let invoked = 0;
  for (let delivery = 0; delivery < call.wish.deliveries; delivery += 1) invoked = await deliver(call.service, body);
  const known = instance.flowSteps.chunk(chunk.token) ?? chunk;
  instance.flowSteps.putChunk({ ...known, invoked });
  instance.journal.commit();
  return { token: chunk.token, people: leads.length, status: invoked };
}

function filled(instance: Instance, lead: Lead, flow: FlowStepRun['flow']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(flow).map(([name, value]) => [name, fillTemplate(instance, lead, {}, value, 'plain')]),
  );
}

/** Contexts travel only if the definition asks for them. */
function bodyOf(instance: Instance, { service, run, wish, callbackUrl }: Call, chunk: Chunk, leads: readonly Lead[]): object {
  const { fields, campaignContext, subscriptionContext, triggerContext } = service.definition.invocationPayloadDef;
  const outgoing = fields.flatMap(({ serviceAttribute, suggestedMarketoAttribute }) => {
    const field = instance.fields.get(suggestedMarketoAttribute ?? '');
    return field === undefined ? [] : [{ serviceAttribute, field }];
  });
  return {
    token: chunk.token,
    batchid: run.id,
    apiCallBackKey: chunk.callbackKey,
    campaignId: run.campaignId,
    callbackUrl,
    context: {
      ...(subscriptionContext && { subscription: { munchkinId: MUNCHKIN_ID, prefix: 'sandbox' } }),
      admin: {},
      ...(campaignContext && { campaign: { id: run.campaignId, name: wish.name, type: run.type, workspaceName: 'Default' } }),
    },
    objectData: leads.map((lead) => ({
      objectType: 'lead',
      objectContext: {
        id: lead.id,
        ...Object.fromEntries(outgoing.map(({ serviceAttribute, field }) => [serviceAttribute, valueOf(instance, lead, field)])),
      },
      flowStepContext: chunk.flow[lead.id],
      programMemberContext: {},
      ...(triggerContext && run.type === 'trigger' && { triggeringContext: { name: 'Form', triggerName: 'Filled Out Form' } }),
    })),
  };
}

/** The status of the provider's answer; 0 when there is none. What looks temporary is tried again. */
async function deliver({ provider }: Service, body: object): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    const status = await callProvider(provider, 'submitAsyncAction', body, INVOKE_TIMEOUT_MS).then(
      (answer) => answer.status,
      () => 0,
    );
    const waitMs = AGAIN_MS[attempt];
    if ((status !== 0 && status !== 429 && status < 500) || waitMs === undefined) return status;
    await sleep(waitMs);
  }
}
