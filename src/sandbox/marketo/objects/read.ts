/** Describe and Get for all kinds of objects. */
import { batchSize, type Call, optionalList, optionalText } from '../http/call';
import { type Envelope, MarketoError, unknownField } from '../http/envelope';
import { decodeToken, encodeToken } from '../http/pageToken';
import type { Instance } from '../instance';
import { formatDateTime, type Value } from '../schema/values';
import { idOf, type ObjectKind } from './kinds';
import { readLookup } from './lookup';
import type { StoredObject } from './store';

/** The kind of objects a call is about. */
export type KindOf = (call: Call, instance: Instance) => ObjectKind;

/** When the kinds came with the instance. */
const SINCE = '2020-01-01T00:00:00Z';

export const describeObjects =
  (kindOf: KindOf) =>
  (call: Call, instance: Instance): Envelope => {
    const kind = kindOf(call, instance);
    refuseIfClosed(instance, kind);
    return { result: [describeKind(instance, kind)] };
  };

export const describeKind = (instance: Instance, kind: ObjectKind): object => ({
  name: kind.name,
  apiName: kind.name,
  displayName: kind.displayName,
  pluralName: kind.pluralName,
  description: kind.description,
  createdAt: SINCE,
  updatedAt: SINCE,
  idField: kind.idField,
  dedupeFields: kind.dedupeFields,
  searchableFields: kind.searchable,
  relationships: kind.relationships ?? [],
  fields: kind.fields(instance).map((field) => ({ ...field, crmManaged: false })),
});

export const getObjects =
  (kindOf: KindOf) =>
  (sent: Call, instance: Instance): Envelope => {
    const kind = kindOf(sent, instance);
    refuseIfClosed(instance, kind);
    const { call, names: by, keys } = readLookup(sent, kind);
    const names = requestedNames(call, instance, kind);
    const keyOf = (object: StoredObject): string =>
      JSON.stringify(by.map((name) => String(objectValue(kind, object, name) ?? '').toLowerCase()));
    const matching = [...kind.objects(instance).all()].filter((object) => keys.has(keyOf(object))).sort((a, b) => a.id - b.id);
    const tokenKind = `objects-${kind.name}`;
    const token = optionalText(call, 'nextPageToken');
    const start = token === undefined ? 0 : Number(decodeToken(tokenKind, token)[0]);
    const end = start + batchSize(call);
    return {
      result: matching.slice(start, end).map((object, seq) => ({
        seq,
        [kind.idField]: idOf(kind, object),
        ...Object.fromEntries(names.map((name) => [name, objectValue(kind, object, name) ?? null])),
      })),
      ...(end < matching.length && { nextPageToken: encodeToken(tokenKind, [end]) }),
    };
  };

/** Throws 1018 where a native CRM sync leaves not even reading. */
function refuseIfClosed({ settings }: Instance, { underCrm }: ObjectKind): void {
  if (underCrm === 'closed' && settings.switches.nativeCrm !== 'none') throw new MarketoError('1018', 'CRM Enabled');
}

/** Adobe's own samples ask for `marketoGuid`. */
function requestedNames(call: Call, instance: Instance, kind: ObjectKind): readonly string[] {
  const known = kind.fields(instance).map(({ name }) => name);
  const asked = optionalList(call, 'fields') ?? [kind.idField, ...kind.dedupeFields, 'createdAt', 'updatedAt'];
  const names = asked.map((name) => (name.toLowerCase() === kind.idField.toLowerCase() ? kind.idField : name));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownField(unknown);
  return names;
}

function objectValue(kind: ObjectKind, object: StoredObject, name: string): Value | undefined {
  if (name === kind.idField) return idOf(kind, object);
  if (name === 'createdAt' || name === 'updatedAt') return formatDateTime(object[name]);
  // Files of before have the key of a company apart from its values.
  return object.values[name] ?? (name === kind.dedupeFields[0] ? object.externalId : undefined);
}
