/** `WhoAmI`, with and without parentheses. */
import { BUSINESS_UNIT_ID, ORGANIZATION_ID } from '../directory';
import { type Answer, type Call, json } from '../http/call';
import { DataverseError } from '../http/problem';

export function whoAmI(call: Call): Answer {
  if (call.method !== 'GET') {
    throw new DataverseError(404, '', `No HTTP resource was found that matches the request URI '${call.baseUrl}/WhoAmI'.`);
  }
  return json({
    '@odata.context': `${call.baseUrl}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse`,
    BusinessUnitId: BUSINESS_UNIT_ID,
    UserId: call.user.id,
    OrganizationId: ORGANIZATION_ID,
  });
}
