/** The OpenAPI document of the gateway; its request bodies are the very schemas that requests are checked with. */
import { z } from 'zod';
import { progressBody, retryBody, WEBHOOK_PATH, webhookBody } from './schemas';

/** Of the HTTP interface, not of the product. */
const API_VERSION = '1.0.0';

type Json = Readonly<Record<string, unknown>>;

const text: Json = { type: 'string' };
const count: Json = { type: 'integer' };
const time: Json = { type: 'string', format: 'date-time' };
const list = (items: Json): Json => ({ type: 'array', items });
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const oneOf = (...values: string[]): Json => ({ type: 'string', enum: values });

/** An object whose members are all there, but for those marked `?`. */
function object(members: Readonly<Record<string, Json>>): Json {
  const names = Object.keys(members);
  return {
    type: 'object',
    required: names.filter((name) => !name.endsWith('?')),
    properties: Object.fromEntries(names.map((name) => [name.replace('?', ''), members[name]])),
  };
}

const schemas: Readonly<Record<string, Json>> = {
  Error: object({
    error: { ...text, description: 'A word for programs' },
    message: { ...text, description: 'What is wrong and what to do' },
    'problems?': { ...list(object({ member: text, message: text })), description: 'Each member of the body that is wrong' },
    'example?': { type: 'object', description: 'A body that would be accepted' },
    'workflowId?': { ...text, description: 'The run in Temporal that shows more' },
  }),
  Outcome: object({
    status: oneOf('created', 'linked', 'alreadySynced', 'rejected', 'review'),
    'microsoftId?': text,
    'reason?': text,
  }),
  Queued: object({ status: oneOf('queued'), workflowId: text }),
  RecordProgress: object({
    key: { ...text, description: 'Also the id of the Temporal workflow that does the work' },
    'marketoId?': text,
    'microsoftId?': text,
    state: oneOf('waiting', 'running', 'done', 'quarantined'),
    'outcome?': { ...text, description: 'The SyncOutcome, once done' },
    rejections: list(object({ side: oneOf('marketo', 'dynamics'), field: text, code: text, message: text })),
    'failure?': object({ code: text, message: text }),
  }),
  Status: object({
    pairs: count,
    waiting: object({ create: count, retry: count, live: count, backfill: count }),
    'oldestWaitingAt?': time,
    quarantined: count,
    openRejections: count,
    openReviews: count,
    openRequests: count,
    sides: object({ marketo: ref('Side'), dynamics: ref('Side') }),
    problems: list(text),
    'lastCycle?': object({ startedAt: time, 'endedAt?': time, outcome: text }),
    schedule: {
      ...object({ 'nextRunAt?': time, 'lastRunAt?': time, running: { type: 'boolean' } }),
      nullable: true,
      description: 'null while Temporal does not answer',
    },
  }),
  SetUpReport: object({
    createdFields: { ...list(text), description: 'REST names of the person fields that were missing' },
    preparedTypes: {
      ...list(text),
      description: 'API names of the custom activity types that were created, completed or approved',
    },
  }),
  Side: object({ 'blockedUntil?': time, 'reason?': text }),
  Health: object({
    status: oneOf('ready', 'starting', 'down'),
    parts: object({ store: oneOf('ok', 'down'), temporal: oneOf('ok', 'down') }),
  }),
};

const answer = (description: string, schema: Json): Json => ({ description, content: { 'application/json': { schema } } });
const refused = (description: string): Json => answer(description, ref('Error'));
const guarded = { '401': refused('No token, or another one') };
/** Of every operation that reads a body. */
const withBody = {
  ...guarded,
  '400': refused('The body is wrong; the message names the member'),
  '413': refused('The body is larger than 1 MiB'),
  '415': refused('The body is not JSON'),
};
const cycleTriggered: Json = { type: 'boolean', description: 'false: Temporal did not answer, records wait for the next cycle' };
const storeAway = { '503': refused('The store does not answer: ask again later') };

function body(schema: z.ZodType): Json {
  return {
    required: true,
    content: { 'application/json': { schema: z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) } },
  };
}

/** The document that `GET /operator/openapi.json` answers. */
export function openApi(): Json {
  const campaign = [{ gatewayToken: [] }];
  const operator = [{ operatorToken: [] }];
  return {
    openapi: '3.0.3',
    info: { title: 'marketo-dynamics-sync', version: API_VERSION },
    paths: {
      [WEBHOOK_PATH]: {
        post: {
          summary: 'Sync Person to Microsoft: creates the person in Dynamics now',
          security: campaign,
          requestBody: body(webhookBody),
          responses: {
            '200': answer('How it ended, within ten seconds', ref('Outcome')),
            '202': answer('Kept; the workflow goes on', ref('Queued')),
            ...withBody,
            '503': refused('Not kept: send it again'),
          },
        },
      },
      '/operator/status': {
        get: {
          summary: 'What waits, what failed, when the next cycle runs',
          security: operator,
          responses: { '200': answer('The status', ref('Status')), ...guarded, ...storeAway },
        },
      },
      '/operator/retry': {
        post: {
          summary: 'Puts records back to work and starts a cycle',
          security: operator,
          requestBody: body(retryBody),
          responses: {
            '200': answer(
              'The records; none when nothing matches',
              object({ records: list(ref('RecordProgress')), cycleTriggered }),
            ),
            ...withBody,
            ...storeAway,
          },
        },
      },
      '/operator/progress': {
        post: {
          summary: 'How records are doing',
          security: operator,
          requestBody: body(progressBody),
          responses: {
            '200': answer('The records that are known', object({ records: list(ref('RecordProgress')) })),
            ...withBody,
            ...storeAway,
          },
        },
      },
      '/operator/cycle': {
        post: {
          summary: 'Runs a cycle now, unless one is running',
          security: operator,
          responses: { '200': answer('Whether Temporal was asked', object({ cycleTriggered })), ...guarded },
        },
      },
      '/operator/setup': {
        post: {
          summary: 'Creates in Marketo the fields and activity types that are missing; what is there is left as it is',
          security: operator,
          responses: {
            '200': answer('What was made', ref('SetUpReport')),
            ...guarded,
            '424': refused('Marketo refused it; the message says what to mend'),
            '503': refused('No report yet (stillRunning: ask again for it), or Temporal does not answer'),
          },
        },
      },
      '/operator/openapi.json': {
        get: {
          summary: 'This document',
          security: operator,
          responses: { '200': answer('The document', { type: 'object' }), ...guarded },
        },
      },
      '/health': {
        get: {
          summary: 'Whether the sync is up',
          responses: { '200': answer('Ready or starting', ref('Health')), '503': answer('A part is down', ref('Health')) },
        },
      },
    },
    components: {
      schemas,
      securitySchemes: {
        gatewayToken: { type: 'http', scheme: 'bearer', description: 'MDSYNC_GATEWAY_TOKEN' },
        operatorToken: { type: 'http', scheme: 'bearer', description: 'MDSYNC_OPERATOR_TOKEN' },
      },
    },
  };
}
