/** How the sync stands, in ten lines. */
import type { StatusAnswer } from '../../gateway/operator';
import type { Colors } from '../../embedded/progress';
import { blockedSentence } from '../hindrances';
import { clock, count, span } from '../words';

const LABEL_WIDTH = 13;

export function statusText(status: StatusAnswer, colors: Colors, now: Date): string {
  const { waiting, sides } = status;
  const good = (text: string): string => colors.green(text);
  const look = (text: string): string => colors.yellow(text);
  const bad = (text: string): string => colors.red(text);
  /** What has to be done about a number that is not zero. */
  const todo = (number: number, text: string, next: string): string =>
    number === 0 ? good('none') : `${look(text)}   ${colors.dim(next)}`;
  const side = (name: 'marketo' | 'dynamics'): string => {
    const blocked = blockedSentence(sides[name], now);
    return blocked === undefined ? good('ok') : bad(blocked);
  };
  const problems = (sentences: readonly string[]): string =>
    sentences.length === 0
      ? good('none')
      : `${bad(sentences.join(`\n${' '.repeat(LABEL_WIDTH)}`))}   ${colors.dim('mdsync doctor')}`;
  const lines: readonly (readonly [label: string, text: string])[] = [
    ['In sync', count(status.pairs, 'pair')],
    ['Waiting', `${lanes(waiting)}${oldest(status, now)}`],
    ...(status.bulk === undefined ? [] : [['In bulk', inBulk(status.bulk, now)] as const]),
    ['Creations', status.openRequests === 0 ? good('none waits') : `${count(status.openRequests, 'request')} without an outcome`],
    ['Failed', todo(status.quarantined, `${count(status.quarantined, 'record')} failed too often`, 'mdsync retry --all')],
    ['Refused', todo(status.openRejections, count(status.openRejections, 'open rejection'), 'mdsync retry --all')],
    [
      'Review',
      todo(status.openReviews, `${count(status.openReviews, 'record')} to be decided by a person`, 'mdsync review list'),
    ],
    ...(status.nearMisses === 0
      ? []
      : [['Near-misses', `${count(status.nearMisses, 'value')} kept by Marketo in its own way since yesterday`] as const]),
    ['Marketo', side('marketo')],
    ...(status.marketoCalls === undefined ? [] : [['Its calls', calls(status.marketoCalls, look, now)] as const]),
    ['Dynamics', side('dynamics')],
    ['Problems', problems(status.problems)],
    ['Cycle', `${lastCycle(status, now)}; ${nextCycle(status, now)}`],
  ];
  return lines.map(([label, text]) => `${colors.bold(label.padEnd(LABEL_WIDTH))}${text}`).join('\n');
}

function calls(
  { total, ours, counted, ofOthers, askedAt }: NonNullable<StatusAnswer['marketoCalls']>,
  look: (text: string) => string,
  now: Date,
): string {
  const number = (calls: number): string => calls.toLocaleString('en-US');
  const own = ours === undefined ? '' : `, ${number(ours)} of them ours`;
  const told = `Marketo had counted ${number(total)} today at ${clock(askedAt, now)}${own}; we had counted ${number(counted)}`;
  if (ofOthers === 0) return told;
  return `${told}\n${' '.repeat(LABEL_WIDTH)}${look(`${number(ofOthers)} calls of our API user were not ours`)}: give other programs users of their own, and run one deployment for an instance`;
}

function lanes(waiting: StatusAnswer['waiting']): string {
  return Object.entries(waiting)
    .map(([lane, number]) => `${lane} ${number.toLocaleString('en-US')}`)
    .join(', ');
}

function inBulk({ done, left, perMinute, expectedEndAt }: NonNullable<StatusAnswer['bulk']>, now: Date): string {
  const [ended, open, pace] = [done, left, perMinute].map((number) => number.toLocaleString('en-US'));
  const end = expectedEndAt === undefined ? 'nothing moves' : `expected to end at ${clock(expectedEndAt, now)}`;
  return `${ended} done, ${open} left, ${pace} a minute, ${end}`;
}

function oldest({ oldestWaitingAt }: StatusAnswer, now: Date): string {
  return oldestWaitingAt === undefined ? '' : `; the oldest for ${span(now.getTime() - Date.parse(oldestWaitingAt))}`;
}

/** How a cycle ended, in the words of people who do not know ours. */
const CYCLE_ENDS: Readonly<Record<string, string>> = {
  done: 'went through',
  running: 'is running',
  config: 'stopped: set-up is not complete',
  blocked: 'stopped: a side is left alone',
  unreachable: 'stopped: a side does not answer',
};

function lastCycle({ lastCycle: cycle }: StatusAnswer, now: Date): string {
  if (cycle === undefined) return 'none has run yet';
  const { startedAt, endedAt, outcome } = cycle;
  const took = endedAt === undefined ? '' : ` in ${span(Date.parse(endedAt) - Date.parse(startedAt))}`;
  return `that of ${clock(startedAt, now)} ${CYCLE_ENDS[outcome] ?? outcome}${took}`;
}

function nextCycle({ schedule }: StatusAnswer, now: Date): string {
  if (schedule === null) return 'Temporal does not answer, so none will run';
  if (schedule.nextRunAt === undefined) return 'the Schedule is paused, so none will run';
  return `the next in ${span(Date.parse(schedule.nextRunAt) - now.getTime())}`;
}
