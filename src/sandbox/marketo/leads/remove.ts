/** Delete Leads. */
import { TYPE } from '../activity/log';
import { type Call, inputRecords, jsonBody, MAX_BATCH, optionalList } from '../http/call';
import { type Envelope, perRecord, Skip } from '../http/envelope';
import type { Instance } from '../instance';
import { forgetRoles } from '../objects/roles';
import type { Lead } from './store';
import { nameOf } from './view';

/** The ids stand in the body's `input`, or in the parameter `id`. */
export function deleteLeads(call: Call, instance: Instance): Envelope {
  const ids = optionalList(call, 'id', MAX_BATCH) ?? inputRecords(jsonBody(call)).map(({ id }) => id);
  return {
    result: ids.map((id) =>
      perRecord(() => {
        const lead = instance.leads.get(Number(id));
        if (lead === undefined) throw new Skip('1004', 'Lead not found');
        removeLead(instance, lead);
        return { id: lead.id, status: 'deleted' };
      }),
    ),
  };
}

/** Takes a person away and leaves the entry that Get Deleted Leads shows. */
export function removeLead(instance: Instance, lead: Lead): void {
  instance.leads.remove(lead.id);
  instance.lists.forget(lead.id);
  forgetRoles(instance, lead.id);
  instance.log.append({ type: TYPE.deleteLead, lead: lead.id, primary: nameOf(lead) });
}
