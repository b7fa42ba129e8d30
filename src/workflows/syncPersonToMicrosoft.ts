/** "Sync Person to Microsoft": creates one person's row in Dynamics because a campaign asked. Woken by signals, fed by the store. */
import { allHandlersFinished, condition, defineSignal, setHandler } from '@temporalio/workflow';
import { CREATE_REQUESTED, recordKey } from '../temporal/names';
import { local, once, writing } from './activities';
import { atOnceOr } from './atOnce';
import { failureIn } from './failureIn';
import { finish, type RunEnd } from './outcome';

/** Carries the id of a request, or of the run that found one: it only wakes, what is asked for stands in the store. */
export const createRequested = defineSignal<[requestId: string]>(CREATE_REQUESTED);

const MAX_ROUNDS = 5;
const LATER_MS = 5_000;
const LOG_AGAIN_MS = 5 * 60_000;

export interface CreationInput {
  readonly marketoId: string;
}

export async function syncPersonToMicrosoft({ marketoId }: CreationInput): Promise<RunEnd> {
  let woken = false;
  setHandler(
    createRequested,
    () => {
      woken = true;
    },
    { description: 'A campaign asked for this person to be in Dynamics; the request stands in the store' },
  );
  let end: RunEnd;
  do {
    // Whatever woke us stood in the store before it signalled.
    woken = false;
    end = await serve(marketoId);
  } while (woken);
  await condition(allHandlersFinished);
  return finish(end);
}

async function serve(marketoId: string): Promise<RunEnd> {
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const fetched = await local.fetchRequest({ marketoId });
    if (fetched.deferred !== undefined) return { outcome: 'deferred', why: fetched.deferred };
    let { outcome } = fetched;
    if (fetched.run !== undefined && fetched.row !== undefined) {
      const input = { run: fetched.run, row: fetched.row };
      const report = await atOnceOr(
        () => once.createRow(input),
        () => writing.createRow(input),
      );
      if (report.again) continue;
      if (report.deferred !== undefined) return { outcome: 'deferred', why: report.deferred };
      ({ outcome } = report);
    }
    if (fetched.unlogged) await logOutcome(marketoId);
    if (outcome === undefined) return { outcome: 'unchanged', why: 'No request is open' };
    const { status, microsoftId, reason, code } = outcome;
    return {
      outcome: status,
      ...(reason === undefined ? {} : { why: reason }),
      ...(code === undefined ? {} : { rejectCode: code }),
      ...(microsoftId === undefined ? {} : { microsoftId }),
    };
  }
  await local.release({ keys: [recordKey.create(marketoId)], waitMs: LATER_MS });
  return { outcome: 'deferred', why: 'The person kept changing while it was being created' };
}

/** The requests are answered by now; a log that cannot be written yet is tried again by a later cycle. */
async function logOutcome(marketoId: string): Promise<void> {
  try {
    await atOnceOr(
      () => once.logRequest({ marketoId }),
      () => writing.logRequest({ marketoId }),
    );
  } catch (error) {
    if (failureIn(error) === undefined) throw error;
    await local.requeue({ key: recordKey.create(marketoId), waitMs: LOG_AGAIN_MS });
  }
}
