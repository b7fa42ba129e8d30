/**
 * The shapes of Marketo's answers. HTTP says nothing, `success` says all. Adobe's own samples leave out members that its specification
 * requires, so nothing is required here that we can do without; what is absent and what is null are the same.
 */
import { z } from 'zod';
import type { RawValue } from '../core/types';

/** Codes are strings in errors and numbers in warnings, ids the other way round. Text that is no number is left as it is. */
const text = z.union([z.string(), z.int()]).transform(String);
const optionalText = text.nullish().transform((value) => value ?? undefined);

/**
 * Ids fit into JavaScript's numbers: Marketo documents lead ids as 32 bit and activity ids as 64 bit, and counts from one. An id that would
 * have lost digits in parsing does not fit this shape, so that it can never be taken for another's.
 */
const id = z.union([z.int().positive(), z.string().regex(/^[1-9]\d*$/)]).transform(String);

const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

const problemShape = z.object({
  code: text,
  message: z
    .string()
    .nullish()
    .transform((message) => message ?? ''),
});
/** One error of a call, or one reason why a record was skipped. */
export type Problem = z.output<typeof problemShape>;

/** Warnings are objects on some endpoints and plain text on others. */
const warningShape = z.union([z.string().transform((message): Problem => ({ code: '', message })), problemShape]);

export const envelopeShape = z.object({
  requestId: optionalText,
  success: z.boolean(),
  errors: listOf(problemShape),
  warnings: listOf(warningShape).catch([]),
  result: listOf(z.unknown()),
  nextPageToken: optionalText,
  moreResult: z
    .boolean()
    .nullish()
    .transform((more) => more ?? false),
});
export type Envelope = z.output<typeof envelopeShape>;

/** Custom activities call their reasons `errors`, everything else `reasons`. */
const outcome = { status: optionalText, reasons: listOf(problemShape), errors: listOf(problemShape) };

function withProblems<T extends Readonly<Record<'reasons' | 'errors', readonly Problem[]>>>({ reasons, errors, ...item }: T) {
  return { ...item, problems: [...reasons, ...errors] };
}

/** What became of one item of a write whose id is of no use to us, as those of activities, which may be longer than numbers can be. */
export const writtenShape = z.object(outcome).transform(withProblems);
export type WrittenItem = z.output<typeof writtenShape>;

export const writtenPersonShape = z.object({ ...outcome, id: id.nullish() }).transform(withProblems);
export type WrittenPerson = z.output<typeof writtenPersonShape>;

export const personShape = z.looseObject({ id });
export type PersonItem = z.output<typeof personShape>;

const attributeShape = z.object({ name: optionalText, apiName: optionalText, value: z.unknown().optional() });
const fieldChangeShape = z.object({ name: z.string(), newValue: z.unknown().optional(), oldValue: z.unknown().optional() });

/** An entry of any feed. `id` is left out on purpose: it may be missing or not unique, and `marketoGUID` is what names an entry. */
export const activityShape = z.object({
  marketoGUID: optionalText.catch(undefined),
  /** None for an entry that is about nobody, which must not stop the feed. */
  leadId: id.nullish().catch(undefined),
  activityDate: optionalText,
  activityTypeId: z.coerce.number().catch(0),
  primaryAttributeValueId: optionalText.catch(undefined),
  primaryAttributeValue: optionalText.catch(undefined),
  fields: listOf(fieldChangeShape),
  attributes: listOf(attributeShape),
});
export type Activity = z.output<typeof activityShape>;

export const describedFieldShape = z.object({
  /** The link from an activity's `primaryAttributeValueId` to the field. */
  id: optionalText,
  displayName: optionalText,
  dataType: z.string().catch('string'),
  length: z.int().positive().nullish().catch(undefined),
  /** Absent where the field cannot be used over REST. */
  rest: z.object({ name: z.string(), readOnly: z.boolean().catch(false) }).nullish(),
});
export type DescribedField = z.output<typeof describedFieldShape>;

const activityAttributeShape = z.object({ apiName: optionalText, name: optionalText, dataType: optionalText });

export const activityTypeShape = z.object({
  id: z.coerce.number(),
  apiName: optionalText,
  /** `draft`, `approved`, `approved with draft` or `deleted`. */
  status: optionalText,
  attributes: listOf(activityAttributeShape),
});
export type ActivityType = z.output<typeof activityTypeShape>;

/** A value as a snapshot holds it. Marketo has no nested values in people; anything of the kind counts as none. */
export function rawOf(value: unknown): RawValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
