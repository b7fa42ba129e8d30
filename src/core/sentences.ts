/** The events of a record's story in plain sentences: who changed what, which rule decided, what became of it. */
import { refusalSentence } from './refusals';
import { SIDE_LABEL } from './rules';
import type { DecidedEvent, DecidedIn, RefusedEvent, RequestedEvent, ReviewEvent, StoryEvent, WriteResult } from './story';
import type { DecisionRule, RawValue, SideName } from './types';

/** Everything about one event; the values are people's data, so this is for operators, never for a log. */
export function sentencesOf(event: StoryEvent): readonly string[] {
  if (event.kind === 'decided') return decided(event);
  if (event.kind === 'refused') return refused(event);
  return [event.kind === 'review' ? reviewed(event) : requested(event)];
}

// ---------------------------------------------------------------- decisions

/** Why it was decided so. */
const RULES: Readonly<Record<DecisionRule, string>> = {
  marketoChanged: 'Only Marketo had changed it, so the change goes to Dynamics',
  dynamicsChanged: 'Only Dynamics had changed it, so the change goes to Marketo',
  agree: 'Both sides had come to the same value by themselves',
  'collision:marketo': 'Both had changed it, and Marketo wins: for leads, or because the mapping says so',
  'collision:dynamics': 'Both had changed it, and Dynamics wins: for contacts, or because the mapping says so',
  'collision:nonBlank': 'Both had changed it, and the mapping says that a value wins over none',
  'collision:review': 'Both had changed it, and the mapping says that a person decides',
  'seed:equal': 'The two were linked and held the same',
  'seed:nonBlank': 'The two were linked, and a value wins over none',
  'seed:consent': 'The two were linked, and an opt-out is never undone',
  'seed:marketo': 'The two were linked and differed, and Marketo wins: for leads, or because the mapping says so',
  'seed:dynamics': 'The two were linked and differed, and Dynamics wins: for contacts, or because the mapping says so',
  'seed:review': 'The two were linked and differed, and the mapping says that a person decides',
  oneWay: 'The field goes one way only, so the target follows its source',
  writeRule: "The mapping's write rule, or the person's linked company, does not let the value be replaced",
  default: 'The person had no value, and the mapping gives new rows this one',
  nearMiss: 'Marketo keeps what we wrote in its own way; that is left as it is, and does not go back to Dynamics',
  'overwritten:marketo': 'Our own write had replaced an edit in Marketo unseen; it was decided again, and Marketo wins',
  'overwritten:dynamics': 'Our own write had replaced an edit in Marketo unseen; it was decided again, and Dynamics wins',
};

/** The rule of a decision in words; a rule of an older version stands for itself. */
export function ruleSentence(rule: string): string {
  return (RULES as Readonly<Record<string, string | undefined>>)[rule] ?? `Decided by the rule ${rule}`;
}

const RESULTS: Readonly<Record<WriteResult, (side: string, value: string) => string>> = {
  planned: (side, value) => `${value} is on its way to ${side}`,
  confirmed: (side, value) => `${value} was written to ${side}`,
  rejected: (side, value) => `${side} refused ${value}`,
  held: (side, value) => `${value} was held back, because ${side} refused the same before`,
  superseded: (side, value) => `${value} was not sent to ${side}: the record changed meanwhile, and was decided again`,
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

function whatBecame({ writes, result }: DecidedEvent): readonly string[] {
  if (writes.length > 0)
    return writes.map(({ side, value, result: end }) => sentence(RESULTS[end](SIDE_LABEL[side], shown(value))));
  if (result === 'rejected') return ['Nothing was sent: the target cannot hold the value.'];
  return result === 'superseded' ? ['It was decided again.'] : ['Nothing had to be written.'];
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
      ? 'The value is held back until it, the mapping or the schema changes, or "mdsync retry" tries it again.'
      : `Settled at ${closedAt}.`,
    ...(loggedAt === undefined ? [] : ["It stands on the person's activity log."]),
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

function reviewed({ number, review, closedAt, resolution }: ReviewEvent): string {
  if (closedAt === undefined) return `Review ${number} (${review}) waits for a person: mdsync review list.`;
  return `Review ${number} (${review}) was closed at ${closedAt}${resolution === undefined ? '' : `: ${resolution}`}.`;
}

const SOURCES: Readonly<Record<RequestedEvent['source'], string>> = {
  webhook: 'A campaign (webhook)',
  flowStep: 'A campaign (flow step)',
  operator: 'An operator',
};

function requested({ source, syncAs, campaignId, caller, outcome }: RequestedEvent): string {
  const token = caller === undefined ? '' : ` (token ${caller})`;
  const who = `${SOURCES[source]}${campaignId === undefined ? '' : ` ${campaignId}`}${token}`;
  const wish = `${who} asked for this person to be in Dynamics as a ${syncAs}`;
  if (outcome === undefined) return `${wish}; it is not done yet.`;
  return `${wish}: ${outcome.status}${outcome.reason === undefined ? '' : `. ${outcome.reason.replace(/\.$/, '')}`}.`;
}
