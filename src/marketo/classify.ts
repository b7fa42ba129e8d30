/**
 * What Marketo's refusals mean: one ordered table over status, code and, for a few codes, the message. The first line that any of the
 * reported problems fits decides, so that the gravest comes first and a vendor's error is taught by adding a line.
 */
import type { Failure, FailureKind } from '../core/ports';
import { type HttpAnswer, retryAfterMs } from '../remote/http';
import type { Problem } from './envelope';
import { namedField, type Sent } from './namedField';
import { untilQuotaResetMs } from './quotaReset';

/** What was asked when the answer came. `look` is everything that is about no person's content: schema, tokens, types. */
export interface Asked {
  readonly doing: 'read' | 'write' | 'create' | 'feed' | 'log' | 'look';
  /** Values of the one record that was sent. */
  readonly sent?: Sent;
}

/** `request`: the call failed as a whole. `record`: one of its records was skipped, which means that it was not done. */
type Level = 'request' | 'record';

interface Row {
  readonly status?: number | readonly [from: number, to: number];
  readonly codes?: readonly string[] | RegExp;
  /** Must hold besides the code. */
  readonly says?: RegExp;
  readonly level?: Level;
  readonly doing?: readonly Asked['doing'][];
  readonly kind: FailureKind;
  /** Absent: just what was refused, the record or the call as a whole. */
  readonly scope?: 'side' | 'cursor';
  readonly outcomeUnknown?: true;
  /** How long to stay away, ms. */
  readonly waitMs?: number | ((now: Date) => number);
  /** Our own word, where the vendor has no code. */
  readonly word?: string;
}

/** Half of the window in which calls are counted: whoever comes back much earlier meets the limit again. */
const RATE_WAIT_MS = 10_000;
/** Calls under way end within seconds. */
const CONCURRENCY_WAIT_MS = 2_000;
const UNAVAILABLE_WAIT_MS = 30_000;
const QUEUE_WAIT_MS = 60_000;

const ANY_CODE = /^/;

/** "A 6xx code indicates that the entire request failed and was not executed": of other failures of a whole call nobody says so. */
const TABLE: readonly Row[] = [
  // Limits. The budget of a day is the instance's, whoever used it up.
  { codes: ['607'], kind: 'quota', scope: 'side', waitMs: untilQuotaResetMs },
  { codes: ['1029'], says: /quota/i, kind: 'quota', waitMs: untilQuotaResetMs }, // megabytes of bulk extract
  { codes: ['1029'], says: /already queued/i, kind: 'rejected' }, // the queue is not full: this job is in it
  { codes: ['1020'], kind: 'quota', waitMs: untilQuotaResetMs }, // clones a day
  { codes: ['606'], kind: 'throttled', scope: 'side', waitMs: RATE_WAIT_MS },
  { codes: ['615'], kind: 'throttled', scope: 'side', waitMs: CONCURRENCY_WAIT_MS },
  { status: 429, kind: 'throttled', scope: 'side', waitMs: RATE_WAIT_MS, word: 'http429' },
  { codes: ['1016', '1019', '1029'], kind: 'throttled', waitMs: QUEUE_WAIT_MS }, // queues of bulk jobs

  // Who we are and what we may do. The client has fetched a new token once before 601 and 602 come here.
  { codes: ['602'], kind: 'retry', scope: 'side' },
  { codes: ['600', '601', '603'], kind: 'config', scope: 'side' },
  { codes: ['1018'], kind: 'config', scope: 'side' }, // the native CRM sync is on
  { codes: ['616', '703', '1026'], kind: 'config' }, // not part of this subscription

  // Feeds. No source tells the error of a lost token: whatever calls our parameters invalid means the token, which is all we choose.
  { codes: ['1001', '1003', '704'], doing: ['feed'], kind: 'gone', scope: 'cursor' },
  { codes: ANY_CODE, says: /paging ?token/i, doing: ['feed'], kind: 'gone', scope: 'cursor' },

  // Passing troubles.
  { codes: ['608', '614'], kind: 'retry', scope: 'side', waitMs: UNAVAILABLE_WAIT_MS },
  { codes: ['604', '611'], kind: 'retry' },
  { codes: ['500', '502', '713', '719', '1014'], kind: 'retry', outcomeUnknown: true },

  // Absence, and what only looks like it: the person is one thing, an object or type that it points at another.
  { codes: ['1004'], kind: 'gone' },
  { codes: ['1006', '1013'], doing: ['log'], kind: 'config' }, // the activity type is not as set-up left it
  { codes: ['1006', '1011'], says: /microsoftId/, doing: ['create'], kind: 'config' }, // nothing to find a repeat by

  { codes: ['1005'], doing: ['create'], kind: 'conflict' }, // somebody carries the GUID: look again
  // A field that is not there: the write is tried without it; a read needs the schema read again.
  { codes: ['1006'], doing: ['write', 'create'], kind: 'rejected' },
  { codes: ['1006', '1011'], level: 'request', kind: 'config' },
  { codes: ['1001', '1002', '1003', '1012', '701', '704'], doing: ['read', 'feed', 'look'], kind: 'config' }, // we ask wrongly

  // The record's values against the instance's rules.
  { codes: ['1001', '1002', '1003', '1006', '1011', '1012', '1021', '1049', '701', '704'], kind: 'rejected' },
  { codes: ['1005', '1007', '1017', '1036'], kind: 'rejected' }, // there already, or more than once
  { codes: ['1008', '1009', '1010'], kind: 'rejected' }, // partitions
  { codes: ['1013', '1015', '1022', '1025', '1037', '718'], kind: 'rejected' }, // lists, programs, companies
  { codes: ['1027', '1028', '1035', '1042', '1048'], kind: 'rejected' }, // limits and states of other objects
  { codes: ['702', '709', '710', '711', '712', '714'], kind: 'rejected' },
  { codes: ['1076', '1077', '1078', '1079', '1080'], kind: 'rejected' }, // merges

  // Our own request is wrong.
  { codes: ['605', '609', '610', '612', '613'], kind: 'config' },
  { status: 413, kind: 'rejected', word: 'http413' },
  { status: 414, kind: 'config', word: 'http414' },
  { status: [401, 403], kind: 'config', scope: 'side' },

  // Codes in no documentation: tried again, and parked by whoever counts the tries.
  { codes: /^6\d\d$/, kind: 'retry' },
  { codes: ANY_CODE, level: 'record', kind: 'retry' },
  { codes: ANY_CODE, kind: 'retry', outcomeUnknown: true },

  // No envelope, or one without errors: some gateway answered in Marketo's place.
  { status: [300, 399], kind: 'config', scope: 'side' },
  { status: 404, kind: 'config', scope: 'side' }, // there is no REST API at this address
  { status: 408, kind: 'retry', outcomeUnknown: true },
  { status: [400, 499], kind: 'config' },
  { kind: 'retry', outcomeUnknown: true },
];

