/** What the headers and parameters of a call say about its writes. */
import type { Call } from '../http/call';
import type { Organization } from '../organization';
import type { WriteContext } from './write';

export function writeContextOf(call: Call, organization: Organization): WriteContext {
  const suppress = call.headers['mscrm.suppressduplicatedetection'];
  return {
    organization,
    user: call.user,
    detectDuplicates: suppress?.toLowerCase() === 'false',
    tag: call.parameters.get('tag'),
  };
}
