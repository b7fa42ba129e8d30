/** The OpenAPI document by which Marketo installs a step. Adobe's validator prescribes much of its form, down to names of components. */
import { type Json, ref, schemas } from './openApiSchemas';
import type { FlowStepService } from './service';

/** Of the provider interface that is implemented here. */
const SCHEMA_VERSION = '1.0.0';
export const API_KEY_HEADER = 'x-api-key';

/** `base`: where the document's neighbours are. It names the place for help only: Marketo finds them from where it read the document. */
export function stepOpenApi({ definition, version }: FlowStepService, base: string): Json {
  return {
    openapi: '3.0.1',
    info: {
      title: definition.i18n.en_US.name,
      description: definition.i18n.en_US.description,
      version,
      'x-providerName': 'marketo-dynamics-sync',
      'x-schemaVersion': SCHEMA_VERSION,
      'x-supportContact': `${base}/providerInstructions`,
    },
    security: [{ apiKey: [] }],
    paths: {
      '/submitAsyncAction': { post: submit },
      '/getServiceDefinition': { get: { summary: 'What the step asks and answers', responses: json('serviceDefinition') } },
      '/status': { get: { summary: 'How the service is', responses: { ...json('serviceStatus'), ...refusals('401') } } },
      '/getPicklist': {
        post: {
          summary: 'What a marketer may choose from',
          requestBody: { required: true, content: jsonContent('getPicklistRequest') },
          responses: { ...json('picklistObject'), ...refusals('400', '401') },
        },
      },
      '/providerInstructions': { get: { summary: 'How to set the step up', responses: page('text/html', 'string') } },
      '/brandIcon': { get: { summary: 'Picture of the brand', responses: page('image/*', 'binary') } },
      '/serviceIcon': { get: { summary: 'Picture of the step', responses: page('image/*', 'binary') } },
    },
    components: {
      schemas,
      securitySchemes: {
        apiKey: {
          type: 'apiKey',
          in: 'header',
          name: API_KEY_HEADER,
          description: 'The token of campaigns: MDSYNC_GATEWAY_TOKEN',
        },
      },
    },
  };
}

const jsonContent = (name: string): Json => ({ 'application/json': { schema: ref(name) } });
const json = (name: string): Json => ({ '200': { description: 'OK', content: jsonContent(name) } });
const page = (type: string, format: 'string' | 'binary'): Json => ({
  '200': {
    description: 'OK',
    content: { [type]: { schema: format === 'binary' ? { type: 'string', format: 'binary' } : { type: 'string' } } },
  },
});

const REFUSALS = {
  '400': 'The body is wrong; the message names the member. Or the answer could not go to callbackUrl',
  '401': 'No API key, or another one',
  '403': 'The people belong to another Marketo instance',
  '413': 'The body is 64 MiB or larger',
  '429': 'Too many calls: send it again later',
  '500': 'Something failed here',
  '503': 'The call could not be kept: send it again later',
} as const;
function refusals(...codes: (keyof typeof REFUSALS)[]): Json {
  return Object.fromEntries(codes.map((code) => [code, { description: REFUSALS[code], content: jsonContent('error') }]));
}

const header = (name: string, description: string): Json => ({
  in: 'header',
  name,
  description,
  required: true,
  schema: { type: 'string' },
});

const submit: Json = {
  tags: ['flow action'],
  summary: 'Takes people of a campaign; how it went for each of them is answered to callbackUrl',
  requestBody: { required: true, content: jsonContent('async') },
  callbacks: {
    selfServiceFlowComplete: {
      // The member is called callbackUrl, yet this is the expression that the validator looks for.
      '{$request.body#/flowComplete}': {
        post: {
          parameters: [
            header('x-api-key', 'The apiCallBackKey of the call'),
            header('x-callback-token', 'The token of the call'),
          ],
          requestBody: { required: true, content: jsonContent('flowCallBack') },
          responses: {
            '202': { description: 'Taken' },
            '404': { description: 'The token is unknown, or used already' },
            '405': { description: 'The body is not as described' },
          },
        },
      },
    },
  },
  responses: {
    '201': { description: 'The people are kept', content: jsonContent('accepted') },
    ...refusals('400', '401', '403', '413', '429', '500', '503'),
  },
};
