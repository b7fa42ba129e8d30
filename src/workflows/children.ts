/** How the children of a cycle are started: each under a fixed id, to end whatever happens to the cycle. */
import { type ChildWorkflowOptions, executeChild, ParentClosePolicy, WorkflowIdReusePolicy } from '@temporalio/workflow';
import type { SearchAttributePair } from '@temporalio/common';
import type { PageRef } from '../activities/collect';
import { CREATE_QUEUE, SEARCH_ATTRIBUTES } from '../temporal/names';
import type { RunEnd } from './outcome';
import type { BulkPage } from './page';
import { type PageResult, syncPage } from './syncPage';
import { syncPersonToMicrosoft } from './syncPersonToMicrosoft';
import { syncRecord } from './syncRecord';

/** Runs one record in a child of its own. */
export function runRecordChild(ref: PageRef): Promise<RunEnd> {
  const options = childOptions(ref);
  return ref.kind === 'create' && ref.marketoId !== undefined
    ? executeChild(syncPersonToMicrosoft, { ...options, taskQueue: CREATE_QUEUE, args: [{ marketoId: ref.marketoId }] })
    : executeChild(syncRecord, { ...options, args: [{ key: ref.key }] });
}

/** A page has no id of its own: it is named after the run that took its records. */
export function runPageChild({ number, keys }: BulkPage, runId: string): Promise<PageResult> {
  return executeChild(syncPage, {
    workflowId: `page/${runId}/${number}`,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    workflowExecutionTimeout: '1 hour',
    priority: { priorityKey: 5 },
    staticSummary: `${keys.length} records of the initial load`,
    args: [{ keys }],
  });
}

/** The options of one record's child, whose id is its inbox key. */
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
