/** Names that people and tests rely on (workflow ids, queues, search attributes). Safe to import from workflow code. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const TASK_QUEUE = 'sync';
/** Answers to campaigns leave by their own queue: they must not stand behind work that waits for a vendor's budget. */
export const ANSWER_QUEUE = 'answers';
/**
 * Creations run by their own queue, some at a time: a thousand of them at once would each wait for the others inside their workflow tasks,
 * which Temporal has to be told of again and again. One that somebody starts in the queue of records runs all the same.
 */
export const CREATE_QUEUE = 'creations';
export const SCHEDULE_ID = 'sync-every-5m';
export const SCHEDULE_CRON = '*/5 * * * *';
export const CYCLE_WORKFLOW_ID = 'sync-cycle';
export const SET_UP_WORKFLOW_ID = 'set-up';

/** The signal that wakes `syncPersonToMicrosoft`; its argument is a request id. */
export const CREATE_REQUESTED = 'createRequested';

/** All are Keyword: the value is shown and filtered by operators, and never holds a person's data. */
export const SEARCH_ATTRIBUTES = {
  outcome: defineSearchAttributeKey('SyncOutcome', SearchAttributeType.KEYWORD),
  entity: defineSearchAttributeKey('SyncEntity', SearchAttributeType.KEYWORD),
  rejectCode: defineSearchAttributeKey('RejectCode', SearchAttributeType.KEYWORD),
  marketoId: defineSearchAttributeKey('MarketoId', SearchAttributeType.KEYWORD),
  microsoftId: defineSearchAttributeKey('MicrosoftId', SearchAttributeType.KEYWORD),
} as const;

/** How a record's run ended; the value of `SyncOutcome`. */
export type SyncOutcome =
  | 'written'
  | 'unchanged'
  | 'created'
  | 'linked'
  | 'alreadySynced'
  | 'rejected'
  | 'review'
  | 'deleted'
  | 'deferred'
  | 'superseded';

/** The inbox key is the workflow id. */
export const recordKey = {
  pair: (marketoId: string): string => `record/${marketoId}`,
  row: (table: 'contact' | 'lead', id: string): string => `record/${table}/${id}`,
  create: (marketoId: string): string => `create/${marketoId}`,
} as const;

/** The run that creates many people at once, named after what asked for them: it is not about one record. */
export const peopleKey = (of: string): string => `people/${of}`;

/** Names of a flow step's call, made from the hash of its token: the token itself never leaves the store. */
export const flowStepKey = {
  answer: (chunk: string): string => `flow-step/${chunk}`,
  /** The id of one person's creation request. */
  request: (chunk: string, marketoId: string): string => `flow-step/${chunk}/${marketoId}`,
} as const;
