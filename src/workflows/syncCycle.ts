/** One cycle: read the feeds, take due records a page at a time, and run one child per record until nothing is due. */
import {
  type ChildWorkflowOptions,
  continueAsNew,
  executeChild,
  ParentClosePolicy,
  setCurrentDetails,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import type { SearchAttributePair } from '@temporalio/common';
import type { PageRef } from '../activities/collect';
import { SEARCH_ATTRIBUTES, type SyncOutcome } from '../temporal/names';
import { collecting } from './activities';
import { startAbandonedAnswers } from './answerFlowStep';
import type { RunEnd } from './outcome';
import { PAGE, runPageOf } from './page';
import { syncPersonToMicrosoft } from './syncPersonToMicrosoft';
import { syncRecord } from './syncRecord';

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
  let { failed } = before;
  let left = refs.length;
  const show = (): void => setCurrentDetails(describe({ ...before, outcomes, failed }, left));
  show();
  const { busy, notTaken } = await runPageOf(refs, runChild, (end) => {
    if (end === undefined) failed += 1;
    else outcomes[end.outcome] = (outcomes[end.outcome] ?? 0) + 1;
    left -= 1;
    show();
  });
  const keys = [...busy, ...notTaken].map((ref) => ref.key);
  if (keys.length > 0) await collecting.release({ keys, waitMs: BUSY_RETRY_MS });
  return { found: before.found, echoes: before.echoes, failed, outcomes, firstOfCycle: false };
}

function runChild(ref: PageRef): Promise<RunEnd> {
  const options = childOptions(ref);
  return ref.kind === 'create' && ref.marketoId !== undefined
    ? executeChild(syncPersonToMicrosoft, { ...options, args: [{ marketoId: ref.marketoId }] })
    : executeChild(syncRecord, { ...options, args: [{ key: ref.key }] });
}

/** How a record's child is started: under the inbox key, to end whatever happens to the cycle. */
export function childOptions(ref: PageRef) {
  return {
    workflowId: ref.key,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    workflowExecutionTimeout: '1 hour',
    priority: { priorityKey: ref.lane },
    typedSearchAttributes: attributesOf(ref),
    staticSummary: summaryOf(ref),
  } as const satisfies ChildWorkflowOptions;
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
