/** Who may own a row. */
import { problem } from '../http/problem';
import type { Organization } from '../organization';
import type { Reference } from './row';

/** Throws for a user who has been disabled: such users have no roles any more. */
export function checkOwner(owner: Reference, organization: Organization): void {
  const row = organization.rows(owner.table).get(owner.id);
  if (row === undefined) throw problem('invalidOwnerID');
  if (owner.table === 'systemuser' && row.values['isdisabled'] === true) {
    throw problem(
      'principalPrivilegeDenied',
      `The specified user(Id = ${owner.id}) is disabled and holds no privileges any more.`,
    );
  }
}
