/** The story of a record, oldest first: what it is now, then what happened. */
import type { PairFacts, WorkFacts } from '../../core/story';
import type { Colors } from '../../embedded/progress';
import type { ExplainAnswer } from '../../gateway/operatorExplain';

const STATES: Readonly<Record<PairFacts['state'], string>> = {
  pending: 'one half only: the other one is not there yet',
  live: 'in sync',
  rowDeleted: 'the Dynamics record was deleted; the person stays, and its edits go nowhere',
  personDeleted: 'the Marketo person was deleted; the next change of the Dynamics record makes a new one',
  review: 'waits for a person to decide: mdsync review list',
};

export function explainText({ pair, work, events }: ExplainAnswer, colors: Colors): string {
  const head = pair === undefined ? [] : pairLines(pair, colors);
  const told = events.flatMap((event) => [
    '',
    `${colors.dim(stamp(event.at))}  ${colors.bold(event.sentences[0] ?? '')}`,
    ...event.sentences.slice(1).map((sentence) => `${' '.repeat(21)}${sentence}`),
  ]);
  return [
    ...head,
    ...work.map((one) => workLine(one)),
    ...(told.length > 0 ? told : ['', 'Nothing was decided about it yet.']),
  ].join('\n');
}

function pairLines(pair: PairFacts, colors: Colors): readonly string[] {
  const frozen = pair.filteredOut ? '; its filter says No, so nothing moves' : '';
  return [
    `${colors.bold('State')}     ${STATES[pair.state]}${frozen}`,
    ...pair.ids.map(({ entity, id, current }) => `${' '.repeat(10)}${entity} ${id}${current ? '' : colors.dim(' (former)')}`),
  ];
}

function workLine({ key, state, outcome, endedAt, dueAt, failure, attempts }: WorkFacts): string {
  const how =
    state === 'quarantined'
      ? `failed ${attempts} times and waits for "mdsync retry"`
      : state === 'open'
        ? `waits, due ${dueAt === undefined ? 'now' : stamp(dueAt)}`
        : `ended ${outcome ?? ''}${endedAt === undefined ? '' : ` ${stamp(endedAt)}`}`;
  const why = failure === undefined ? '' : `; last failure ${failure.code}: ${failure.message}`;
  return `Work      ${key}: ${how}${why}`;
}

/** `2026-03-01 12:05:00` UTC */
const stamp = (iso: string): string => iso.slice(0, 19).replace('T', ' ');
