import { count, described, flag, type Json, list, object, oneOf, ref, text, time } from './parts';

/** The answers of the daily operations, by name. */
export const schemas: Readonly<Record<string, Json>> = {
  Error: object({
    error: described(text, 'A word for programs'),
    message: described(text, 'What is wrong and what to do'),
    'problems?': { ...list(object({ member: text, message: text })), description: 'Each member of the body that is wrong' },
    'example?': { type: 'object', description: 'A body that would be accepted' },
    'workflowId?': described(text, 'The run in Temporal that shows more'),
  }),
  Outcome: object({
    status: oneOf('created', 'linked', 'alreadySynced', 'rejected', 'review'),
    'microsoftId?': text,
    'reason?': text,
  }),
  Queued: object({ status: oneOf('queued'), workflowId: text }),
  RecordProgress: object({
    key: described(text, 'Also the id of the Temporal workflow that does the work'),
    'marketoId?': text,
    'microsoftId?': text,
    state: oneOf('waiting', 'running', 'done', 'quarantined'),
    'outcome?': described(text, 'The SyncOutcome, once done'),
    rejections: list(object({ side: oneOf('marketo', 'dynamics'), field: text, code: text, message: text })),
    'failure?': object({ code: text, message: text }),
  }),
  Status: object({
    pairs: count,
    waiting: object({ create: count, retry: count, live: count, backfill: count }),
    'bulk?': described(
      object({ done: count, left: count, perMinute: count, 'expectedEndAt?': time }),
      'How far the initial load, or a mass update, is',
    ),
    'oldestWaitingAt?': time,
    quarantined: count,
    openRejections: count,
    openReviews: count,
    nearMisses: { ...count, description: 'Values of the last 24 hours that Marketo keeps in its own way (cut, rounded)' },
    openRequests: count,
    sides: object({ marketo: ref('Side'), dynamics: ref('Side') }),
    'marketoCalls?': described(
      object({
        date: described(text, "The day, which begins at Marketo's midnight, US Central time"),
        total: { ...count, description: 'Calls of all integrations, as Marketo counted' },
        'ours?': { ...count, description: 'Of them, calls of our API user' },
        counted: { ...count, description: 'Calls that this sync has counted itself' },
        ofOthers: { ...count, description: 'Of our API user since the look before, and not of this sync' },
        askedAt: time,
      }),
      'Calls of the day, as of the last look; there is one an hour',
    ),
    problems: list(text),
    'lastCycle?': object({ startedAt: time, 'endedAt?': time, outcome: text }),
    schedule: {
      ...object({ 'nextRunAt?': time, 'lastRunAt?': time, running: flag }),
      nullable: true,
      description: 'null while Temporal does not answer',
    },
  }),
  SetUpReport: object({
    createdFields: { ...list(text), description: 'REST names of the person fields that were missing' },
    preparedTypes: {
      ...list(text),
      description: 'API names of the custom activity types that were created, completed or approved',
    },
  }),
  Side: object({ 'blockedUntil?': time, 'reason?': text }),
  Health: object({
    status: oneOf('ready', 'starting', 'down'),
    parts: object({ store: oneOf('ok', 'down'), temporal: oneOf('ok', 'down') }),
  }),
};
