/** What operators look into and decide, operation by operation. */
import { eraseBody } from '../operatorErase';
import { importBody } from '../operatorImport';
import { resolveBody } from '../operatorReviews';
import {
  answer,
  badRequest,
  body,
  count,
  cycleTriggered,
  described,
  flag,
  guarded,
  type Json,
  list,
  object,
  operator,
  ref,
  refused,
  reported,
  storeAway,
  text,
  withBody,
} from './parts';

const notKnown = (what: string): Json => ({ '404': refused(what) });
const parameter = (where: 'path' | 'query', name: string, description: string, schema = text): Json => ({
  in: where,
  name,
  description,
  required: where === 'path',
  schema,
});

export const deskPaths: Json = {
  '/operator/explain/{id}': {
    get: {
      summary: 'The story of one record: what happened to it, and why. Holds values',
      security: operator,
      parameters: [
        parameter('path', 'id', 'Marketo id of a person, or GUID of a contact or lead, former ones included'),
        parameter('query', 'field', 'Only what concerns this field: its Marketo REST name or its name on the screens'),
      ],
      responses: {
        '200': answer('The story', ref('Story')),
        ...guarded,
        ...badRequest,
        ...notKnown('Nothing is known of the id'),
        ...storeAway,
      },
    },
  },
  '/operator/reviews': {
    get: {
      summary: 'What waits for a person to decide, with what may be chosen. Holds values',
      security: operator,
      responses: { '200': answer('Those that are open', object({ reviews: list(ref('Review')) })), ...guarded, ...storeAway },
    },
  },
  '/operator/reviews/{number}': {
    post: {
      summary: 'Decides a review; the sync carries it out',
      security: operator,
      parameters: [parameter('path', 'number', 'As the list of reviews has it', count)],
      requestBody: body(resolveBody),
      responses: {
        '200': answer(
          'What was closed, and put back to work',
          object({ closed: list(count), queued: list(text), cycleTriggered }),
        ),
        ...withBody,
        ...notKnown('No such review is open'),
        '409': refused('That cannot be chosen; the message says why'),
        '503': refused('The record may be being written right now, or the store does not answer: ask again later'),
      },
    },
  },
  '/operator/plan': {
    post: {
      summary: 'Works out what the next cycle would write, without writing',
      security: operator,
      responses: { '200': answer('In numbers', ref('PlanSummary')), ...guarded, ...reported },
    },
    get: {
      summary: 'What the last plan would write, line by line. Holds values',
      security: operator,
      parameters: [parameter('query', 'after', '`next` of the page before', count)],
      responses: {
        '200': answer(
          'A page',
          object({
            summary: ref('PlanSummary'),
            lines: list(ref('PlanLine')),
            'next?': described(count, 'Absent on the last page'),
          }),
        ),
        ...guarded,
        ...badRequest,
        ...notKnown('No plan has been made yet'),
        ...storeAway,
      },
    },
  },
  '/operator/import': {
    post: {
      summary: 'Brings along pairs of another sync: who is who',
      security: operator,
      requestBody: body(importBody),
      responses: {
        '200': answer(
          'What became of them',
          object({ imported: count, known: count, problems: list(object({ line: count, message: text })) }),
        ),
        ...withBody,
        ...storeAway,
      },
    },
  },
  '/operator/erase': {
    post: {
      summary: 'Erases everything that is kept about a person. Both vendors keep what they have',
      security: operator,
      requestBody: body(eraseBody),
      responses: {
        '200': answer('It is done', object({ erased: flag })),
        ...withBody,
        ...notKnown('Nothing is known of the id'),
        '503': refused('The record may be being written right now, or the store does not answer: ask again later'),
      },
    },
  },
  '/operator/doctor': {
    post: {
      summary: 'Looks at everything the sync needs, and says how to mend what is in the way',
      security: operator,
      responses: { '200': answer('What was found', object({ healthy: flag, checks: list(ref('Check')) })), ...guarded },
    },
  },
};
