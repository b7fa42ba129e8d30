/** What becomes of people's roles in opportunities when the people go. */
import type { Instance } from '../instance';
import { keyText } from './key';
import type { StoredObject } from './store';

const rolesOf = (instance: Instance, leadId: number): readonly StoredObject[] =>
  [...instance.opportunityRoles.all()].filter(({ values }) => values['leadId'] === leadId);

export function forgetRoles(instance: Instance, leadId: number): void {
  for (const { id } of rolesOf(instance, leadId)) instance.opportunityRoles.remove(id);
}

/** The winner of a merge takes the loser's roles, where it has not the same already. */
export function replaceRoles(instance: Instance, loserId: number, winnerId: number): void {
  const { opportunityRoles: roles } = instance;
  for (const role of rolesOf(instance, loserId)) {
    const { externalOpportunityId = '', role: name = '' } = role.values;
    const externalId = keyText([externalOpportunityId, winnerId, name]);
    if (roles.byExternalId(externalId) === undefined) {
      roles.put({ ...role, externalId, values: { ...role.values, leadId: winnerId } });
    }
  }
}
