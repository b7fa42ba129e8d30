/** The same fetch, resolve and write as of a single record, for a page of them at once. */
import { openRows, release, saveSnapshots, toSingles } from '../store/inbox';
import { whileAlive } from './alive';
import type { ActivityDeps } from './deps';
import { isDeferral, toApplicationFailure } from './failures';
import { readPage } from './hydrate';
import { count, type Outcomes } from './outcomes';
import type { RecordActivities } from './record';
import { planRecord } from './record/resolve';
import type { RecordRun } from './record/run';
import { carryOut } from './record/write';

export interface FetchedPage {
  readonly runs: readonly RecordRun[];
  /** Records that needed nothing, or are not ours to write now. */
  readonly outcomes: Outcomes;
}

export interface WrittenPage {
  readonly outcomes: Outcomes;
  /** Records with refusals that may not be on their person's activity log yet. */
  readonly refused: readonly RecordRun[];
  /** Records that have to be looked at one by one: they changed meanwhile, or failed. They are back in the inbox. */
  readonly singles: number;
}

export function createBulk(deps: ActivityDeps, { fetch, write }: RecordActivities) {
  const { db } = deps;

  /** Reads both sides of a page in bulk and claims each record. */
  async function fetchPage({ keys }: { readonly keys: readonly string[] }): Promise<FetchedPage> {
    const rows = await openRows(db, keys);
    const page = await readPage(deps, await deps.plans.current(), rows, { frugal: true });
    await saveSnapshots(db, page.snapshots);
    if (page.failure !== undefined && !isDeferral(page.failure.failure))
      throw toApplicationFailure(page.failure.side, page.failure.failure);
    const outcomes: Outcomes = {};
    const runs: RecordRun[] = [];
    // What could not be read is left to a run of its own, which tells why.
    const read = new Set(page.snapshots.map(({ key }) => key));
    const singles = rows.map(({ key }) => key).filter((key) => !read.has(key));
    await Promise.all(
      [...read].map(async (key) => {
        try {
          const { run, outcome } = await fetch({ key, afresh: false });
          if (run !== undefined) runs.push(run);
          else count(outcomes, outcome ?? 'unchanged');
        } catch {
          singles.push(key);
        }
      }),
    );
    await toSingles(db, singles);
    return { runs, outcomes };
  }

  /** Decides and writes each record; all of them share calls and statements. One that fails is put back to be run by itself, and stops nobody. */
  async function writePage({ runs }: { readonly runs: readonly RecordRun[] }): Promise<WrittenPage> {
    const outcomes: Outcomes = {};
    const refused: RecordRun[] = [];
    const singles: string[] = [];
    await Promise.all(
      runs.map(async (run) => {
        try {
          const planned = await planRecord(deps, run);
          // A run that was settled before this process took the page up again has nothing to plan, and `write` hands in its report.
          const report = planned === undefined ? await write({ run }) : await carryOut(deps, run, planned);
          if (report.again) singles.push(run.key);
          else count(outcomes, report.outcome);
          if (report.rejected) refused.push(run);
        } catch {
          // Why it failed is noted in its inbox row.
          singles.push(run.key);
        }
      }),
    );
    await release(db, singles, 0);
    await toSingles(db, singles);
    return { outcomes, refused, singles: singles.length };
  }

  return {
    fetchPage: (input: { readonly keys: readonly string[] }) => whileAlive(() => fetchPage(input)),
    writePage: (input: { readonly runs: readonly RecordRun[] }) => whileAlive(() => writePage(input)),
  };
}
