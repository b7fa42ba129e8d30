/** Holds what we count of today's calls to Marketo against what Marketo counts. */
import type { Log } from '../core/ports';
import type { Database } from '../store/database';
import { callsOnDay } from '../store/limits';
import { readSetting, writeSetting } from '../store/settings';
import type { Remotes } from './deps';

/** Looks at both counts and keeps them beside those of the look before. When Marketo does not tell, nothing changes: nothing else depends on it. */
export async function lookAtUsage(deps: {
  readonly db: Database;
  readonly remotes: Pick<Remotes, 'marketo'>;
  readonly log: Log;
  readonly now: () => number;
}): Promise<void> {
  const { db, remotes, log } = deps;
  const answer = await remotes.marketo.usage();
  if ('failure' in answer) {
    log.warn({ code: answer.failure.code }, 'Marketo does not tell how many calls it has counted');
    return;
  }
  if (answer.ok === undefined) return;
  const counted = await callsOnDay(db, 'marketo', answer.ok.date);
  const before = (await readSetting(db, 'usage'))?.value.now;
  const now = { ...answer.ok, counted, askedAt: new Date(deps.now()).toISOString() };
  await writeSetting(db, 'usage', { now, ...(before === undefined ? {} : { before }) });
}
