/** What the mapping's types mean in either vendor's words. */
import type { FieldSchema, FieldType } from './types';

type Family = 'text' | 'number' | 'boolean' | 'option' | 'date' | 'datetime' | 'lookup';

interface TypeFacts {
  readonly family: Family;
  /** Marketo's data type for a new field of this type. */
  readonly marketoDataType: string;
}

const FACTS: Readonly<Record<FieldType, TypeFacts>> = {
  string: { family: 'text', marketoDataType: 'string' },
  text: { family: 'text', marketoDataType: 'text' },
  email: { family: 'text', marketoDataType: 'email' },
  phone: { family: 'text', marketoDataType: 'phone' },
  url: { family: 'text', marketoDataType: 'url' },
  integer: { family: 'number', marketoDataType: 'integer' },
  decimal: { family: 'number', marketoDataType: 'float' },
  currency: { family: 'number', marketoDataType: 'currency' },
  boolean: { family: 'boolean', marketoDataType: 'boolean' },
  picklist: { family: 'option', marketoDataType: 'string' },
  date: { family: 'date', marketoDataType: 'date' },
  datetime: { family: 'datetime', marketoDataType: 'datetime' },
  lookup: { family: 'lookup', marketoDataType: 'string' },
};

const FAMILY_OF: Readonly<Record<string, Family>> = {
  // Marketo
  string: 'text',
  text: 'text',
  textarea: 'text',
  email: 'text',
  phone: 'text',
  url: 'text',
  reference: 'text',
  lead_function: 'text',
  integer: 'number',
  score: 'number',
  float: 'number',
  percent: 'number',
  currency: 'number',
  boolean: 'boolean',
  date: 'date',
  datetime: 'datetime',
  // Dataverse
  String: 'text',
  Memo: 'text',
  Uniqueidentifier: 'text',
  EntityName: 'text',
  Integer: 'number',
  BigInt: 'number',
  Decimal: 'number',
  Double: 'number',
  Money: 'number',
  Boolean: 'boolean',
  Picklist: 'option',
  State: 'option',
  Status: 'option',
  MultiSelectPicklist: 'option',
  DateTime: 'datetime',
  Lookup: 'lookup',
  Customer: 'lookup',
  Owner: 'lookup',
};

export const marketoDataType = (type: FieldType): string => FACTS[type].marketoDataType;

/** Whether a field holds text, whatever the text says. A type word nobody knows is taken for text. */
export const isTextField = (schema: FieldSchema): boolean => (FAMILY_OF[schema.vendorType] ?? 'text') === 'text';

function familyOf(schema: FieldSchema): Family | undefined {
  const family = FAMILY_OF[schema.vendorType];
  return family === 'datetime' && schema.dateOnly === true ? 'date' : family;
}

/** Whether a Dynamics column can be mapped with `type`. A type word nobody knows is not judged. */
export function fitsDynamics(type: FieldType, column: FieldSchema): boolean {
  const family = familyOf(column);
  return family === undefined || family === FACTS[type].family;
}

/** Marketo's text fields can show anything; an option may also be kept as its number. */
export function fitsMarketo(type: FieldType, field: FieldSchema): boolean {
  const family = familyOf(field);
  if (family === undefined || family === 'text') return true;
  return family === FACTS[type].family || (type === 'picklist' && family === 'number');
}

/** The mapping's types that fit a column, for messages. */
export function typesFor(column: FieldSchema): readonly FieldType[] {
  return (Object.keys(FACTS) as FieldType[]).filter((type) => fitsDynamics(type, column));
}