/** The codes of a token that is not good any more; nothing was executed. */
const LOST_TOKEN: ReadonlySet<string> = new Set(['601', '602']);
export const isLostToken = (problems: readonly Problem[]): boolean => problems.some(({ code }) => LOST_TOKEN.has(code));

/** "No data found", which most endpoints say with an empty result. */
export const isNothingFound = (problems: readonly Problem[]): boolean =>
  problems.length > 0 && problems.every(({ code }) => code === '702');

/** What it means that a call failed as a whole. Never throws; the message is the vendor's and may quote a person's data. */
export function classifyAnswer(answer: HttpAnswer, problems: readonly Problem[], asked: Asked, now: Date): Failure {
  return classify('request', answer, problems, asked, now);
}

/** What it means that one record of a call was skipped. */
export function classifyRecord(problems: readonly Problem[], asked: Asked, now: Date): Failure {
  return classify('record', undefined, problems, asked, now);
}

function classify(level: Level, answer: HttpAnswer | undefined, problems: readonly Problem[], asked: Asked, now: Date): Failure {
  const row = TABLE.find((candidate) => fits(candidate, level, answer?.status, problems, asked));
  if (row === undefined) throw new Error('The last line of the table fits everything');
  const decisive = problems.find((problem) => fitsProblem(row, problem)) ?? problems[0];
  const asksToWait = answer !== undefined && (row.kind === 'throttled' || row.kind === 'retry');
  const waitMs = (asksToWait ? retryAfterMs(answer.headers, now) : undefined) ?? ownWait(row, now);
  const blames = row.kind === 'rejected' || row.kind === 'config';
  const field = blames && decisive !== undefined ? namedField(decisive, asked.sent) : undefined;
  return {
    kind: row.kind,
    scope: row.scope ?? level,
    // A skipped record was not done, whatever the reason.
    ...(row.outcomeUnknown && level === 'request' ? { outcomeUnknown: true } : {}),
    ...(waitMs === undefined ? {} : { waitMs }),
    code: decisive?.code || row.word || foreignCode(answer),
    ...(field === undefined ? {} : { field }),
    message: wordsOf(decisive, problems) || 'No reason was given',
  };
}

function fits(row: Row, level: Level, status: number | undefined, problems: readonly Problem[], asked: Asked): boolean {
  if (row.status !== undefined) {
    const [from, to] = typeof row.status === 'number' ? [row.status, row.status] : row.status;
    if (status === undefined || status < from || status > to) return false;
  }
  if (row.codes !== undefined && !problems.some((problem) => fitsProblem(row, problem))) return false;
  return (row.level ?? level) === level && (row.doing?.includes(asked.doing) ?? true);
}

function fitsProblem({ codes, says }: Row, { code, message }: Problem): boolean {
  const known = codes instanceof RegExp ? codes.test(code) : codes?.includes(code);
  return known === true && (says?.test(message) ?? true);
}

const ownWait = ({ waitMs }: Row, now: Date): number | undefined => (typeof waitMs === 'function' ? waitMs(now) : waitMs);

/** The decisive problem's words first; the others may explain it. */
function wordsOf(decisive: Problem | undefined, problems: readonly Problem[]): string {
  const words = [decisive, ...problems].flatMap((problem) => problem?.message || []);
  return [...new Set(words)].join('; ');
}

function foreignCode(answer: HttpAnswer | undefined): string {
  if (answer === undefined) return 'skipped';
  if (answer.status >= 300) return `http${answer.status}`;
  if (answer.text.trim() === '') return 'empty';
  return /</.test(answer.text) ? 'html' : 'unreadable';
}
