/** A person as others see it: its own values, its company's, and what Marketo computes. */
import type { Instance } from '../instance';
import type { Field } from '../schema/field';
import { formatDateTime, type Value } from '../schema/values';
import type { Lead } from './store';

/** What a standard boolean is when nobody has set it; custom ones have no value then. */
const UNSET_BOOLEAN = false;

const COMPUTED: Readonly<Record<string, (lead: Lead, instance: Instance) => Value | null>> = {
  id: (lead) => lead.id,
  createdAt: (lead) => formatDateTime(lead.createdAt),
  updatedAt: (lead) => formatDateTime(lead.updatedAt),
  mktoName: (lead) => nameOf(lead) || null,
  personType: (lead) => lead.values['personType'] ?? 'contact',
  isLead: () => true,
  leadPartitionId: (lead) => lead.partitionId,
  contactCompany: (lead) => lead.companyId ?? null,
  externalCompanyId: (lead, instance) => instance.companies.get(lead.companyId)?.externalId ?? null,
};

/** The value of any field; `null` for none. */
export function valueOf(instance: Instance, lead: Lead, field: Field): Value | null {
  const computed = COMPUTED[field.name];
  if (computed !== undefined) return computed(lead, instance);
  const linked = field.ofCompany ? instance.companies.get(lead.companyId) : undefined;
  const value = linked === undefined ? lead.values[field.name] : linked.values[field.name];
  if (value !== undefined) return value;
  return field.dataType === 'boolean' && !field.isCustom ? UNSET_BOOLEAN : null;
}

/** First, middle and last name; empty when there is none. */
export function nameOf({ values }: Lead): string {
  return [values['firstName'], values['middleName'], values['lastName']].filter((part) => part !== undefined).join(' ');
}

export const DEFAULT_FIELDS = ['id', 'email', 'updatedAt', 'createdAt', 'firstName', 'lastName'];

/** The JSON of a person with these fields; the id is always there. */
export function renderLead(instance: Instance, lead: Lead, fields: readonly Field[]): object {
  const omitsNull = instance.settings.switches.nulls === 'omitted';
  const shown: Record<string, Value | null> = { id: lead.id };
  for (const field of fields) {
    const value = valueOf(instance, lead, field);
    if (value !== null || !omitsNull) shown[field.name] = value;
  }
  return shown;
}
