/** `fetch`: claims the record and makes sure that what both sides hold is at hand. */
import { release, saveSnapshots } from '../../store/inbox';
import type { Claim } from '../../store/pairs';
import type { ActivityDeps } from '../deps';
import { deferralMs, describeFailure, isDeferral, toApplicationFailure } from '../failures';
import { readPage } from '../hydrate';
import type { Fetched } from './run';

/** How long a row waits for another one with its e-mail address to find its person. */
const LEASE_RETRY_MS = 2_000;

export function createFetch(deps: ActivityDeps) {
  /** Claims the record of `key`. `afresh` ignores what the page read, because it turned out to be old. */
  return async function fetch({ key, afresh }: { key: string; afresh: boolean }): Promise<Fetched> {
    const result = await deps.runs.claim(key);
    if ('nothingOpen' in result) {
      // Its page may have taken the lease on its e-mail before somebody else was done with the record.
      await deps.matchLeases.end(key);
      return { outcome: 'unchanged', why: 'Nothing is to be done for this record' };
    }
    if ('fencedForMs' in result) {
      await release(deps.db, [key], result.fencedForMs);
      return { outcome: 'superseded', why: 'A write of this pair is still under way' };
    }
    const { claim: held } = result;
    const ids = {
      entity: held.table ?? ('person' as const),
      ...(held.marketoId ? { marketoId: held.marketoId } : {}),
      ...(held.microsoftId ? { microsoftId: held.microsoftId } : {}),
    };
    if (afresh || !held.isRead) {
      const deferred = await read(deps, key, held);
      if (deferred !== undefined) return { ...ids, ...deferred };
    }
    return { ...ids, run: { key, pairId: held.pairId, epoch: held.epoch, seq: held.seq } };
  };
}

async function read(deps: ActivityDeps, key: string, held: Claim): Promise<Pick<Fetched, 'outcome' | 'why'> | undefined> {
  const { marketoId, table, microsoftId, seq } = held;
  const page = await readPage(deps, await deps.plans.current(), [{ key, seq, kind: 'record', marketoId, table, microsoftId }]);
  if (page.failure !== undefined) {
    const { side, failure } = page.failure;
    if (!isDeferral(failure)) throw toApplicationFailure(side, failure);
    await release(deps.db, [key], deferralMs(failure));
    return { outcome: 'deferred', why: describeFailure(side, failure) };
  }
  if (page.snapshots.length === 0) {
    await release(deps.db, [key], LEASE_RETRY_MS);
    return { outcome: 'deferred', why: 'Another record with the same e-mail address is being matched' };
  }
  await saveSnapshots(deps.db, page.snapshots);
  return undefined;
}
