/** Whether the sync has ever come up: asked by whoever waits for a deployment. */
import type { Db } from './database';
import { claimSetting, readSetting } from './settings';

export interface ReadinessOptions {
  /** True: not before a cycle has ended with nothing left to do. False: both sides being read is enough, the first load may take hours. */
  readonly awaitFirstLoad: boolean;
}

/** Once true it stays true: later outages are told by `status`, they do not make the sync new. */
export async function hasComeUp(db: Db, { awaitFirstLoad }: ReadinessOptions): Promise<boolean> {
  if (await readSetting(db, 'readyAt')) return true;
  const cycle = (await readSetting(db, 'cycle'))?.value;
  // Written by every cycle: the sentences that stop it, or none once both sides have answered.
  const problems = (await readSetting(db, 'problems'))?.value;
  const up = cycle?.outcome === 'done' || (!awaitFirstLoad && cycle !== undefined && problems?.length === 0);
  if (up) await claimSetting(db, 'readyAt', new Date().toISOString());
  return up;
}
