/** Runs records as the workflows do, step by step, but in one activity and without waiting for anything but a busy neighbour. */
import { ApplicationFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SyncOutcome } from '../../temporal/names';
import type { PageRef } from '../collect';
import { createCreateRow } from '../creation/createRow';
import { createFetchRequest } from '../creation/fetchRequest';
import type { ActivityDeps } from '../deps';
import { createFetch } from '../record/fetch';
import { createResolve } from '../record/resolve';
import { createWrite } from '../record/write';

const MAX_ROUNDS = 3;
const MAX_BUSY = 20;

export type Decide = (ref: PageRef) => Promise<SyncOutcome>;

export function createRecordRunner(deps: ActivityDeps): Decide {
  const fetch = createFetch(deps);
  const resolve = createResolve(deps);
  const write = createWrite(deps);
  const fetchRequest = createFetchRequest(deps);
  const createRow = createCreateRow(deps);

  async function record(key: string): Promise<SyncOutcome> {
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const { run, outcome = 'unchanged' } = await fetch({ key, afresh: round > 1 });
      if (run === undefined) return outcome;
      if ((await resolve({ run })).superseded) return 'superseded';
      const report = await write({ run });
      if (!report.again) return report.outcome;
    }
    return 'deferred';
  }

  async function creation(marketoId: string): Promise<SyncOutcome> {
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const fetched = await fetchRequest({ marketoId });
      if (fetched.deferred !== undefined) return 'deferred';
      if (fetched.run === undefined || fetched.row === undefined) return fetched.outcome?.status ?? 'unchanged';
      const report = await createRow({ run: fetched.run, row: fetched.row });
      if (!report.again) return report.outcome?.status ?? 'deferred';
    }
    return 'deferred';
  }

  return ({ kind, key, marketoId }) =>
    patiently(() => (kind === 'create' && marketoId !== undefined ? creation(marketoId) : record(key)));
}

/** Somebody else is at this record, or at its e-mail address: that passes. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let look = 1; ; look += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.type !== 'Busy' || look === MAX_BUSY) throw error;
      await sleep(Number(error.nextRetryDelay ?? 500));
    }
  }
}
