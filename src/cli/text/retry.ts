/** What `mdsync retry` says: which record, which field, why, and what to do next. */
import type { RecordProgress } from '../../core/ports';
import type { Colors } from '../../embedded/progress';
import type { Followed } from '../follow';
import type { PutBack } from '../putBack';
import { SIDE_NAMES } from '../sides';
import { hasEnded, type Verdict, verdictOf } from '../verdict';
import { count } from '../words';

const INDENT = '  ';

export function nothingText(unknown: readonly string[], colors: Colors): string {
  return unknown.length === 0
    ? 'Nothing has failed or was refused: there is nothing to try again.'
    : unknownText(unknown, colors);
}

function unknownText(unknown: readonly string[], colors: Colors): string {
  return (
    colors.yellow(`The sync knows nothing of the id ${unknown.join(', ')}.\n`) +
    'People that exist only in Marketo get there when a campaign asks for them; everybody else with the next cycle.'
  );
}

export function startedText({ records, unknown, cycleTriggered }: PutBack, colors: Colors): string {
  const back = `${count(records.length, 'record')} back at work`;
  return [
    ...(unknown.length > 0 ? [unknownText(unknown, colors)] : []),
    cycleTriggered
      ? `${back}; a cycle has been asked for.`
      : colors.yellow(`${back}; Temporal does not answer, so they wait for the next cycle.`),
  ].join('\n');
}

/** One record that has ended, with what to do about it. */
export function endedText(record: RecordProgress, colors: Colors): string {
  const verdict = verdictOf(record);
  if (verdict === 'through') return `${INDENT}${nameOf(record)}: ${colors.green(record.outcome ?? 'done')}`;
  const detail = DETAILS[verdict](record);
  const [first, ...more] = [...detail.what, `Next: ${detail.next}`];
  return [`${INDENT}${nameOf(record)}: ${colors.red(first)}`, ...more.map((line) => `${INDENT}${INDENT}${line}`)].join('\n');
}

interface Detail {
  readonly what: readonly string[];
  readonly next: string;
}

const DETAILS: Readonly<Record<Exclude<Verdict, 'through'>, (record: RecordProgress) => Detail>> = {
  refused: (record) => ({
    what: ['refused', ...record.rejections.map(rejectionLine)],
    next: `mend the value, or the rule that refuses it, then: mdsync retry ${idOf(record)}`,
  }),
  review: () => ({
    what: ['to be decided by a person'],
    next: 'mdsync review list',
  }),
  failed: (record) => ({
    what: [record.failure ? `failed: ${record.failure.message} (${record.failure.code})` : 'failed'],
    next:
      record.state === 'quarantined'
        ? `mend the cause, then: mdsync retry ${idOf(record)}`
        : `nothing, it is tried again by itself; its run in Temporal Web UI is ${record.key}`,
  }),
  unfinished: (record) => ({
    what: [record.state === 'running' ? 'still being worked on' : 'still waiting'],
    next: `nothing, it stays on the list; its run in Temporal Web UI is ${record.key}`,
  }),
};

function rejectionLine({ side, field, code, message }: RecordProgress['rejections'][number]): string {
  return `${SIDE_NAMES[side]} refused ${field} (${code}): ${message}`;
}

/** The last words: what has not ended, and how many went which way. */
export function summaryText({ records, hindrances }: Followed, colors: Colors): string {
  const open = records.filter((record) => !hasEnded(record));
  const verdicts = records.map(verdictOf);
  const number = (verdict: Verdict): number => verdicts.filter((one) => one === verdict).length;
  const parts = [
    [number('through'), 'went through'],
    [number('refused'), 'refused'],
    [number('review'), 'to be decided by a person'],
    [number('failed'), 'failed'],
    [number('unfinished'), 'not through yet'],
  ] as const;
  const through = number('through') === records.length;
  const sentence = through
    ? `${records.length === 1 ? 'It' : `All ${count(records.length, 'record')}`} went through.`
    : `${parts.flatMap(([some, what]) => (some > 0 ? [`${some.toLocaleString('en-US')} ${what}`] : [])).join(', ')}.`;
  return [
    ...open.map((record) => endedText(record, colors)),
    ...hindrances.map((text) => colors.yellow(`In the way: ${text.replace(/\.$/, '')}.`)),
    through ? colors.green(sentence) : colors.red(sentence),
  ].join('\n');
}

/** `person 1042 (6c9f...)`: the ids by which it is found on both sides. */
function nameOf({ key, marketoId, microsoftId }: RecordProgress): string {
  const what = key.startsWith('create/') ? 'creation of person' : 'person';
  if (marketoId !== undefined) return `${what} ${marketoId}${microsoftId === undefined ? '' : ` (${microsoftId})`}`;
  return key
    .replace(/^create\//, 'creation of person ')
    .replace(/^record\//, '')
    .replace('/', ' ');
}

/** By which `retry` finds it again. */
function idOf({ key, marketoId, microsoftId }: RecordProgress): string {
  return marketoId ?? microsoftId ?? key.split('/').at(-1) ?? key;
}
