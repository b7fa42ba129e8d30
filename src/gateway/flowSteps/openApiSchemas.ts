/** The components of a step's OpenAPI document: what Marketo sends and reads, in the provider interface's own names. */

export type Json = Readonly<Record<string, unknown>>;

const text: Json = { type: 'string' };
const flag: Json = { type: 'boolean' };
const int64: Json = { type: 'integer', format: 'int64' };
export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const list = (items: Json): Json => ({ type: 'array', items });
const choiceOf = (...values: string[]): Json => ({ type: 'string', enum: values });
/** Anything beside the members named. */
const open: Json = { type: 'object', additionalProperties: true };

/** An object whose members are all there, but for those marked `?`. */
function object(members: Readonly<Record<string, Json>>): Json {
  const names = Object.keys(members);
  const required = names.filter((name) => !name.endsWith('?'));
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(names.map((name) => [name.replace('?', ''), members[name]])),
  };
}

const inEnglish = (texts: Json): Json => object({ en_US: texts });
const attribute = {
  apiName: text,
  dataType: ref('fieldType'),
  i18n: inEnglish(object({ name: text, 'description?': text, 'uiTooltip?': text })),
};

export const schemas: Json = {
  async: object({
    'token?': { ...text, description: 'Names the call, and is sent back with the answer: once' },
    'batchid?': { ...text, description: 'The run of the campaign' },
    'apiCallBackKey?': text,
    campaignId: int64,
    callbackUrl: { ...text, format: 'uri' },
    'context?': object({
      'subscription?': object({ munchkinId: text, 'prefix?': text, 'crmSyncStatus?': text }),
      'admin?': open,
      'campaign?': open,
      'program?': open,
    }),
    objectData: list(ref('objectData')),
  }),
  objectData: object({
    objectType: choiceOf('lead'),
    objectContext: ref('leadData'),
    'flowStepContext?': object({
      'syncAs?': { ...text, description: 'lead, which is the default, or contact' },
      'assignTo?': { ...text, description: 'GUID or e-mail address of a Dynamics user; empty: the user the sync runs as' },
    }),
    'programMemberContext?': open,
    'triggeringContext?': open,
  }),
  leadData: { ...object({ id: int64 }), additionalProperties: true },
  accepted: object({ status: choiceOf('accepted'), people: { type: 'integer' }, message: text }),
  error: object({ error: text, message: { ...text, description: 'What is wrong and what to do' } }),
  flowCallBack: object({
    munchkinId: text,
    'errorCode?': text,
    'errorMessage?': text,
    'defaultValues?': object({ 'leadDefaults?': open, 'activityDefaults?': open }),
    'objectData?': list(ref('callbackData')),
  }),
  callbackData: object({
    leadData: ref('leadData'),
    'activityData?': {
      ...object({ success: flag, 'reason?': text, 'errorCode?': text }),
      additionalProperties: true,
    },
  }),
  serviceDefinition: object({
    apiName: text,
    i18n: inEnglish(object({ name: text, filterName: text, triggerName: text, description: text })),
    primaryAttribute: text,
    invocationPayloadDef: object({
      globalAttributes: list(open),
      flowAttributes: list(object({ ...attribute, hasPicklist: flag, enforcePicklistSelect: flag })),
      fields: list(open),
      headers: list(open),
      userDrivenMapping: flag,
      programContext: flag,
      campaignContext: flag,
      triggerContext: flag,
      programMemberContext: flag,
      subscriptionContext: flag,
    }),
    callbackPayloadDef: object({
      attributes: list(object(attribute)),
      fields: list(
        object({
          serviceAttribute: text,
          suggestedMarketoAttribute: text,
          description: inEnglish(text),
          dataType: ref('fieldType'),
        }),
      ),
      userDrivenMapping: flag,
    }),
  }),
  fieldType: choiceOf('boolean', 'integer', 'date', 'datetime', 'email', 'float', 'score', 'string', 'url', 'text'),
  serviceStatus: object({ info: list(text), warnings: list(text), errors: list(text) }),
  getPicklistRequest: object({ name: text, type: choiceOf('flow', 'global', 'header'), 'fieldMappingContext?': open }),
  picklistObject: object({ choices: list(object({ displayValue: inEnglish(text), submittedValue: text })) }),
};
