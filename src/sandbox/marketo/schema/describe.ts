/** Describe Lead, in both forms, and the schema of its fields. */
import { batchSize, type Call, optionalText } from '../http/call';
import { type Envelope, unknownField } from '../http/envelope';
import { decodeToken, encodeToken } from '../http/pageToken';
import type { Instance } from '../instance';
import { type DataType, type Field, isLookup } from './field';

const PAGE_KIND = 'fields';
/** Describe gives a length for these only. */
const WITH_LENGTH: readonly DataType[] = ['string', 'text', 'email', 'phone', 'url'];

const lengthOf = ({ dataType, length }: Field): object =>
  WITH_LENGTH.includes(dataType) && length !== undefined ? { length } : {};

export function describeLead(_call: Call, instance: Instance): Envelope {
  return {
    result: instance.fields.all().map((field) => ({
      id: field.id,
      displayName: field.displayName,
      dataType: field.dataType,
      ...lengthOf(field),
      rest: { name: field.name, readOnly: field.readOnly },
      soap: { name: field.soapName, readOnly: field.readOnly },
    })),
  };
}

export function describeLead2(_call: Call, instance: Instance): Envelope {
  const fields = instance.fields.all();
  return {
    result: [
      {
        name: 'API Lead',
        searchableFields: fields.filter(isLookup).map(({ name }) => [name]),
        fields: fields.map((field) => ({
          name: field.name,
          displayName: field.displayName,
          dataType: field.dataType,
          ...lengthOf(field),
          updateable: !field.readOnly,
          crmManaged: false,
        })),
      },
    ],
  };
}

export function getFields(call: Call, instance: Instance): Envelope {
  const token = optionalText(call, 'nextPageToken');
  const start = token === undefined ? 0 : Number(decodeToken(PAGE_KIND, token)[0]);
  const end = start + batchSize(call);
  const fields = instance.fields.all();
  return {
    result: fields.slice(start, end).map(renderField),
    ...(end < fields.length && { nextPageToken: encodeToken(PAGE_KIND, [end]) }),
  };
}

export function getField(call: Call, instance: Instance): Envelope {
  const name = call.segments[0] ?? '';
  const field = instance.fields.get(name);
  if (field === undefined) throw unknownField(name);
  return { result: [renderField(field)] };
}

const renderField = (field: Field): object => ({
  displayName: field.displayName,
  name: field.name,
  description: field.description,
  dataType: field.dataType,
  ...(field.length !== undefined && { length: field.length }),
  isHidden: field.isHidden,
  isHtmlEncodingInEmail: field.isHtmlEncodingInEmail,
  isSensitive: field.isSensitive,
  isCustom: field.isCustom,
  isApiCreated: field.isApiCreated,
});
