/** Marketo's answers as schemas: HTTP 200 says nothing, `success` says all. */
import { z } from 'zod';

const text = z.union([z.string(), z.number()]).transform(String);

export const vendorError = z.object({ code: text, message: z.string().default('') });

/** Adobe's own samples leave `errors` and `warnings` out on success, whatever the specification requires. */
export const envelope = z.object({
  requestId: z.string().optional(),
  success: z.boolean(),
  errors: z.array(vendorError).default([]),
  result: z.array(z.unknown()).optional(),
  nextPageToken: z.string().optional(),
  moreResult: z.boolean().default(false),
});
export type Envelope = z.infer<typeof envelope>;

/** One item of a write. Custom activities name their reasons `errors`, everything else `reasons`. */
export const written = z.object({
  id: text.optional(),
  status: z.string(),
  reasons: z.array(vendorError).default([]),
  errors: z.array(vendorError).default([]),
});

export const person = z.looseObject({ id: text });

const attribute = z.object({ name: z.string(), value: z.unknown() });

/** `id` may be missing or not unique; `marketoGUID` is what names an entry. */
export const activity = z.object({
  id: text.optional(),
  marketoGUID: text.optional(),
  leadId: text,
  activityDate: z.string(),
  activityTypeId: z.coerce.number(),
  primaryAttributeValue: z.unknown().optional(),
  primaryAttributeValueId: z.unknown().optional(),
  fields: z.array(z.object({ name: z.string(), newValue: z.unknown().optional(), oldValue: z.unknown().optional() })).default([]),
  attributes: z.array(attribute).default([]),
});
export type Activity = z.infer<typeof activity>;

export const describedField = z.object({
  displayName: z.string(),
  dataType: z.string(),
  length: z.number().optional(),
  /** Absent where the field cannot be used over REST. */
  rest: z.object({ name: z.string(), readOnly: z.boolean().default(false) }).optional(),
});

export const activityType = z.object({
  id: z.coerce.number(),
  apiName: z.string().optional(),
  status: z.string().optional(),
  attributes: z.array(z.object({ apiName: z.string().optional(), name: z.string() })).default([]),
});
