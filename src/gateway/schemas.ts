/** The bodies the gateway accepts: what requests are checked with, and what the OpenAPI document shows. */
import { z } from 'zod';
import { marketoId, optional, plainId, recordId, refuseMisspelt } from './bodies';

export const WEBHOOK_PATH = '/marketo/webhook/sync-person-to-microsoft';
/** Where Marketo installs the flow step from. */
export const FLOW_STEP_DOCUMENT_PATH = '/flow-steps/sync-person-to-microsoft/openapi.json';

const webhookMembers = {
  leadId: marketoId().meta({ description: 'Marketo id of the person: {{lead.Id}}' }),
  syncAs: optional(
    z
      .string({ error: 'must be "lead" or "contact"' })
      .transform((value) => value.trim().toLowerCase())
      .pipe(z.enum(['lead', 'contact'], { error: 'must be "lead" or "contact"' })),
  ).meta({ description: 'What to create in Dynamics, `lead` (the default) or `contact`; upper and lower case are the same' }),
  assignTo: optional(z.string({ error: 'must be a string' }).trim().max(320, 'must be at most 320 characters')).meta({
    description: 'Owner of a new row: GUID or e-mail of a Dynamics user. Default: the user the sync runs as',
  }),
  requestId: optional(plainId()).meta({
    description: 'Names this wish of this person: sent twice, it is done once. Default: every call is a wish of its own',
  }),
  campaignId: optional(plainId()).meta({ description: 'Marketo id of the campaign, kept with the request' }),
};

export const webhookBody = z
  .looseObject(webhookMembers, { error: 'must be a JSON object' })
  .superRefine(refuseMisspelt(Object.keys(webhookMembers)))
  .meta({
    example: { leadId: 1234, syncAs: 'lead', assignTo: 'owner@example.com', requestId: 'welcome-2026', campaignId: 1001 },
  });

const retryMembers = {
  id: optional(recordId()).meta({ description: 'Marketo id of a person, or GUID of a contact or lead' }),
  all: optional(z.literal(true, { error: 'must be true, or left out' })).meta({
    description: 'Everything that failed, was refused or is quarantined',
  }),
  code: optional(z.string({ error: 'must be a string' }).trim().max(200, 'must be at most 200 characters')).meta({
    description: 'Together with `all`: only records with this error code',
  }),
};
export const retryBody = z
  .looseObject(retryMembers, { error: 'must be a JSON object' })
  .superRefine(refuseMisspelt(Object.keys(retryMembers)))
  .superRefine((body, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
    if ((body.id === undefined) === (body.all === undefined)) refuse('must have either id, for one record, or all: true');
    if (body.code !== undefined && body.all === undefined) refuse('may have code only together with all: true');
  })
  .meta({ example: { id: 1234 } });

/** Enough for a page of the CLI, little enough for one statement. */
export const MAX_KEYS = 1_000;
export const progressBody = z
  .object(
    {
      keys: z
        .array(z.string({ error: 'must be a record key, such as record/1234' }).max(200), {
          error: 'must be a list of record keys',
        })
        .min(1, 'must name at least one record')
        .max(MAX_KEYS, `must be at most ${MAX_KEYS} keys: ask in several calls`)
        .meta({ description: 'Record keys, as `retry` answered them' }),
    },
    { error: 'must be a JSON object' },
  )
  .meta({ example: { keys: ['record/1234'] } });
