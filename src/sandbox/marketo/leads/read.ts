/** Get Lead by Id and Get Leads by Filter Type. */
import { batchSize, type Call, idSegment, optionalList, optionalText, requiredList, requiredText } from '../http/call';
import { type Envelope, MarketoError, unknownField } from '../http/envelope';
import { decodeToken, encodeToken } from '../http/pageToken';
import type { Instance } from '../instance';
import { type Field, isLookup } from '../schema/field';
import { readValue, type Value } from '../schema/values';
import type { Lead } from './store';
import { DEFAULT_FIELDS, renderLead } from './view';

const MAX_FILTER_VALUES = 300;
const MAX_MATCHES = 1000;
const PAGE_KIND = 'leads';

export function getLead(call: Call, instance: Instance): Envelope {
  const fields = requestedFields(call, instance);
  const lead = instance.leads.get(idSegment(call));
  if (lead === undefined) throw new MarketoError('1004', `Lead '${call.segments[0] ?? ''}' not found`);
  return { result: [renderLead(instance, lead, fields)] };
}

export function getLeadsByFilter(call: Call, instance: Instance): Envelope {
  const filter = lookupField(instance, requiredText(call, 'filterType'));
  const values = requiredList(call, 'filterValues', MAX_FILTER_VALUES);
  const fields = requestedFields(call, instance);
  const ids = new Set(values.flatMap((value) => idsWith(instance, filter, value)));
  if (ids.size > MAX_MATCHES) throw new MarketoError('1003', 'Too many results match the filter');
  const leads = [...ids].sort((a, b) => a - b).flatMap((id) => instance.leads.get(id) ?? []);
  return leadPage(call, instance, leads, fields);
}

/** One page of people in the order of their ids; a token only when there are more. */
export function leadPage(call: Call, instance: Instance, sorted: readonly Lead[], fields: readonly Field[]): Envelope {
  const token = optionalText(call, 'nextPageToken');
  const after = token === undefined ? 0 : Number(decodeToken(PAGE_KIND, token)[0]);
  const rest = sorted.filter(({ id }) => id > after);
  const page = rest.slice(0, batchSize(call));
  const last = page.at(-1);
  return {
    result: page.map((lead) => renderLead(instance, lead, fields)),
    ...(last !== undefined && page.length < rest.length && { nextPageToken: encodeToken(PAGE_KIND, [last.id]) }),
  };
}

/** The fields of the answer; the usual ones when none are named. Throws 1006. */
export function requestedFields(call: Call, instance: Instance): readonly Field[] {
  return (optionalList(call, 'fields') ?? DEFAULT_FIELDS).map((name) => {
    const field = instance.fields.get(name);
    if (field === undefined) throw unknownField(name);
    return field;
  });
}

/** A field people may be looked up by. Throws 1011. */
export function lookupField(instance: Instance, name: string): Field {
  const field = instance.fields.get(name);
  if (field === undefined || !isLookup(field)) throw new MarketoError('1011', `Field '${name}' not supported`);
  return field;
}

/** The ids of all people with that value; none for a value the field could never have. */
export function idsWith(instance: Instance, field: Field, given: string): readonly number[] {
  if (field.name === 'id') return instance.leads.get(Number(given)) === undefined ? [] : [Number(given)];
  if (field.name === 'leadPartitionId') {
    return [...instance.leads.all()].filter((lead) => lead.partitionId === Number(given)).map(({ id }) => id);
  }
  const value = lookupValue(field, given);
  return value === undefined ? [] : instance.leads.find(field.name, value);
}

function lookupValue(field: Field, given: string): Value | undefined {
  try {
    return readValue(field, given) ?? undefined;
  } catch {
    return undefined;
  }
}
