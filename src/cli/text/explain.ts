/** The story of a record, oldest first: what it is now, then what happened. */
import type { PairFacts, WorkFacts } from '../../core/story';
import type { Colors } from '../../embedded/progress';
import type { ExplainAnswer } from '../../gateway/operatorExplain';
import type { SyncOutcome } from '../../temporal/names';

const STATES: Readonly<Record<PairFacts['state'], string>> = {
  pending: 'only one side has a record so far',
  live: 'in sync',
  rowDeleted: 'the Dynamics record was deleted; the person stays in Marketo and is not synced any more',
  personDeleted: 'the Marketo person was deleted; the next change of the Dynamics record makes a new one',
  review: 'waits for somebody to choose: mdsync review list',
};

const OUTCOMES: Readonly<Record<SyncOutcome, string>> = {
  written: 'changes were written',
  unchanged: 'nothing had to be written',
  created: 'the record was created on the other side',
  linked: 'linked with the record on the other side',
  alreadySynced: 'in sync already',
  rejected: 'a value was refused',
  review: 'somebody has to choose',
  deleted: 'the delete was noted',
  deferred: 'put off',
  superseded: 'changed meanwhile, and compared again',
};
/** An outcome of another version stands for itself. */
const ENDS: Readonly<Record<string, string | undefined>> = OUTCOMES;

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
    ...(told.length > 0 ? told : ['', 'Nothing has happened to it yet.']),
  ].join('\n');
}

function pairLines(pair: PairFacts, colors: Colors): readonly string[] {
  const frozen = pair.filteredOut ? '; but the Dynamics record is marked not to be synced, so no change travels' : '';
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
        ? `waits for the cycle after ${dueAt === undefined ? 'now' : stamp(dueAt)}`
        : `${ENDS[outcome ?? ''] ?? outcome ?? 'ended'}${endedAt === undefined ? '' : `, ${stamp(endedAt)}`}`;
  const why = failure === undefined ? '' : `; last failure ${failure.code}: ${failure.message}`;
  return `Work      ${key}: ${how}${why}`;
}

/** `2026-03-01 12:05:00` UTC */
const stamp = (iso: string): string => iso.slice(0, 19).replace('T', ' ');
