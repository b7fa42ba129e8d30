/** The Dynamics users that campaigns may assign new rows to, kept in the store for the gateway, which never calls a vendor. */
import type { Log } from '../../core/ports';
import type { Database } from '../../store/database';
import { writeSetting } from '../../store/settings';
import type { Remotes } from '../deps';

/** Marketo takes no more choices. */
const MAX_OWNERS = 1_000;

/** Refreshes the list. When Dynamics does not tell, the old list stays: nothing else depends on it. */
export async function refreshOwners(deps: {
  readonly db: Database;
  readonly remotes: Remotes;
  readonly log: Log;
}): Promise<void> {
  const owners = await deps.remotes.dynamics.listOwners(MAX_OWNERS);
  if ('ok' in owners) await writeSetting(deps.db, 'owners', owners.ok);
  else
    deps.log.warn({ code: owners.failure.code }, 'Dynamics does not list its users: the choices of Assign To stay as they were');
}
