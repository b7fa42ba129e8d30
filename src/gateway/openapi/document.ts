/** The OpenAPI document of the gateway. Flow steps have documents of their own, in the form that Marketo asks for. */
import { progressBody, retryBody, WEBHOOK_PATH, webhookBody } from '../schemas';
import { deskPaths } from './deskPaths';
import { deskSchemas } from './deskSchemas';
import {
  answer,
  body,
  campaign,
  cycleTriggered,
  guarded,
  type Json,
  list,
  object,
  operator,
  ref,
  refused,
  reported,
  storeAway,
  withBody,
} from './parts';
import { schemas } from './schemas';

/** Of the HTTP interface, not of the product. */
const API_VERSION = '1.0.0';

/** The document that `GET /operator/openapi.json` answers. */
export function openApi(): Json {
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
            ...reported,
          },
        },
      },
      ...deskPaths,
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
      schemas: { ...schemas, ...deskSchemas },
      securitySchemes: {
        gatewayToken: { type: 'http', scheme: 'bearer', description: 'MDSYNC_GATEWAY_TOKEN' },
        operatorToken: { type: 'http', scheme: 'bearer', description: 'MDSYNC_OPERATOR_TOKEN' },
      },
    },
  };
}
