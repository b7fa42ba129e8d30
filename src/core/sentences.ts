/** The events of a record's story in plain sentences: who changed what, which rule decided, what became of it. */
import type { CreationOutcome } from './ports';
import { refusalSentence } from './refusals';
import { CHOICES, REVIEW_KINDS, type ReviewKind } from './reviews';
import { SIDE_LABEL } from './rules';
import type {
  DecidedEvent,
  DecidedIn,
  PairOrigin,
  RefusedEvent,
  RequestedEvent,
  ReviewEvent,
  StoryEvent,
  WriteResult,
} from './story';
import type { DecisionRule, RawValue, SideName } from './types';

/** Everything about one event; the values are people's data, so this is for operators, never for a log. */
export function sentencesOf(event: StoryEvent): readonly string[] {
  if (event.kind === 'decided') return decided(event);
  if (event.kind === 'refused') return refused(event);
  if (event.kind === 'paired') return [`${ORIGINS[event.origin]}.`];
  return [event.kind === 'review' ? reviewed(event) : requested(event)];
}

const ORIGINS: Readonly<Record<PairOrigin, string>> = {
  personCreated: 'The person was created in Marketo, with what the Dynamics record held then',
  rowCreated: 'The Dynamics record was created, with what the person held then',
  linkedByGuid: 'The person and the Dynamics record were linked: the person carried the id of the record',
  linkedByEmail:
    'The person and the Dynamics record were linked: they had the same e-mail address, and nobody else could be meant by it',
  imported: 'The person and the Dynamics record were brought along as a pair, by an import',
};

// ---------------------------------------------------------------- decisions

/** Why it was decided so. */
const RULES: Readonly<Record<DecisionRule, string>> = {
  marketoChanged: 'Only Marketo had changed it, so the change goes to Dynamics',
  dynamicsChanged: 'Only Dynamics had changed it, so the change goes to Marketo',
  agree: 'Both sides had been changed to the same value',
  'collision:marketo':
    'Both sides had changed it. Marketo wins: it does so for leads, or because the mapping says so for this field',
  'collision:dynamics':
    'Both sides had changed it. Dynamics wins: it does so for contacts, or because the mapping says so for this field',
  'collision:nonBlank':
    'One side had changed it and the other had emptied it. The mapping says for this field that the value is kept',
  'collision:review': 'Both sides had changed it. The mapping says for this field that somebody has to choose',
  'seed:equal': 'The Marketo person and the Dynamics record were matched, and held the same',
  'seed:nonBlank':
    'The Marketo person and the Dynamics record were matched, and only one of them held a value: the other one gets it',
  'seed:consent':
    'The Marketo person and the Dynamics record were matched, and one of them had opted out: an opt-out always stays',
  'seed:marketo':
    'The Marketo person and the Dynamics record were matched, and differed. Marketo wins: it does so for leads, or because the mapping says so for this field',
  'seed:dynamics':
    'The Marketo person and the Dynamics record were matched, and differed. Dynamics wins: it does so for contacts, or because the mapping says so for this field',
  'seed:review':
    'The Marketo person and the Dynamics record were matched, and differed. The mapping says for this field that somebody has to choose',
  oneWay: 'The mapping syncs this field in one direction only, so the receiving side is given what the other side holds',
  writeRule:
    'The value may not be replaced: the mapping only fills this field while it is empty, or never empties it, or the value belongs to the company that the person is linked to in Marketo',
  default: 'The person had no value, so the new Dynamics record gets the default value from the mapping',
  nearMiss:
    'Marketo stored what the sync had written in a form of its own, such as shortened or rounded. That is left as it is, and does not go back to Dynamics',
  'overwritten:marketo':
    'The sync had replaced an edit that was made in Marketo at the same moment, so the two were compared again. Marketo wins: the edit is put back',
  'overwritten:dynamics':
    'The sync had replaced an edit that was made in Marketo at the same moment, so the two were compared again. Dynamics wins: the edit is not put back',
};

/** The rule of a decision in words; a rule of an older version stands for itself. */
export function ruleSentence(rule: string): string {
  return (RULES as Readonly<Record<string, string | undefined>>)[rule] ?? `Decided by the rule ${rule}`;
}

const RESULTS: Readonly<Record<WriteResult, (side: string, value: string) => string>> = {
  planned: (side, value) => `${value} is being written to ${side}`,
  confirmed: (side, value) => `${value} was written to ${side}`,
  rejected: (side, value) => `${side} refused ${value}`,
  held: (side, value) => `${value} was not sent again, because ${side} had refused it before`,
  superseded: (side, value) => `${value} was not sent to ${side}: the record changed meanwhile, and was compared again`,
};

function decided(event: DecidedEvent): readonly string[] {
  return [`${event.label}: ${whatStood(event)}.`, `${ruleSentence(event.rule)}.`, ...whatBecame(event), ...where(event)];
}

