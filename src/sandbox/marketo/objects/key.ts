/** Keys of objects: the value of one dedupe field, or of all of them together. */
import { quote, Skip } from '../http/envelope';
import type { Instance } from '../instance';
import { readValue, type Value } from '../schema/values';
import type { ObjectKind } from './kinds';

/** The key that an item names, as objects are stored by it. Throws 1001, 1003. */
export function readKey(instance: Instance, kind: ObjectKind, item: Readonly<Record<string, unknown>>): string {
  const fields = kind.fields(instance);
  return keyText(
    kind.dedupeFields.map((name) => {
      const field = fields.find((one) => one.name === name);
      const value = field === undefined ? null : readValue(field, item[name]);
      if (value === null) throw new Skip('1003', `Invalid data: no value for '${name}'`);
      return value;
    }),
  );
}

/** One value stands for itself. */
export const keyText = (values: readonly Value[]): string =>
  values.length === 1 ? quote(values[0]) : JSON.stringify(values.map(String));
