/**
 * What Marketo's errors mean: one ordered table over code and level. HTTP is 200 for almost all of them. The first line that fits
 * decides; codes that nobody documents take the last lines.
 */
import type { Failure, FailureKind } from '../core/ports';
import { untilQuotaResetMs } from './quotaReset';

/** `response`: the whole call failed. `record`: one item was skipped. */
export type Level = 'response' | 'record';

export interface VendorError {
  /** A string in errors, sometimes a number in warnings; kept as text. */
  readonly code: string;
  readonly message: string;
}

interface Row {
  readonly codes: readonly string[];
  readonly level?: Level;
  readonly says?: RegExp;
  readonly kind: FailureKind;
  readonly scope: Failure['scope'];
  readonly waitMs?: number;
  readonly untilReset?: true;
  readonly outcomeUnknown?: true;
}

const EXPIRED_TOKEN = ['601', '602'] as const;

/** "A 6xx code indicates that the entire request failed and was not executed": none of them leaves an outcome open but the gateway's 502. */
const TABLE: readonly Row[] = [
  // Limits
  { codes: ['606'], kind: 'throttled', scope: 'side', waitMs: 20_000 },
  { codes: ['615'], kind: 'throttled', scope: 'side', waitMs: 2_000 },
  { codes: ['607'], kind: 'quota', scope: 'side', untilReset: true },
  { codes: ['1029'], says: /quota/i, kind: 'quota', scope: 'side', untilReset: true },
  { codes: ['1020'], kind: 'quota', scope: 'request', untilReset: true },
  { codes: ['1016', '1019', '1029'], kind: 'throttled', scope: 'request', waitMs: 60_000 },

  // Who we are and what we may do. The client has fetched a new token once before 601 and 602 come here.
  { codes: ['600', ...EXPIRED_TOKEN], kind: 'config', scope: 'side' },
  { codes: ['603', '616', '703'], kind: 'config', scope: 'side' },
  { codes: ['605', '610', '612', '613', '609'], kind: 'config', scope: 'request' },
  { codes: ['1018'], kind: 'config', scope: 'side' },

  // Passing troubles
  { codes: ['502'], kind: 'retry', scope: 'request', outcomeUnknown: true },
  { codes: ['500', '604', '608', '611', '614', '713', '719', '1014'], kind: 'retry', scope: 'request' },

  // One record
  { codes: ['1004', '1013'], level: 'record', kind: 'gone', scope: 'record' },
  { codes: ['1007', '1005', '1017'], level: 'record', kind: 'rejected', scope: 'record' },
  { codes: ['1022'], level: 'record', kind: 'retry', scope: 'record' },
  {
    codes: [
      '701',
      '704',
      '709',
      '718',
      '1001',
      '1002',
      '1003',
      '1006',
      '1008',
      '1009',
      '1010',
      '1011',
      '1012',
      '1015',
      '1021',
      '1025',
    ].concat(['1036', '1037', '1042', '1049']),
    level: 'record',
    kind: 'rejected',
    scope: 'record',
  },

  // The same codes about the call as a whole: what we asked for is wrong, not what a record holds
  { codes: ['1006', '1011', '1003', '1001', '1002', '701', '704'], level: 'response', kind: 'config', scope: 'request' },
  { codes: ['702'], kind: 'gone', scope: 'request' },
  { codes: ['1027', '1028', '1026', '1035', '1048', '714', '712'], kind: 'config', scope: 'request' },
];

/** Undocumented codes: a whole call may pass another time, a record is refused with the vendor's own words. */
const UNKNOWN: Readonly<Record<Level, Pick<Row, 'kind' | 'scope'>>> = {
  response: { kind: 'retry', scope: 'request' },
  record: { kind: 'rejected', scope: 'record' },
};

/** Kinds by how much they stand in the way: of several errors the gravest speaks for the call. */
const GRAVITY: readonly FailureKind[] = ['config', 'quota', 'throttled', 'retry', 'gone', 'conflict', 'rejected'];

/** Turns the errors of a call or of one record into one failure. `errors` is not empty; all of them are looked at, not just the first. */
export function classify(errors: readonly VendorError[], level: Level, now: Date): Failure {
  const failures = errors.map((error) => classifyOne(error, level, now));
  const [gravest] = failures.toSorted((a, b) => GRAVITY.indexOf(a.kind) - GRAVITY.indexOf(b.kind));
  if (gravest === undefined)
    return { kind: 'retry', scope: 'request', code: 'noReason', message: 'Marketo failed without a reason' };
  return gravest;
}

function classifyOne({ code, message }: VendorError, level: Level, now: Date): Failure {
  const row = TABLE.find(
    (line) =>
      line.codes.includes(code) && (line.level ?? level) === level && (line.says === undefined || line.says.test(message)),
  );
  const { kind, scope } = row ?? UNKNOWN[level];
  const waitMs = row?.untilReset ? untilQuotaResetMs(now) : row?.waitMs;
  const field = kind === 'rejected' || kind === 'config' ? namedField(message) : undefined;
  return {
    kind,
    scope: level === 'record' && scope === 'request' ? 'record' : scope,
    ...(row?.outcomeUnknown ? { outcomeUnknown: true } : {}),
    ...(waitMs === undefined ? {} : { waitMs }),
    code,
    ...(field === undefined ? {} : { field }),
    message,
  };
}

export const isExpiredToken = (errors: readonly VendorError[]): boolean =>
  errors.some(({ code }) => code === EXPIRED_TOKEN[0] || code === EXPIRED_TOKEN[1]);

/** Marketo names the field in quotes: "Field 'x' not found", "Invalid value for field 'x'". */
function namedField(message: string): string | undefined {
  return (
    /\bfield\s+'([A-Za-z][\w]*)'/i.exec(message)?.[1] ?? /'([A-Za-z][\w]*)'\s+(?:field|is not|not found)/i.exec(message)?.[1]
  );
}

/** What an answer means that is no envelope at all, by its HTTP status. */
export function classifyStatus(status: number, text: string): Failure {
  if (status === 413)
    return { kind: 'config', scope: 'request', code: 'http413', message: 'The body is larger than the 1 MB that Marketo takes' };
  if (status === 414)
    return {
      kind: 'config',
      scope: 'request',
      code: 'http414',
      message: 'The address is longer than the 8 KB that Marketo takes',
    };
  if (status === 401 || status === 403)
    return { kind: 'config', scope: 'side', code: `http${status}`, message: `Marketo answered ${status}: check the credentials` };
  if (status === 404)
    return {
      kind: 'config',
      scope: 'side',
      code: 'http404',
      message: 'There is no Marketo REST API there: check MARKETO_BASE_URL',
    };
  if (status === 429)
    return { kind: 'throttled', scope: 'side', waitMs: 20_000, code: 'http429', message: 'Marketo asks for fewer calls' };
  if (status >= 300 && status < 500)
    return {
      kind: 'config',
      scope: 'request',
      code: `http${status}`,
      message: `Marketo answered ${status} instead of an envelope`,
    };
  const code = status >= 500 ? `http${status}` : /</.test(text) ? 'html' : 'unreadable';
  return {
    kind: 'retry',
    scope: 'request',
    outcomeUnknown: true,
    code,
    message: `Marketo answered ${status} with something that is no envelope`,
  };
}
