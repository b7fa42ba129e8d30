/**
 * `plan`: the next cycle, on a copy of the store and with sides that only note what is written to them. It is the sync itself that runs,
 * not a second one that agrees by coincidence; what differs is that nothing is committed.
 */
import type { PlanSummary } from '../../core/plan';
import type { SideName } from '../../core/types';
import type { Database } from '../../store/database';
import { keepPlan } from '../../store/planLines';
import { letGoOfTaken } from '../../store/copy';
import { forEachOf } from './forEachOf';
import { createCollectActivities } from '../collect';
import type { ActivityDeps, Remotes } from '../deps';
import { lastDecision, linesOf } from './lines';
import { createRecordRunner } from './records';
import { type Noted, shadowOf } from './shadow';

/** As a cycle takes them. */
const PAGE = 500;
/** Wide enough that reads travel in full groups. */
const WIDTH = 100;

/** How a plan gets its own copy of everything that can be changed. */
export interface Rehearsal {
  copyStore(): Promise<Database>;
  /** The dependencies of activities, over another store and other sides. */
  depsOn(db: Database, remotes: Remotes): ActivityDeps;
}

/** What it answers goes through Temporal: numbers, and sentences of our own. The lines go to the store. */
export function createPlan(real: ActivityDeps, rehearsal: Rehearsal) {
  return async function plan(): Promise<PlanSummary> {
    const madeAt = real.clock.now().toISOString();
    const copy = await rehearsal.copyStore();
    try {
      const before = await lastDecision(copy);
      const shadow = shadowOf(real);
      const deps = rehearsal.depsOn(copy, shadow.remotes);
      const ran = await rehearse(deps);
      const summary: PlanSummary = {
        madeAt,
        ...ran,
        writes: { marketo: tally(shadow.noted, 'marketo'), dynamics: tally(shadow.noted, 'dynamics') },
      };
      const lines =
        shadow.noted.length === 0 ? [] : await linesOf({ copy, before, plans: await deps.plans.current(), noted: shadow.noted });
      await keepPlan(real.db, summary, lines);
      return summary;
    } finally {
      await copy.destroy();
    }
  };
}

type Ran = Pick<PlanSummary, 'found' | 'outcomes' | 'failed' | 'stopped'>;

/** A cycle, as the workflow `syncCycle` runs it: feeds, then a page at a time until nothing is due. */
async function rehearse(deps: ActivityDeps): Promise<Ran> {
  const cycle = createCollectActivities(deps);
  const decide = createRecordRunner(deps);
  const outcomes: Record<string, number> = {};
  let found = 0;
  let failed = 0;
  for (let firstOfCycle = true; ; firstOfCycle = false) {
    const collected = await cycle.collect({ firstOfCycle });
    found += collected.queued;
    if (collected.ended !== undefined) return { found, outcomes, failed, stopped: collected.ended.sentences };
    const { refs, ended } = await cycle.takePage({ limit: PAGE });
    if (ended !== undefined) return { found, outcomes, failed, stopped: ended.sentences };
    if (refs.length === 0) return { found, outcomes, failed };
    await forEachOf(refs, WIDTH, async (ref) => {
      try {
        const outcome = await decide(ref);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      } catch {
        // One bad record does not fail a cycle either; its own run would show why.
        failed += 1;
      }
    });
    await letGoOfTaken(deps.db);
  }
}

function tally(noted: readonly Noted[], side: SideName): PlanSummary['writes'][SideName] {
  const own = noted.filter((one) => one.side === side);
  return {
    created: own.filter(({ act }) => act === 'create').length,
    updated: own.filter(({ act }) => act === 'update').length,
    fields: own.reduce((sum, { values }) => sum + Object.keys(values).length, 0),
  };
}
