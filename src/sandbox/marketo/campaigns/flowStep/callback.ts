/** The address that providers call back: takes each token once, writes the mapped fields and logs one activity per person. */
import { z } from 'zod';
import type { Instance } from '../../instance';
import { type Changes, changeLead } from '../../leads/change';
import type { Field } from '../../schema/field';
import { readValue, type Value } from '../../schema/values';
import { Skip } from '../../http/envelope';
import type { Chunk, PersonResult, Run, Service } from './store';

const values = z.record(z.string(), z.unknown());

const callback = z.object({
  munchkinId: z.string(),
  defaultValues: z
    .object({ leadDefaults: values.default({}), activityDefaults: values.default({}) })
    .partial()
    .default({}),
  errorCode: z.string().optional(),
  errorMessage: z.string().optional(),
  objectData: z
    .array(
      z.object({
        leadData: z.looseObject({ id: z.int() }),
        activityData: z
          .looseObject({ success: z.boolean().optional(), reason: z.string().optional(), errorCode: z.string().optional() })
          .default({}),
      }),
    )
    .default([]),
});
type Callback = z.output<typeof callback>;

export interface SentCallback {
  readonly token: string | undefined;
  readonly key: string | undefined;
  readonly body: string | undefined;
}

/** The status to answer with: 202, 404 for a token that is unknown or used, 405 for a body that is not as described. */
export function takeCallback(instance: Instance, { token, key, body }: SentCallback): number {
  const chunk = instance.flowSteps.chunk(token ?? '');
  if (chunk === undefined || chunk.callbackKey !== key) return 404;
  const refuse = (status: number): number => {
    const before = chunk.refused[status] ?? 0;
    instance.flowSteps.putChunk({ ...chunk, refused: { ...chunk.refused, [status]: before + 1 } });
    return status;
  };
  if (chunk.results !== undefined) return refuse(404);
  const parsed = callback.safeParse(parse(body));
  if (!parsed.success) return refuse(405);
  const run = instance.flowSteps.run(chunk.run);
  const service = instance.flowSteps.service(run?.service ?? '');
  if (run === undefined || service === undefined) return refuse(404);
  instance.flowSteps.putChunk({ ...chunk, results: apply(instance, { chunk, run, service }, parsed.data) });
  return 202;
}

interface Answered {
  readonly chunk: Chunk;
  readonly run: Run;
  readonly service: Service;
}

/** A chunk's error fails everybody in it, and nothing else of the callback counts. Who is not in the chunk is not looked at. */
function apply(
  instance: Instance,
  answered: Answered,
  { errorCode, errorMessage, defaultValues, objectData }: Callback,
): PersonResult[] {
  const { leadIds } = answered.chunk;
  if (errorCode !== undefined)
    return leadIds.map((leadId) => log(instance, answered, leadId, { success: false, errorCode, reason: errorMessage }));
  return objectData.flatMap(({ leadData, activityData }) => {
    if (!leadIds.includes(leadData.id)) return [];
    write(instance, answered, leadData.id, { ...defaultValues.leadDefaults, ...leadData });
    return [log(instance, answered, leadData.id, { success: false, ...defaultValues.activityDefaults, ...activityData })];
  });
}

/** JSON's null is no value; the text "null" clears. Values that do not fit their field are left out. */
function write(instance: Instance, { run, service }: Answered, leadId: number, given: Readonly<Record<string, unknown>>): void {
  const lead = instance.leads.get(leadId);
  if (lead === undefined) return;
  const changes = new Map<Field, Value | null>();
  for (const [attribute, fieldName] of Object.entries(service.incoming)) {
    const field = instance.fields.get(fieldName);
    const value = given[attribute];
    if (field === undefined || field.readOnly || value === undefined || value === null) continue;
    const read = value === 'null' ? null : tryRead(field, value);
    if (read !== undefined) changes.set(field, read);
  }
  changeLead(instance, lead, changes satisfies Changes, {
    source: `${service.definition.i18n.en_US.name} (${service.id})`,
    reason: `Smart Campaign: ${run.campaignId}, Step Seq ID: 1`,
    campaign: run.campaignId,
  });
}

function tryRead(field: Field, value: unknown): Value | null | undefined {
  try {
    return readValue(field, value);
  } catch (error) {
    if (error instanceof Skip) return undefined;
    throw error;
  }
}

/** Attributes that the definition does not declare are not shown. */
function log(
  instance: Instance,
  { chunk, run, service }: Answered,
  leadId: number,
  data: Readonly<Record<string, unknown>>,
): PersonResult {
  const { definition, id } = service;
  const flow = chunk.flow[leadId] ?? {};
  const declared = [...definition.invocationPayloadDef.flowAttributes, ...definition.callbackPayloadDef.attributes];
  const shown = declared.flatMap(({ apiName, i18n }): [string, string][] => {
    const value = flow[apiName] ?? data[apiName];
    return apiName === definition.primaryAttribute || !isPlain(value) ? [] : [[i18n.en_US.name, String(value)]];
  });
  const success = data['success'] === true;
  if (instance.leads.get(leadId) !== undefined)
    instance.log.append({
      type: id,
      lead: leadId,
      campaign: run.campaignId,
      primary: flow[definition.primaryAttribute] ?? '',
      attributes: {
        ...Object.fromEntries(shown),
        Success: success,
        ...(isPlain(data['reason']) && { Reason: String(data['reason']) }),
        ...(isPlain(data['errorCode']) && { 'Error Code': String(data['errorCode']) }),
      },
    });
  return { leadId, success, attributes: data };
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
