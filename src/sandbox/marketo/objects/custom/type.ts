/** A type of custom objects, as it is set up. */
import { z } from 'zod';
import { ControlError } from '../../../control';
import type { Instance } from '../../instance';
import { CREATABLE_TYPES, isLookup } from '../../schema/field';

const name = z.string().regex(/^\w+$/);

export const newCustomObjectType = z.strictObject({
  /** In paths. */
  name,
  displayName: z.string().min(1),
  fields: z
    .array(
      z.strictObject({
        name,
        displayName: z.string().min(1),
        dataType: z.enum(CREATABLE_TYPES).default('string'),
        length: z.int().positive().optional(),
      }),
    )
    .min(1)
    .max(50),
  dedupeFields: z.array(name).min(1).max(3),
  /** The field whose value is that of `by`, a field of the person or the company that an object belongs to. */
  link: z.strictObject({ field: name, to: z.enum(['Lead', 'Company']).default('Lead'), by: name.default('id') }).optional(),
});
export type NewCustomObjectType = z.output<typeof newCustomObjectType>;

export type CustomObjectType = NewCustomObjectType & { readonly createdAt: number };

/** The names of fields that every object has. */
const OWN = ['marketoGUID', 'createdAt', 'updatedAt'];

export function defineCustomObject(instance: Instance, wanted: NewCustomObjectType): object {
  const names = wanted.fields.map((field) => field.name);
  if (new Set([...names, ...OWN]).size < names.length + OWN.length) throw new ControlError('two fields have the same name');
  const linked = wanted.link === undefined ? [] : [wanted.link.field];
  const unknown = [...wanted.dedupeFields, ...linked].find((one) => !names.includes(one));
  if (unknown !== undefined) throw new ControlError(`there is no field ${unknown}`);
  if (wanted.link !== undefined && !isLinkable(instance, wanted.link)) {
    throw new ControlError(`a ${wanted.link.to} cannot be linked by ${wanted.link.by}`);
  }
  if (instance.customObjects.get(wanted.name) !== undefined) throw new ControlError(`there is a type ${wanted.name} already`);
  return instance.customObjects.define(wanted);
}

function isLinkable(instance: Instance, { to, by }: NonNullable<NewCustomObjectType['link']>): boolean {
  if (to === 'Company') return by === 'id' || by === 'externalCompanyId';
  const field = instance.fields.get(by);
  return field !== undefined && isLookup(field);
}
