/** Response mappings: a path into what a webhook answered, and the field its value goes to. */
import { Skip } from '../http/envelope';
import type { Instance } from '../instance';
import type { Changes } from '../leads/change';
import type { Field } from '../schema/field';
import { readValue, type Value } from '../schema/values';
import type { Lookup } from './webhookAnswer';

export interface ResponseMapping {
  /** `foo`, `orders[0].orderDate`; in XML from the root element on, `example.foo` */
  readonly attribute: string;
  /** SOAP API name. */
  readonly field: string;
}

/** The values to write. What has another type than its field is not written, nor is what the answer does not hold. */
export function mappedChanges(instance: Instance, mappings: readonly ResponseMapping[], valueAt: Lookup): Changes {
  const changes = new Map<Field, Value | null>();
  for (const { attribute, field: soapName } of mappings) {
    const field = instance.fields.bySoapName(soapName);
    const given = valueAt(attribute);
    if (field === undefined || field.readOnly || given === undefined || typeof given === 'object') continue;
    const value = tryRead(field, given);
    if (value !== undefined) changes.set(field, value);
  }
  return changes;
}

function tryRead(field: Field, given: unknown): Value | null | undefined {
  try {
    return readValue(field, given);
  } catch (error) {
    if (error instanceof Skip) return undefined;
    throw error;
  }
}
