/** The answers of the operators' desk, by name. */
import { CHOICES, REVIEW_KINDS } from '../../core/reviews';
import { count, described, flag, type Json, list, object, oneOf, text, time, value } from './parts';

const side = oneOf('marketo', 'dynamics');
const table = oneOf('contact', 'lead');
const entity = oneOf('person', 'contact', 'lead');
const outcomeOfRequest = object({
  status: oneOf('created', 'linked', 'alreadySynced', 'rejected', 'review'),
  'microsoftId?': text,
  'reason?': text,
  'code?': text,
});

/** Events differ by `kind`; members are named once, with the kinds that have them. */
const storyEvent = object({
  at: time,
  kind: oneOf('decided', 'refused', 'review', 'requested'),
  sentences: described(list(text), 'What happened, in plain words'),
  'field?': described(text, 'decided, refused: Marketo REST name'),
  'label?': described(text, "decided, refused: the name on Marketo's screens"),
  'rule?': described(text, 'decided'),
  'winner?': described(text, 'decided'),
  'baseline?': described(
    object({ marketo: value, dynamics: value, 'guard?': value }),
    'decided: what both held when they last agreed',
  ),
  'marketo?': described(value, 'decided: what Marketo held'),
  'dynamics?': described(value, 'decided: what Dynamics held'),
  'writes?': described(list(object({ side, value, result: text })), 'decided'),
  'result?': described(text, 'decided'),
  'side?': described(side, 'refused: who refused'),
  'table?': described(table, 'refused'),
  'code?': described(text, 'refused'),
  'message?': described(text, "refused: the side's own words"),
  'closedAt?': described(time, 'refused, review: absent while it is open'),
  'loggedAt?': described(time, "refused: when it was told on the person's activity log"),
  'number?': described(count, 'review'),
  'review?': described(text, 'review: its kind'),
  'resolution?': described(text, 'review'),
  'source?': described(oneOf('webhook', 'flowStep', 'operator'), 'requested'),
  'syncAs?': described(table, 'requested'),
  'campaignId?': described(text, 'requested'),
  'caller?': described(text, 'requested: the name of the token that asked'),
  'outcome?': described(outcomeOfRequest, 'requested: absent while it is open'),
  'endedAt?': described(time, 'requested'),
});

const writesOfSide = object({ created: count, updated: count, fields: count });

export const deskSchemas: Readonly<Record<string, Json>> = {
  Story: object({
    'pair?': object({
      state: oneOf('pending', 'live', 'rowDeleted', 'personDeleted', 'review'),
      'table?': table,
      ids: list(object({ side, entity, id: text, current: described(flag, 'false: a former id') })),
      filteredOut: flag,
      agreedFields: count,
      since: time,
    }),
    work: list(
      object({
        key: text,
        state: oneOf('open', 'closed', 'quarantined'),
        attempts: count,
        'outcome?': text,
        'endedAt?': time,
        'dueAt?': time,
        'failure?': object({ code: text, message: text }),
      }),
    ),
    events: described(list(storyEvent), 'Oldest first'),
  }),
  Review: object({
    number: count,
    kind: oneOf(...Object.keys(REVIEW_KINDS)),
    openedAt: time,
    meaning: text,
    choices: list(object({ choice: oneOf(...CHOICES), effect: text })),
    'marketoId?': text,
    'table?': table,
    'microsoftId?': text,
    candidates: described(list(object({ id: text, entity })), 'Records that may be named with `link`'),
    fields: list(object({ field: text, 'marketo?': value, 'dynamics?': value })),
    detail: { type: 'object', description: 'The facts it was opened with' },
  }),
  PlanSummary: object({
    madeAt: time,
    'stopped?': described(list(text), 'Why it is incomplete'),
    found: described(count, 'Changes that the feeds told of'),
    outcomes: { type: 'object', additionalProperties: count, description: 'Records by how each would end' },
    failed: count,
    writes: object({ marketo: writesOfSide, dynamics: writesOfSide }),
  }),
  PlanLine: object({
    key: text,
    'marketoId?': text,
    'table?': table,
    'microsoftId?': text,
    side: described(side, 'Which would be written'),
    act: oneOf('create', 'update'),
    field: text,
    label: text,
    'rule?': text,
    'winner?': text,
    before: value,
    after: value,
  }),
  Check: object({
    name: text,
    title: text,
    status: oneOf('ok', 'warning', 'problem'),
    finding: text,
    'fix?': text,
  }),
};
