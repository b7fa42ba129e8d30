/** The JSON of log entries. */
import type { Instance } from '../instance';
import { VIA_API } from '../leads/change';
import { formatDate, formatDateTime } from '../schema/values';
import { type Activity, TYPE } from './log';

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An item of Get Lead Activities and Get Deleted Leads. */
export function renderActivity(instance: Instance, activity: Activity): object {
  const { id: primaryId, name: primary } = primaryOf(instance, activity);
  return {
    ...identity(instance, activity),
    ...(primaryId !== undefined && { primaryAttributeValueId: primaryId }),
    ...(primary !== undefined && { primaryAttributeValue: primary }),
    attributes: list(attributesOf(activity)),
  };
}

/** An item of Get Lead Changes: a changed value stands in `fields`, not among the attributes. */
export function renderLeadChange(instance: Instance, activity: Activity): object {
  const { change } = activity;
  if (change === undefined) return renderActivity(instance, activity);
  const item = {
    id: instance.fields.get(change.field)?.id,
    name: change.field,
    newValue: change.to ?? null,
    oldValue: change.from ?? null,
  };
  const { Reason, Source } = originOf(activity);
  return {
    ...identity(instance, activity),
    fields: [item],
    attributes: list({ Reason, Source, 'Lead ID': leadOf(instance, activity) }),
  };
}

/** The attributes by name, for the bulk file, where all of them are one JSON object. */
export function attributesOf(activity: Activity): Attributes {
  const { type, at, change } = activity;
  if (type === TYPE.newLead) {
    return { 'Created Date': formatDate(at), 'Source Type': VIA_API.source, ...activity.attributes };
  }
  if (change === undefined) return activity.attributes ?? {};
  if (type === TYPE.changeScore) {
    const difference = Number(change.to ?? 0) - Number(change.from ?? 0);
    return {
      'Change Value': difference < 0 ? String(difference) : `+${difference}`,
      'Old Value': change.from,
      'New Value': change.to,
      Reason: originOf(activity).Reason,
    };
  }
  return { 'New Value': change.to, 'Old Value': change.from, ...originOf(activity) };
}

export interface Primary {
  readonly id?: number | undefined;
  readonly name?: string | undefined;
}

export function primaryOf(instance: Instance, activity: Activity): Primary {
  const field = activity.change && instance.fields.get(activity.change.field);
  if (field !== undefined) return { id: field.id, name: field.displayName };
  const ofLead = activity.type === TYPE.newLead || activity.type === TYPE.deleteLead;
  return { id: activity.primaryId ?? (ofLead ? activity.lead : undefined), name: activity.primary };
}

/** Whom an entry is about now: after a merge, the winner. The loser's deletion stays the loser's. */
export function leadOf(instance: Instance, { type, lead }: Activity): number {
  return type === TYPE.deleteLead ? lead : instance.leads.survivorOf(lead);
}

function identity(instance: Instance, activity: Activity): object {
  const { id, at, type, campaign } = activity;
  return {
    ...(instance.settings.switches.activityIds === 'present' && { id }),
    marketoGUID: String(id),
    leadId: leadOf(instance, activity),
    activityDate: formatDateTime(at),
    activityTypeId: type,
    ...(campaign !== undefined && { campaignId: campaign }),
  };
}

function originOf({ attributes }: Activity): { readonly Reason: string; readonly Source: string } {
  return {
    Reason: String(attributes?.['Reason'] ?? VIA_API.reason),
    Source: String(attributes?.['Source'] ?? VIA_API.source),
  };
}

/** Attributes without a value are left out. */
function list(attributes: Attributes): object[] {
  return Object.entries(attributes).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [{ name, value }]));
}
