import { type ChildWorkflowOptions, ParentClosePolicy, WorkflowIdReusePolicy } from '@temporalio/workflow';
import type { SearchAttributePair } from '@temporalio/common';
import type { PageRef } from '../activities/collect';
import { SEARCH_ATTRIBUTES } from '../temporal/names';

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
