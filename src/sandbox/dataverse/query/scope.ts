/** On whose behalf and over what a query runs. */
import type { Organization } from '../organization';
import type { User } from '../security/user';

export interface Scope {
  readonly organization: Organization;
  readonly user: User;
}
