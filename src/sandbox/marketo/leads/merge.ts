/** Merge Leads: the winner keeps its values and takes the losers' where it has none. */
import { TYPE } from '../activity/log';
import { type Call, idSegment } from '../http/call';
import { type Envelope, MarketoError, missing } from '../http/envelope';
import type { Instance } from '../instance';
import { replaceRoles } from '../objects/roles';
import type { Value } from '../schema/values';
import { removeLead } from './remove';
import type { Lead } from './store';

const MAX_LOSERS = 25;

/** The parameters are taken from the query only: in a form they are invalid data, as on real instances. Throws 1002, 1003, 1004, 1080. */
export function mergeLeads(call: Call, instance: Instance): Envelope {
  const winner = existing(instance, idSegment(call));
  const losers = loserIds(call).map((id) => existing(instance, id));
  if (losers.some(({ id }) => id === winner.id))
    throw new MarketoError('1003', 'Invalid data: a lead cannot be merged into itself');
  mergeInto(instance, winner, losers);
  return {};
}

function loserIds({ query, parameters }: Call): readonly number[] {
  const given = [...query.getAll('leadId'), ...query.getAll('leadIds')].flatMap((text) => text.split(',')).filter(Boolean);
  if (given.length === 0) {
    if (parameters.has('leadId') || parameters.has('leadIds')) throw new MarketoError('1003', 'Invalid data');
    throw missing('leadId');
  }
  if (given.length > MAX_LOSERS) throw new MarketoError('1080', `At most ${MAX_LOSERS} leads can be merged in one request`);
  return [...new Set(given.map(Number))];
}

function existing(instance: Instance, id: number): Lead {
  const lead = instance.leads.get(id);
  if (lead === undefined) throw new MarketoError('1004', `Lead '${id}' not found`);
  return lead;
}

function mergeInto(instance: Instance, winner: Lead, losers: readonly Lead[]): void {
  const values: Record<string, Value> = { ...winner.values };
  const taken: string[] = [];
  for (const loser of losers) {
    for (const [name, value] of Object.entries(loser.values)) {
      if (values[name] !== undefined || isSet(instance, name)) continue;
      values[name] = value;
      taken.push(name);
    }
  }
  const now = instance.clock.now().getTime();
  const hasCompany = winner.companyId !== undefined || winner.values['company'] !== undefined;
  const companyId = hasCompany ? winner.companyId : losers.find((loser) => loser.companyId !== undefined)?.companyId;
  instance.leads.put({ ...winner, values, updatedAt: now, changedAt: now, ...(companyId !== undefined && { companyId }) });
  for (const loser of losers) {
    instance.lists.replace(loser.id, winner.id);
    replaceRoles(instance, loser.id, winner.id);
    removeLead(instance, loser);
    instance.leads.markMerged(loser.id, winner.id);
  }
  instance.log.append({
    type: TYPE.mergeLeads,
    lead: winner.id,
    primaryId: winner.id,
    attributes: {
      'Merge IDs': losers.map(({ id }) => id).join(','),
      'Merge Fields': taken.join(','),
      'Merge Source': 'Web service API',
      'Master Updated': taken.length > 0,
      'Merged in Sales': false,
    },
  });
}

/** A standard boolean is never empty: without a value it is false. */
function isSet(instance: Instance, name: string): boolean {
  const field = instance.fields.get(name);
  return field?.dataType === 'boolean' && !field.isCustom;
}
