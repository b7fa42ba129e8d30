/** Add Custom Activities: written once, never changed. Nothing recognises a repetition: a request sent twice is two activities. */
import { type Call, inputRecords, isRecord, jsonBody } from '../http/call';
import { type Envelope, perRecord, quote, type Reason, Skip } from '../http/envelope';
import type { Instance } from '../instance';
import type { DataType } from '../schema/field';
import { parseDateTime, readValue, type Value } from '../schema/values';
import type { CustomAttribute, Version } from './customTypes';
import type { Activity } from './log';

const MAX_ATTRIBUTES_BYTES = 65_536;
const REQUIRED = ['leadId', 'activityDate', 'activityTypeId', 'primaryAttributeValue', 'attributes'] as const;
type Item = Readonly<Record<string, unknown>>;

export function addCustomActivities(call: Call, instance: Instance): Envelope {
  const items = inputRecords(jsonBody(call));
  // Here, and only here, the reasons of a skipped record are called errors.
  const skipped = (reason: Reason): object => ({ status: 'skipped', errors: [reason] });
  return { result: items.map((item) => perRecord(() => added(instance, add(instance, item)), skipped)) };
}

const added = (instance: Instance, { id }: Activity): object => ({
  ...(instance.settings.switches.activityIds === 'present' && { id }),
  marketoGUID: String(id),
  status: 'added',
});

/** Throws 1001, 1002, 1003, 1004, 1006, 1013, 1049. */
function add(instance: Instance, item: Item): Activity {
  const absent = REQUIRED.find((name) => item[name] === undefined || item[name] === null);
  if (absent !== undefined) throw new Skip('1002', `Missing value for the required parameter '${absent}'`);
  const type = Number(item['activityTypeId']);
  const version = instance.customTypes.approvedById(type);
  if (version === undefined) throw new Skip('1013', `Activity type '${type}' not found`);
  const at = parseDateTime(quote(item['activityDate']));
  if (at === undefined) throw new Skip('1001', `Invalid value '${quote(item['activityDate'])}'. Required of type 'datetime'`);
  const lead = instance.leads.get(Number(item['leadId']));
  if (lead === undefined) throw new Skip('1004', 'Lead not found');
  const primary = readAttribute(version.primaryAttribute, item['primaryAttributeValue']);
  const attributes = readAttributes(version, item['attributes']);
  return instance.log.append({
    type,
    lead: lead.id,
    at: at.getTime(),
    ...(primary !== null && { primary: String(primary) }),
    attributes,
  });
}

function readAttributes(version: Version, given: unknown): Record<string, Value> {
  if (!Array.isArray(given) || !given.every(isRecord))
    throw new Skip('1003', 'Invalid data: attributes is not an array of objects');
  if (Buffer.byteLength(JSON.stringify(given)) > MAX_ATTRIBUTES_BYTES) throw new Skip('1049', 'Failed to Create Activity');
  const values: Record<string, Value> = {};
  for (const { name, apiName, value } of given) {
    const key = apiName ?? name;
    const attribute = version.attributes.find((known) => known.apiName === key || known.name === key);
    if (attribute === undefined) throw new Skip('1006', `Field '${quote(key)}' not found`);
    const read = readAttribute(attribute, value);
    if (read !== null) values[attribute.name] = read;
  }
  return values;
}

/** Attributes have types of their own beside those of fields. */
function readAttribute({ dataType }: CustomAttribute, given: unknown): Value | null {
  const asField: DataType = dataType === 'link' ? 'url' : dataType;
  return readValue({ dataType: asField }, given);
}
