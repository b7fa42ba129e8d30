/** The kind of objects that a type of custom objects makes. */
import { type Call, optionalList } from '../../http/call';
import { type Envelope, MarketoError, Skip } from '../../http/envelope';
import type { Instance } from '../../instance';
import { idsWith } from '../../leads/read';
import { LENGTH } from '../../schema/field';
import type { Value } from '../../schema/values';
import { field, MARKETO_GUID, type ObjectKind, STAMPS } from '../kinds';
import { describeKind } from '../read';
import type { CustomObjectType } from './type';

/** Throws 1013 for a type that is not there. */
export function customObjectKind(call: Call, instance: Instance): ObjectKind {
  const type = instance.customObjects.get(call.segments[0] ?? '');
  if (type === undefined) throw new MarketoError('1013', `Object '${call.segments[0] ?? ''}' not found`);
  return kindOf(type);
}

/** All types, or those that are named. */
export function listCustomObjects(call: Call, instance: Instance): Envelope {
  const names = optionalList(call, 'names');
  const types = instance.customObjects.all().filter(({ name }) => names?.includes(name) ?? true);
  return { result: types.map((type) => describeKind(instance, kindOf(type))) };
}

function kindOf({ name, displayName, fields, dedupeFields, link }: CustomObjectType): ObjectKind {
  const all = [
    MARKETO_GUID,
    ...STAMPS,
    ...fields.map((one) =>
      field(one.name, one.displayName, one.dataType, !dedupeFields.includes(one.name), one.length ?? LENGTH[one.dataType]),
    ),
  ];
  return {
    name,
    displayName,
    pluralName: displayName,
    description: displayName,
    idField: 'marketoGUID',
    dedupeFields,
    searchable: [dedupeFields, ['marketoGUID'], ...(link === undefined ? [] : [[link.field]])],
    ...(link && { relationships: [{ field: link.field, type: 'parent', relatedTo: { name: link.to, field: link.by } }] }),
    underCrm: 'open',
    objects: (instance) => instance.customObjects.objectsOf(name),
    fields: () => all,
    check(instance, values) {
      const value = link && values[link.field];
      if (link !== undefined && value !== undefined) requireLinked(instance, link, value);
    },
  };
}

/** Throws 1004, 1013. */
function requireLinked(instance: Instance, { to, by }: NonNullable<CustomObjectType['link']>, value: Value): void {
  if (to === 'Company') {
    const company = by === 'id' ? instance.companies.get(Number(value)) : instance.companies.byExternalId(String(value));
    if (company === undefined) throw new Skip('1013', 'Object not found');
    return;
  }
  const linkField = instance.fields.get(by);
  if (linkField === undefined || idsWith(instance, linkField, String(value)).length === 0)
    throw new Skip('1004', 'Lead not found');
}
