/** Create Lead Fields and Update Lead Field. A field can be hidden, never deleted, and its type never changes. */
import { type Call, inputRecords, jsonBody } from '../http/call';
import { type Envelope, MarketoError, perRecord, Skip, unknownField } from '../http/envelope';
import type { Instance } from '../instance';
import { CREATABLE_TYPES } from './field';
import type { NewField } from './fields';

const MAX_CUSTOM_FIELDS = 100;
const FLAGS = ['isHidden', 'isHtmlEncodingInEmail', 'isSensitive'] as const;
type Given = Readonly<Record<string, unknown>>;

export function createFields(call: Call, instance: Instance): Envelope {
  const records = inputRecords(jsonBody(call));
  return {
    result: records.map((record) =>
      perRecord(
        () => {
          const field = readNewField(record);
          if (instance.fields.get(field.name) !== undefined) throw new Skip('1017', `Field '${field.name}' already exists`);
          if (instance.fields.customCount() >= MAX_CUSTOM_FIELDS) throw new Skip('1028', 'Max field limit reached');
          instance.fields.create(field);
          return { name: field.name, status: 'created' };
        },
        (reason) => ({ name: record['name'], status: 'skipped', reasons: [reason] }),
      ),
    ),
  };
}

export function updateField(call: Call, instance: Instance): Envelope {
  const name = call.segments[0] ?? '';
  const field = instance.fields.get(name);
  if (field === undefined) throw unknownField(name);
  if (!field.isCustom) throw new MarketoError('1003', `Invalid data: field '${name}' is a standard field`);
  instance.fields.update(name, describedBy(inputRecords(jsonBody(call))[0] ?? {}));
  return { result: [{ name, status: 'updated' }] };
}

/** Throws 1001, 1002, 1003. */
function readNewField(given: Given): NewField {
  const name = text(given, 'name');
  const displayName = text(given, 'displayName');
  const type = text(given, 'dataType');
  if (!/^[A-Za-z]\w{0,254}$/.test(name)) throw new Skip('1003', `Invalid data: field name '${name}' is not alphanumeric`);
  const dataType = CREATABLE_TYPES.find((known) => known === type);
  if (dataType === undefined)
    throw new Skip('1001', `Invalid value '${type}'. Required of type 'one of ${CREATABLE_TYPES.join(', ')}'`);
  return { ...describedBy(given), name, displayName, dataType };
}

function text(given: Given, name: string): string {
  const value = given[name];
  if (typeof value !== 'string' || value === '') throw new Skip('1002', `Missing value for the required parameter '${name}'`);
  return value;
}

/** The members that may also be changed later. */
function describedBy(given: Given): Partial<Omit<NewField, 'name' | 'dataType'>> {
  const flags = FLAGS.flatMap((flag) => (typeof given[flag] === 'boolean' ? [[flag, given[flag]]] : []));
  const texts = ['displayName', 'description'].flatMap((name) => (typeof given[name] === 'string' ? [[name, given[name]]] : []));
  return Object.fromEntries([...flags, ...texts]);
}
