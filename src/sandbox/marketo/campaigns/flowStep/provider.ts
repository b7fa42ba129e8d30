/** What a flow step's provider tells of itself, read and checked as Marketo does when a step is installed. */
import { z } from 'zod';
import { ControlError } from '../../../control';

const ASK_TIMEOUT_MS = 10_000;
/** The shape of a document is checked by these alone; Adobe's validator has more to say. */
const SUPPORTED_SCHEMA = '1.0.0';
const MAX_CHOICES = 1_000;
const RESERVED = ['success', 'reason', 'errorCode'];

const text = z.string().min(1);
const english = z.object({ en_US: z.object({ name: text, description: z.string().optional() }) });
const dataType = z.enum(['boolean', 'integer', 'date', 'datetime', 'email', 'float', 'score', 'string', 'url', 'text']);
const attribute = z.object({
  apiName: text,
  i18n: english,
  dataType,
  hasPicklist: z.boolean().default(false),
  enforcePicklistSelect: z.boolean().default(false),
});
const mapping = z.object({
  serviceAttribute: text.refine((name) => name !== 'id', 'is reserved'),
  suggestedMarketoAttribute: text.optional(),
  description: z.object({ en_US: text }),
  dataType,
  required: z.boolean().default(false),
});

export const definition = z.object({
  apiName: text,
  i18n: z.object({ en_US: z.object({ name: text, filterName: text, triggerName: text, description: text }) }),
  primaryAttribute: text,
  invocationPayloadDef: z.object({
    flowAttributes: z.array(attribute).default([]),
    fields: z.array(mapping).default([]),
    campaignContext: z.boolean().default(false),
    triggerContext: z.boolean().default(false),
    subscriptionContext: z.boolean().default(false),
  }),
  callbackPayloadDef: z.object({ attributes: z.array(attribute).default([]), fields: z.array(mapping).default([]) }),
});
export type Definition = z.output<typeof definition>;

const apiDocument = z.object({
  openapi: z.string().regex(/^3\.0\./, 'must be 3.0.x'),
  info: z.object({
    title: text,
    version: text,
    'x-providerName': text,
    'x-schemaVersion': z.literal(SUPPORTED_SCHEMA),
    'x-supportContact': text,
  }),
  servers: z.array(z.object({ url: text })).optional(),
  security: z.array(z.record(z.string(), z.array(z.unknown()))).min(1),
  paths: z.looseObject({ '/submitAsyncAction': z.object({}), '/getServiceDefinition': z.object({}), '/status': z.object({}) }),
  components: z.object({
    schemas: z.object({}),
    securitySchemes: z.record(z.string(), z.looseObject({ type: text })),
  }),
});
export type ApiDocument = z.output<typeof apiDocument>;

const apiKeyScheme = z.object({ type: z.literal('apiKey'), in: z.enum(['header', 'query']), name: text });
const status = z.object({
  info: z.array(z.string()).default([]),
  warnings: z.array(z.string()).default([]),
  errors: z.array(z.string()).default([]),
});
export type Status = z.output<typeof status>;

const picklist = z.object({
  choices: z
    .array(z.object({ displayValue: z.object({ en_US: text }), submittedValue: z.union([z.string(), z.number(), z.boolean()]) }))
    .max(MAX_CHOICES, `has more than ${MAX_CHOICES} choices`),
});
export type Choice = z.output<typeof picklist>['choices'][number];

/** Where a provider is, and how it wants to be spoken to. */
export interface Provider {
  readonly baseUrl: string;
  readonly credential: { readonly in: 'header' | 'query'; readonly name: string; readonly value: string };
}

/** Reads the document. Only the first security scheme counts, and without `servers` everything is where the document is. */
export async function readDocument(url: string): Promise<ApiDocument> {
  return checked(apiDocument, await ask(url), 'the OpenAPI document');
}

export function providerOf(url: string, document: ApiDocument, apiKey: string): Provider {
  const [server] = document.servers ?? [];
  const baseUrl = new URL(server?.url ?? '.', url).href.replace(/\/+$/, '');
  const [schemeName = ''] = Object.keys(document.security[0] ?? {});
  const scheme = checked(apiKeyScheme, document.components.securitySchemes[schemeName], `the security scheme ${schemeName}`);
  return { baseUrl, credential: { in: scheme.in, name: scheme.name, value: apiKey } };
}

export async function readStatus(provider: Provider): Promise<Status> {
  return checked(status, await askProvider(provider, 'status'), '/status');
}

export async function readDefinition(provider: Provider): Promise<Definition> {
  const found = checked(definition, await askProvider(provider, 'getServiceDefinition'), '/getServiceDefinition');
  const flow = found.invocationPayloadDef.flowAttributes.map(({ apiName }) => apiName);
  const callback = found.callbackPayloadDef.attributes.map(({ apiName }) => apiName);
  const refuse = (why: string): never => {
    throw new ControlError(`/getServiceDefinition: ${why}`);
  };
  if (!flow.includes(found.primaryAttribute)) refuse('primaryAttribute must be a flow attribute');
  const twice = [...flow, ...callback].find((name, index, all) => all.indexOf(name) !== index);
  if (twice !== undefined) refuse(`the attribute ${twice} is declared twice`);
  const reserved = [...flow, ...callback].find((name) => RESERVED.includes(name));
  if (reserved !== undefined) refuse(`the attribute name ${reserved} is reserved`);
  return found;
}

export async function readPicklist(provider: Provider, name: string): Promise<readonly Choice[]> {
  const body = { name, type: 'flow', fieldMappingContext: { invocation: [], callback: [] } };
  return checked(picklist, await askProvider(provider, 'getPicklist', body), `the picklist of ${name}`).choices;
}

/** A call with credentials. The network's errors are the caller's business. */
export function callProvider(
  { baseUrl, credential }: Provider,
  name: string,
  body?: unknown,
  timeoutMs = ASK_TIMEOUT_MS,
): Promise<Response> {
  const url = new URL(`${baseUrl}/${name}`);
  if (credential.in === 'query') url.searchParams.set(credential.name, credential.value);
  return fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(credential.in === 'header' && { [credential.name]: credential.value }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
}

async function askProvider(provider: Provider, name: string, body?: unknown): Promise<unknown> {
  return readJson(`/${name}`, callProvider(provider, name, body));
}

function ask(url: string): Promise<unknown> {
  return readJson(url, fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(ASK_TIMEOUT_MS) }));
}

async function readJson(what: string, answering: Promise<Response>): Promise<unknown> {
  const answer = await answering.catch((error: Error) => {
    throw new ControlError(`${what} does not answer: ${error.message}`);
  });
  const body = await answer.text();
  if (!answer.ok) throw new ControlError(`${what} answered ${answer.status}: ${body.slice(0, 300)}`);
  try {
    return JSON.parse(body);
  } catch {
    throw new ControlError(`${what} did not answer with JSON`);
  }
}

function checked<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'it'} ${message}`);
  throw new ControlError(`${what}: ${problems.join('; ')}`);
}
