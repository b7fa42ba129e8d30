/** A played operators' desk that answers everything its types allow, and can be told to fail. */
import type { Check } from '../../../src/core/doctor';
import type { PlanLine, PlanSummary } from '../../../src/core/plan';
import type { Erasure } from '../../../src/core/erasure';
import type { OpenReview, Resolved } from '../../../src/core/reviews';
import type { Story } from '../../../src/core/story';
import type { OperatorDesk } from '../../../src/gateway/deps';

const at = '2026-03-01T12:00:00.000Z';
const GUID = '6c9f1d3e-0d3b-ee11-be6d-002248aa0001';

/** Each optional member is there at least once, and missing at least once. */
export const story: Required<Story> = {
  pair: {
    state: 'live',
    table: 'contact',
    ids: [{ side: 'marketo', entity: 'person', id: '1042', current: true }],
    filteredOut: false,
    agreedFields: 12,
    since: at,
  },
  work: [
    { key: 'record/1042', state: 'closed', attempts: 0, outcome: 'written', endedAt: at },
    { key: 'create/1042', state: 'open', attempts: 2, dueAt: at, failure: { code: 'timeout', message: 'No answer' } },
  ],
  events: [
    {
      at,
      kind: 'decided',
      field: 'title',
      label: 'Job Title',
      rule: 'collision:dynamics',
      winner: 'dynamics',
      baseline: { marketo: 'Buyer', dynamics: 'Buyer', guard: null },
      marketo: 'CIO',
      dynamics: 'Controller',
      writes: [{ side: 'marketo', value: 'Controller', result: 'confirmed' }],
      result: 'confirmed',
    },
    { at, kind: 'decided', field: 'x', label: 'X', rule: 'agree', marketo: 5, dynamics: true, writes: [], result: 'noted' },
    {
      at,
      kind: 'refused',
      side: 'dynamics',
      table: 'contact',
      field: 'phone',
      label: 'Phone Number',
      code: '0x80040265',
      message: 'Not a phone number.',
      closedAt: at,
      loggedAt: at,
    },
    { at, kind: 'review', number: 7, review: 'ambiguousMatch', closedAt: at, resolution: 'link' },
    {
      at,
      kind: 'requested',
      source: 'webhook',
      syncAs: 'lead',
      campaignId: '1001',
      outcome: { status: 'rejected', microsoftId: GUID, reason: 'No such user.', code: 'unknownOwner' },
      endedAt: at,
    },
  ],
};

const review: OpenReview = {
  number: 7,
  kind: 'ambiguousMatch',
  openedAt: at,
  meaning: 'Several records have the same e-mail address.',
  choices: [{ choice: 'link', effect: 'link it' }],
  marketoId: '1042',
  table: 'contact',
  microsoftId: GUID,
  candidates: [{ id: GUID, entity: 'contact' }],
  fields: [{ field: 'title', marketo: 'CIO', dynamics: null }, { field: 'phone' }],
  detail: { anything: ['at', 'all'] },
};

const summary: PlanSummary = {
  madeAt: at,
  stopped: ['Marketo does not answer'],
  found: 3,
  outcomes: { written: 2 },
  failed: 1,
  writes: { marketo: { created: 1, updated: 0, fields: 4 }, dynamics: { created: 0, updated: 1, fields: 1 } },
};
const line: PlanLine = {
  key: 'record/1042',
  marketoId: '1042',
  table: 'contact',
  microsoftId: GUID,
  side: 'marketo',
  act: 'update',
  field: 'title',
  label: 'Job Title',
  rule: 'dynamicsChanged',
  winner: 'dynamics',
  before: 'Buyer',
  after: 'Controller',
};
const checks: Check[] = [
  { name: 'a', title: 'A', status: 'ok', finding: 'All is well.' },
  { name: 'b', title: 'B', status: 'problem', finding: 'It is missing.', fix: 'Make it.' },
];

export interface PlayedDesk extends OperatorDesk {
  down: boolean;
  /** What is asked for is not there. */
  empty: boolean;
  resolved: Resolved;
  erasure: Erasure;
  /** How a look into things ends, when not well. */
  lookFails: Error | undefined;
}

export function playedDesk(): PlayedDesk {
  const answerWith = async <T>(answer: T): Promise<T> => {
    if (desk.down) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    return answer;
  };
  const look = async <T>(report: T): Promise<T> => {
    if (desk.lookFails) throw desk.lookFails;
    return report;
  };
  const desk: PlayedDesk = {
    down: false,
    empty: false,
    resolved: { closed: [7], queued: ['record/1042'] },
    erasure: { erased: true },
    lookFails: undefined,
    stories: { story: () => answerWith(desk.empty ? undefined : story) },
    reviews: { list: () => answerWith([review]), resolve: () => answerWith(desk.resolved) },
    plans: { page: () => answerWith(desk.empty ? undefined : { summary, lines: [line], next: 1 }) },
    imports: {
      importPairs: () => answerWith({ imported: 1, known: 1, problems: [{ line: 3, message: 'It is paired already.' }] }),
    },
    erasures: { erase: () => answerWith(desk.erasure) },
    looks: { doctor: () => look({ checks }), plan: () => look(summary) },
  };
  return desk;
}
