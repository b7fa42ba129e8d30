/** Describe and Get for companies and sales persons. */
import { batchSize, type Call, optionalList, optionalText, requiredList, requiredText } from '../http/call';
import { type Envelope, MarketoError, unknownField } from '../http/envelope';
import { decodeToken, encodeToken } from '../http/pageToken';
import type { Instance } from '../instance';
import { formatDateTime, type Value } from '../schema/values';
import type { ObjectKind } from './kinds';
import type { StoredObject } from './store';

const MAX_FILTER_VALUES = 300;
/** When the kinds came with the instance. */
const SINCE = '2020-01-01T00:00:00Z';

export const describeObjects =
  (kind: ObjectKind) =>
  (_call: Call, instance: Instance): Envelope => ({
    result: [
      {
        name: kind.name,
        apiName: kind.name,
        displayName: kind.description,
        pluralName: kind.description,
        description: kind.description,
        createdAt: SINCE,
        updatedAt: SINCE,
        idField: 'id',
        dedupeFields: [kind.key],
        searchableFields: kind.searchable.map((name) => [name]),
        relationships: [],
        fields: kind.fields(instance).map((field) => ({ ...field, crmManaged: false })),
      },
    ],
  });

export const getObjects =
  (kind: ObjectKind) =>
  (call: Call, instance: Instance): Envelope => {
    const filter = requiredText(call, 'filterType');
    if (!kind.searchable.includes(filter)) throw new MarketoError('1011', `Field '${filter}' not supported`);
    const wanted = new Set(requiredList(call, 'filterValues', MAX_FILTER_VALUES).map((value) => value.toLowerCase()));
    const names = requestedNames(call, instance, kind);
    const matching = [...kind.objects(instance).all()]
      .filter((object) => wanted.has(String(objectValue(kind, object, filter) ?? '').toLowerCase()))
      .sort((a, b) => a.id - b.id);
    const token = optionalText(call, 'nextPageToken');
    const start = token === undefined ? 0 : Number(decodeToken(kind.path, token)[0]);
    const end = start + batchSize(call);
    return {
      result: matching.slice(start, end).map((object, seq) => ({
        seq,
        id: object.id,
        ...Object.fromEntries(names.map((name) => [name, objectValue(kind, object, name) ?? null])),
      })),
      ...(end < matching.length && { nextPageToken: encodeToken(kind.path, [end]) }),
    };
  };

function requestedNames(call: Call, instance: Instance, kind: ObjectKind): readonly string[] {
  const known = kind.fields(instance).map(({ name }) => name);
  const names = optionalList(call, 'fields') ?? ['id', kind.key, 'createdAt', 'updatedAt'];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownField(unknown);
  return names;
}

function objectValue(kind: ObjectKind, object: StoredObject, name: string): Value | undefined {
  if (name === 'id') return object.id;
  if (name === kind.key) return object.externalId;
  if (name === 'createdAt' || name === 'updatedAt') return formatDateTime(object[name]);
  return object.values[name];
}