/** Who changed what, from which value to which. */
function whatStood({ baseline, marketo, dynamics }: DecidedEvent): string {
  if (baseline === undefined) return `Marketo had ${shown(marketo)}, Dynamics had ${shown(dynamics)}`;
  return [moved('marketo', baseline.marketo, marketo), moved('dynamics', baseline.dynamics, dynamics)].join(', ');
}

const moved = (side: SideName, before: RawValue, now: RawValue): string =>
  before === now
    ? `${SIDE_LABEL[side]} still had ${shown(now)}`
    : `${SIDE_LABEL[side]} had changed from ${shown(before)} to ${shown(now)}`;

function whatBecame({ writes, result, rule }: DecidedEvent): readonly string[] {
  if (writes.length > 0)
    return writes.map(({ side, value, result: end }) => sentence(RESULTS[end](SIDE_LABEL[side], shown(value))));
  if (result === 'rejected') return ['Nothing was sent: the other side cannot hold the value.'];
  if (result === 'superseded') return ['The record changed meanwhile, and was compared again.'];
  return [
    rule.endsWith(':review') ? 'Nothing is written until somebody has chosen: mdsync review list.' : 'Nothing was written.',
  ];
}

/** A value as it is shown to operators. */
export function shown(value: RawValue): string {
  if (value === null || value === '') return 'nothing';
  return typeof value === 'string' ? `"${value}"` : String(value);
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

// ---------------------------------------------------------------- the rest

function refused(event: RefusedEvent): readonly string[] {
  const { side, code, message, closedAt, loggedAt } = event;
  const plain = refusalSentence(event);
  return [
    `${plain}.`,
    ...(message.startsWith(plain) ? [] : [`${SIDE_LABEL[side]} said: ${message} (${code})`]),
    closedAt === undefined
      ? 'It is sent again when the value, the mapping or the field itself changes, or with "mdsync retry".'
      : `This was settled on ${shownAt(closedAt)}.`,
    ...(loggedAt === undefined ? [] : ["It was noted on the person's activity log in Marketo."]),
    ...where(event),
  ];
}

const UNTIL: Readonly<Record<DecidedIn['until'], string>> = {
  merged: 'before people were merged in Marketo',
  qualified: 'before it was qualified to a contact',
};

/** Between which records, where those are no longer the ones of the pair. */
function where({ decidedIn }: DecidedEvent | RefusedEvent): readonly string[] {
  if (decidedIn === undefined) return [];
  const { until, marketoId, table, microsoftId } = decidedIn;
  const records = [
    ...(marketoId === undefined ? [] : [`the Marketo person ${marketoId}`]),
    ...(microsoftId === undefined ? [] : [`the Dynamics ${table ?? 'record'} ${microsoftId}`]),
  ];
  return [`This was for ${records.join(' and ')}, ${UNTIL[until]}.`];
}

/** A moment as it is shown to operators. */
const shownAt = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ')} UTC`;

function reviewed({ number, review, closedAt, resolution }: ReviewEvent): string {
  const kind = isReviewKind(review) ? REVIEW_KINDS[review] : undefined;
  const what = `Review ${number}: ${kind?.meaning ?? `${review}.`}`;
  if (closedAt === undefined) return `${what} It waits for somebody to choose: mdsync review list.`;
  const choice = CHOICES.find((one) => one === resolution?.split(' ')[0]);
  const effect = choice && kind?.choices[choice];
  const chosen = resolution === undefined ? '' : `: ${resolution}${effect === undefined ? '' : ` (${effect})`}`;
  return `${what} It was closed on ${shownAt(closedAt)}${chosen}.`;
}

const isReviewKind = (kind: string): kind is ReviewKind => kind in REVIEW_KINDS;

const SOURCES: Readonly<Record<RequestedEvent['source'], string>> = {
  webhook: 'A campaign (webhook)',
  flowStep: 'A campaign (flow step)',
  operator: 'An operator',
};

function requested({ source, syncAs, campaignId, caller, outcome }: RequestedEvent): string {
  const token = caller === undefined ? '' : ` (token ${caller})`;
  const who = `${SOURCES[source]}${campaignId === undefined ? '' : ` ${campaignId}`}${token}`;
  const wish = `${who} asked for this person to be in Dynamics as a ${syncAs}`;
  if (outcome === undefined) return `${wish}; that has not been done yet.`;
  const reason = outcome.reason === undefined ? '' : ` ${outcome.reason.replace(/\.$/, '')}.`;
  return `${wish}: ${ANSWERS[outcome.status]}.${reason}`;
}

const ANSWERS: Readonly<Record<CreationOutcome['status'], string>> = {
  created: 'it was created',
  linked: 'it was there already, and the two were linked',
  alreadySynced: 'it was in sync already, so nothing was done',
  rejected: 'that was refused, and nothing was created',
  review: 'somebody has to choose first (mdsync review list)',
};
