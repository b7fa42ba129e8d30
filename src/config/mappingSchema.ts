/** The form of a mapping file, with what editors show about it. Rules that look at more than one line are in `mappingChecks.ts`. */
import { z } from 'zod';
import { FIELD_TYPES } from '../core/types';

const column = (table: string): z.ZodOptional<z.ZodString> =>
  z
    .string()
    .optional()
    .describe(
      `Logical name of the column on the Dynamics table ${table}, or $id, $table, $deleted. Without it the ${table} does not sync this field.`,
    );

const labelLanguage = (whose: string): z.ZodOptional<z.ZodInt> =>
  z
    .int()
    .optional()
    .describe(
      `The language in which the option labels ${whose} travel to Marketo, as Dynamics' language code: 1033 is English, 1031 German.`,
    );

const mappedField = z
  .strictObject({
    contact: column('contact'),
    lead: column('lead'),
    type: z.enum(FIELD_TYPES).describe('How values are compared and converted. Must fit the column.'),
    direction: z
      .enum(['both', 'toMarketo', 'toDynamics'])
      .default('both')
      .describe('One way: edits on the target are no changes and stay until the source changes.'),
    winner: z
      .enum(['marketo', 'dynamics', 'nonBlank', 'review'])
      .optional()
      .describe(
        'Who wins when both sides changed the field to different values. Default: Marketo for leads, Dynamics for contacts.',
      ),
    write: z
      .enum(['always', 'onlyIfEmpty', 'neverClear'])
      .default('always')
      .describe('onlyIfEmpty fills blanks and replaces nothing; neverClear lets no blank travel.'),
    group: z.string().min(1).optional().describe('Fields of one group are compared and won together.'),
    default: z
      .union([z.string().min(1), z.number(), z.boolean()])
      .optional()
      .describe(
        'What a new Dynamics row gets when the person has no value, written as Marketo would hold it. For required columns.',
      ),
    labelLanguage: labelLanguage('of this field'),
    optional: z
      .boolean()
      .optional()
      .describe('Either side may lack it: then it is left out without a warning, and "mdsync setup" does not create it.'),
    lookupAs: z.enum(['name', 'id']).optional().describe('How a lookup travels to Marketo. Default: name.'),
    consent: z
      .boolean()
      .optional()
      .describe('For "do not" flags: empty means no, and when two records are linked for the first time a yes wins.'),
  })
  .describe('One Marketo person field and the Dynamics columns it is kept the same with.');

export const mappingFile = z
  .strictObject({
    match: z
      .enum(['none', 'email'])
      .default('email')
      .describe('Before a record is created: link the one record with the same e-mail, or never look.'),
    labelLanguage: labelLanguage("of all fields that name none (default: the environment's base language)"),
    fields: z.record(z.string(), mappedField).describe('By REST name of the Marketo person field.'),
  })
  .describe('Which fields marketo-dynamics-sync keeps the same between Marketo people and Dynamics contacts and leads.');

export type MappingFile = z.output<typeof mappingFile>;
export type MappedFieldLine = MappingFile['fields'][string];

export const FIELD_KEYS: readonly string[] = Object.keys(mappedField.shape);
export const FILE_KEYS: readonly string[] = Object.keys(mappingFile.shape);
