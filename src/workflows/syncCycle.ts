/** One cycle: read the feeds, take due records a page at a time, and run one child per record until nothing is due. */
import { continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { PageRef } from '../activities/collect';
import type { SyncOutcome } from '../temporal/names';
import { collecting } from './activities';
import { startAbandonedAnswers } from './answerFlowStep';
import { runPageChild, runPeopleChild, runRecordChild } from './children';
import { BULK_PAGE, inLots, PAGE, PAGES_AT_ONCE, runPageOf } from './page';
import { type Bulk, describe } from './progress';
import { sum } from './syncPage';

/** Another run had the record, and may have read it before this change. */
const BUSY_RETRY_MS = 2_000;

/** Feeds are read this often within a cycle that has many pages of records to work through. */
const COLLECT_EVERY_MS = 60_000;
/** Creations of a batch campaign: from more than so many on a page they share runs, because runs of their own would take longer than the work. */
const MOST_ALONE = 20;
/** Temporal's priority of the initial load, and its lane in the inbox. */
const BACKFILL = 5;

/** What a cycle has done so far; carried from run to run. */
export interface CycleState {
  readonly found: number;
  readonly echoes: number;
  readonly failed: number;
  readonly outcomes: Readonly<Partial<Record<SyncOutcome, number>>>;
  readonly firstOfCycle: boolean;
  /** Milliseconds since 1970. */
  readonly collectedAt: number;
  /** Set once records of the initial load were among those taken. */
  readonly bulk?: Bulk;
}

export interface CycleResult {
  readonly ended: 'done' | 'config' | 'blocked' | 'unreachable';
  readonly why?: readonly string[];
  readonly found: number;
  readonly failed: number;
  readonly outcomes: CycleState['outcomes'];
}

const START: CycleState = { found: 0, echoes: 0, failed: 0, outcomes: {}, firstOfCycle: true, collectedAt: 0 };

export async function syncCycle(before: CycleState = START): Promise<CycleResult> {
  if (before.firstOfCycle) await startAbandonedAnswers();
  let state = before;
  if (Date.now() - state.collectedAt >= COLLECT_EVERY_MS) {
    const collectedAt = Date.now();
    const collected = await collecting.collect({ firstOfCycle: state.firstOfCycle });
    state = { ...state, collectedAt, found: state.found + collected.queued, echoes: state.echoes + collected.echoes };
    if (collected.ended !== undefined) return end(state, collected.ended);
  }
  const page = await collecting.takePage({ limit: PAGE, bulkLimit: BULK_PAGE });
  if (page.ended !== undefined) return end(state, page.ended);
  if (page.refs.length === 0) return end(state, undefined);
  if (page.leftOfBackfill !== undefined)
    state = { ...state, bulk: { done: 0, since: Date.now(), ...state.bulk, left: page.leftOfBackfill } };
  return continueAsNew<typeof syncCycle>(await runPage(page.refs, state));
}

async function runPage(refs: readonly PageRef[], before: CycleState): Promise<CycleState> {
  let state: CycleState = { ...before, firstOfCycle: false };
  let left = refs.length;
  const ended = (records: number, outcomes: CycleState['outcomes'] | undefined, ofBulk: boolean): void => {
    left -= records;
    const { bulk } = state;
    state = {
      ...state,
      ...(outcomes === undefined ? { failed: state.failed + records } : { outcomes: sum(state.outcomes, outcomes) }),
      ...(ofBulk && bulk !== undefined ? { bulk: { ...bulk, done: bulk.done + records, left: bulk.left - records } } : {}),
    };
    setCurrentDetails(describe(state, left, Date.now()));
  };
  const isBulk = ({ kind, lane }: PageRef): boolean => kind !== 'create' && lane === BACKFILL;
  const areMany = refs.filter(({ kind }) => kind === 'create').length > MOST_ALONE;
  const isOfMany = ({ kind }: PageRef): boolean => areMany && kind === 'create';
  const { runId } = workflowInfo();
  const lots = (of: (ref: PageRef) => boolean, child: typeof runPageChild) =>
    runPageOf(
      inLots(refs.filter(of)),
      PAGES_AT_ONCE,
      (lot) => child(lot, runId),
      (lot, result) => ended(lot.refs.length, result?.outcomes, of === isBulk),
    );
  const [singles, ...pages] = await Promise.all([
    runPageOf(
      refs.filter((ref) => !isBulk(ref) && !isOfMany(ref)),
      PAGE,
      runRecordChild,
      (_, result) => ended(1, result && { [result.outcome]: 1 }, false),
    ),
    lots(isBulk, runPageChild),
    lots(isOfMany, runPeopleChild),
  ]);
  const keys = [
    ...[...singles.busy, ...singles.notTaken].map(({ key }) => key),
    ...pages.flatMap(({ busy, notTaken }) => [...busy, ...notTaken]).flatMap((lot) => lot.refs.map(({ key }) => key)),
  ];
  if (keys.length > 0) await collecting.release({ keys, waitMs: BUSY_RETRY_MS });
  return state;
}

async function end(
  { found, failed, outcomes }: CycleState,
  why: { readonly why: 'config' | 'blocked' | 'unreachable'; readonly sentences: readonly string[] } | undefined,
): Promise<CycleResult> {
  const ended = why?.why ?? 'done';
  await collecting.endCycle({ outcome: ended });
  if (why !== undefined) setCurrentDetails([`**${ended}**: nothing is lost, records wait.`, ...why.sentences].join('\n\n- '));
  return { ended, ...(why ? { why: why.sentences } : {}), found, failed, outcomes };
}
