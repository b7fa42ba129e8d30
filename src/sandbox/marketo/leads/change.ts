/** Creating and changing one person, with the activities that this leaves behind: only for values that really change. */
import type { Instance } from '../instance';
import { TYPE } from '../activity/log';
import type { Field } from '../schema/field';
import type { Value } from '../schema/values';
import type { Lead } from './store';
import { nameOf } from './view';

/** New values by field; `null` takes a value away. */
export type Changes = ReadonlyMap<Field, Value | null>;

/** Who or what changes a person, as the activities say it. */
export interface Origin {
  readonly source: string;
  readonly reason: string;
  readonly campaign?: number;
}

export const VIA_API: Origin = { source: 'Web service API', reason: 'Web service API' };

/** How the API call that created a person is named in the activity. */
export interface CreatedBy {
  readonly method: string;
  readonly user: string;
  readonly requestId: string;
}

export interface Placement {
  readonly partitionId: number;
  readonly companyId?: number | undefined;
}

export const DEFAULT_PARTITION_ID = 1;

export function createLead(instance: Instance, changes: Changes, by: CreatedBy, placement: Placement): Lead {
  const now = instance.clock.now().getTime();
  const values: Record<string, Value> = {
    originalSourceType: 'Web service API',
    originalSourceInfo: by.user,
  };
  for (const [field, value] of changes) if (value !== null) values[field.name] = value;
  const lead: Lead = {
    id: instance.leads.nextId(),
    createdAt: now,
    updatedAt: now,
    changedAt: now,
    partitionId: placement.partitionId,
    ...(placement.companyId !== undefined && { companyId: placement.companyId }),
    values,
  };
  instance.leads.put(lead);
  logNewLead(instance, lead, { 'API Method Name': by.method, 'Modifying User': by.user, 'Request Id': by.requestId });
  return lead;
}

export function logNewLead(instance: Instance, lead: Lead, attributes: Readonly<Record<string, string>>): void {
  const source = lead.values['leadSource'];
  instance.log.append({
    type: TYPE.newLead,
    lead: lead.id,
    at: lead.createdAt,
    primary: nameOf(lead),
    attributes: {
      ...(source !== undefined && { 'Lead Source': source }),
      ...attributes,
    },
  });
}

/** Applies what differs. `companyId` links the person to a company, which then provides its company fields. */
export function changeLead(instance: Instance, lead: Lead, changes: Changes, origin: Origin, companyId = lead.companyId): Lead {
  const values: Record<string, Value> = { ...lead.values };
  const changed: Field[] = [];
  for (const [field, value] of changes) {
    const [before, after] = [lead.values[field.name] ?? unsetValue(field), value ?? unsetValue(field)];
    if (before === after) continue;
    if (after === null) delete values[field.name];
    else values[field.name] = after;
    changed.push(field);
    logChange(instance, lead.id, field, before, after, origin);
  }
  if (changed.length === 0 && companyId === lead.companyId) return lead;
  const now = instance.clock.now().getTime();
  const after: Lead = {
    ...lead,
    updatedAt: changed.every((field) => field.isCustom) && companyId === lead.companyId ? lead.updatedAt : now,
    changedAt: now,
    ...(companyId !== undefined && { companyId }),
    values,
  };
  instance.leads.put(after);
  return after;
}

/** A standard boolean that was never set is false already; taking its value away makes it false again. */
const unsetValue = (field: Field): Value | null => (field.dataType === 'boolean' && !field.isCustom ? false : null);

function logChange(instance: Instance, lead: number, field: Field, from: Value | null, to: Value | null, origin: Origin): void {
  instance.log.append({
    type: field.dataType === 'score' ? TYPE.changeScore : TYPE.changeDataValue,
    lead,
    change: { field: field.name, ...(from !== null && { from: String(from) }), ...(to !== null && { to: String(to) }) },
    ...(origin.campaign !== undefined && { campaign: origin.campaign }),
    // The usual origin is not stored a million times: it is what an entry without one is shown with.
    ...(origin !== VIA_API && { attributes: { Reason: origin.reason, Source: origin.source } }),
  });
}
