/** One changed record: fetch both sides, resolve, write what differs, log what was refused. */
import { isCancellation, setCurrentDetails } from '@temporalio/workflow';
import type { DecidedField, RecordRun, WriteReport } from '../activities/record/run';
import { local, once, writing } from './activities';
import { atOnceOr } from './atOnce';
import { logRefusals } from './logRefusals';
import { finish, type RunEnd } from './outcome';

/** A record that changes under our hands this often is left to the next cycle. */
const MAX_ROUNDS = 3;
const LATER_MS = 5_000;

export interface RecordInput {
  /** The inbox key, which is also the workflow id. */
  readonly key: string;
}

export async function syncRecord({ key }: RecordInput): Promise<RunEnd> {
  let why = 'The record kept changing while it was being written';
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const fetched = await local.fetch({ key, afresh: round > 1 });
    const { run } = fetched;
    if (run === undefined)
      return finish({ outcome: fetched.outcome ?? 'unchanged', ...(fetched.why ? { why: fetched.why } : {}) });
    const resolved = await local.resolve({ run });
    if (resolved.superseded) return finish({ outcome: 'superseded', why: 'A newer run holds this pair' });
    if (resolved.decisions.length > 0) setCurrentDetails(describe(resolved.decisions));
    // Without anything to send, `write` only settles in the store.
    const report = resolved.sends ? await send(run) : await local.write({ run });
    if (report.rejected) await logRefusals(key, run.pairId);
    if (!report.again) {
      const { outcome, rejectCode } = report;
      return finish({ outcome, ...(rejectCode ? { rejectCode } : {}), ...(report.why ? { why: report.why } : {}) });
    }
    why = report.why ?? why;
  }
  await local.release({ keys: [key], waitMs: LATER_MS });
  return finish({ outcome: 'deferred', why });
}

/** What does not go through at once becomes an activity that operators see waiting and being retried. A run that fails lets its record go. */
async function send(run: RecordRun): Promise<WriteReport> {
  try {
    return await atOnceOr(
      () => once.write({ run }),
      () => writing.write({ run }),
    );
  } catch (error) {
    if (!isCancellation(error)) await local.letGo({ key: run.key });
    throw error;
  }
}

/** Field names and rules only: values never enter Temporal. */
function describe(decisions: readonly DecidedField[]): string {
  const lines = decisions.map(({ field, rule, winner, to }) => {
    const target = to.length > 0 ? ` to ${to.join(' and ')}` : '';
    return `- \`${field}\`: ${rule}${winner === undefined ? '' : `, ${winner} wins`}${target}`;
  });
  return lines.join('\n');
}
