/** One cycle: read the feeds, take due records a page at a time, and run one child per record until nothing is due. */
import {
  ChildWorkflowFailure,
  continueAsNew,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  setCurrentDetails,
  sleep,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { type SearchAttributePair, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { PageRef } from '../activities/collect';
import { SEARCH_ATTRIBUTES, type SyncOutcome } from '../temporal/names';
import { collecting } from './activities';
import { startAbandonedAnswers } from './answerFlowStep';
import { runPool } from './pool';
import type { RunEnd } from './outcome';
import { syncPersonToMicrosoft } from './syncPersonToMicrosoft';
import { syncRecord } from './syncRecord';

/** A page keeps the parent's history far below what makes its replay slow. */
const PAGE = 500;
/** Wide enough that writes travel in full groups. */
const WINDOW = 100;
/** A straggler does not hold the page for longer than this; it runs on by itself. */
const PAGE_LIMIT = '10 minutes';
/** Another run had the record, and may have read it before this change. */
const BUSY_RETRY_MS = 2_000;

/** What a cycle has done so far; carried from run to run. */
export interface CycleState {
  readonly found: number;
  readonly echoes: number;
  readonly failed: number;
  readonly outcomes: Readonly<Partial<Record<SyncOutcome, number>>>;
  readonly firstOfCycle: boolean;
}

export interface CycleResult {
  readonly ended: 'done' | 'config' | 'blocked' | 'unreachable';
  readonly why?: readonly string[];
  readonly found: number;
  readonly failed: number;
  readonly outcomes: CycleState['outcomes'];
}

const START: CycleState = { found: 0, echoes: 0, failed: 0, outcomes: {}, firstOfCycle: true };

export async function syncCycle(state: CycleState = START): Promise<CycleResult> {
  if (state.firstOfCycle) await startAbandonedAnswers();
  const collected = await collecting.collect({ firstOfCycle: state.firstOfCycle });
  const found = state.found + collected.queued;
  if (collected.ended !== undefined) return end({ ...state, found }, collected.ended);
  const page = await collecting.takePage({ limit: PAGE });
  if (page.ended !== undefined) return end({ ...state, found }, page.ended);
  if (page.refs.length === 0) return end({ ...state, found }, undefined);

  const tally = await runPage(page.refs, { ...state, found, echoes: state.echoes + collected.echoes });
  return continueAsNew<typeof syncCycle>(tally);
}

async function runPage(refs: readonly PageRef[], before: CycleState): Promise<CycleState> {
  const outcomes: Partial<Record<SyncOutcome, number>> = { ...before.outcomes };
  const busy: string[] = [];
  let { failed } = before;
  let left = refs.length;
  const show = (): void => setCurrentDetails(describe({ ...before, outcomes, failed }, left));
  show();
  const pool = runPool(refs, WINDOW, async (ref) => {
    try {
      const { outcome } = await runChild(ref);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    } catch (error) {
      if (isCancellation(error)) throw error;
      if (error instanceof WorkflowExecutionAlreadyStartedError) busy.push(ref.key);
      // One bad record never fails the cycle; its own run shows why.
      else if (error instanceof ChildWorkflowFailure) failed += 1;
      else throw error;
    }
    left -= 1;
    show();
  });
  await Promise.race([pool.done, sleep(PAGE_LIMIT, { summary: 'no longer than this for one page' })]);
  const notTaken = pool.stop().map((ref) => ref.key);
  const giveBack = [...busy, ...notTaken];
  if (giveBack.length > 0) await collecting.release({ keys: giveBack, waitMs: BUSY_RETRY_MS });
  return { found: before.found, echoes: before.echoes, failed, outcomes, firstOfCycle: false };
}

function runChild(ref: PageRef): Promise<RunEnd> {
  const options = {
    workflowId: ref.key,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    workflowExecutionTimeout: '1 hour',
    priority: { priorityKey: ref.lane },
    typedSearchAttributes: attributesOf(ref),
    staticSummary: summaryOf(ref),
  } as const;
  return ref.kind === 'create' && ref.marketoId !== undefined
    ? executeChild(syncPersonToMicrosoft, { ...options, args: [{ marketoId: ref.marketoId }] })
    : executeChild(syncRecord, { ...options, args: [{ key: ref.key }] });
}

function attributesOf(ref: PageRef): SearchAttributePair[] {
  return [
    { key: SEARCH_ATTRIBUTES.entity, value: ref.entity },
    ...(ref.marketoId === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.marketoId, value: ref.marketoId }]),
    ...(ref.microsoftId === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.microsoftId, value: ref.microsoftId }]),
  ];
}

function summaryOf({ kind, entity, marketoId, microsoftId }: PageRef): string {
  if (kind === 'create') return `Create person ${marketoId} in Dynamics`;
  const person = marketoId === undefined ? 'no person yet' : `person ${marketoId}`;
  return microsoftId === undefined ? person : `${entity} ${microsoftId}, ${person}`;
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

function describe(state: CycleState, left: number): string {
  const count = (outcome: SyncOutcome): number => state.outcomes[outcome] ?? 0;
  const written = count('written') + count('created') + count('linked');
  return [
    `found ${state.found}, written ${written}, rejected ${count('rejected')}, failed ${state.failed}, left on this page ${left}`,
    '',
    ...Object.entries(state.outcomes).map(([outcome, number]) => `- ${outcome}: ${number}`),
  ].join('\n');
}
