/** From a bearer token to a user of the organisation. */
import { applicationOf, SYNC_USER_ID, TENANT } from '../directory';
import type { Headers } from '../http/call';
import { DataverseError, problem } from '../http/problem';
import type { Organization } from '../organization';
import { isReference, type Row } from '../rows/row';
import type { User } from '../security/user';
import type { Tokens } from './tokens';

/** The client id of a valid token. */
export function clientOf(headers: Headers, tokens: Tokens): string | undefined {
  const token = /^Bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1];
  return token === undefined ? undefined : tokens.clientOf(token);
}

/** Throws 401 without a valid token, 403 when its application has no user here or that user has been disabled. */
export function authenticate(headers: Headers, origin: string, organization: Organization): User {
  const clientId = clientOf(headers, organization.tokens);
  if (clientId === undefined) {
    const challenge = `Bearer authorization_uri=${origin}/${TENANT}/oauth2/authorize, resource_id=${origin}/`;
    throw new DataverseError(401, '', 'HTTP Error 401 - Unauthorized: Access is denied', { 'WWW-Authenticate': challenge });
  }
  const userId = applicationOf(clientId)?.userId;
  const row = userId === undefined ? undefined : organization.rows('systemuser').get(userId);
  if (row === undefined) throw problem('userNotMemberOfOrg');
  const user = { id: row.id, clientId, isSync: row.id === SYNC_USER_ID };
  return onBehalfOf(headers, requireEnabled(row, user), organization);
}

/** `CallerObjectId` names a user by the directory's id, `MSCRMCallerID` by the organisation's. */
function onBehalfOf(headers: Headers, user: User, organization: Organization): User {
  const [objectId, userId] = [headers['callerobjectid']?.toLowerCase(), headers['mscrmcallerid']?.toLowerCase()];
  if (objectId === undefined && userId === undefined) return user;
  if (!organization.settings.switches().actOnBehalf) throw problem('cannotActOnBehalfOfAnotherUser');
  const users = organization.rows('systemuser');
  const [id] = objectId === undefined ? [userId ?? ''] : users.find('azureactivedirectoryobjectid', objectId);
  const row = users.get(id ?? '');
  if (row === undefined) throw problem('userNotMemberOfOrg');
  return requireEnabled(row, { id: row.id, clientId: user.clientId, isSync: user.isSync, behalfOf: user.id });
}

function requireEnabled(row: Row, user: User): User {
  const unit = row.values['businessunitid'];
  if (row.values['isdisabled'] === true || !isReference(unit)) throw problem('userNotEnabled');
  return user;
}
