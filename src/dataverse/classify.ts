/**
 * What an unsuccessful answer of Dataverse means: one ordered table over status, code and, where servers leave the code empty, the
 * message. The first line that fits decides, so that a vendor's error is taught by adding a line.
 */
import type { Failure, FailureKind } from '../core/ports';
import type { RecordRef } from '../core/types';
import { type HttpAnswer, retryAfterMs } from '../remote/http';
import { type ErrorBody, readErrorBody } from './errorBody';
import { type FieldHints, namedField } from './namedField';

/** What was asked when the answer came. */
export interface Asked extends FieldHints {
  readonly doing: 'read' | 'write' | 'create' | 'feed' | 'look';
  /** The one record that was addressed. */
  readonly record?: RecordRef;
}

/** The code of "a record with this id exists already", which makes a create with our own GUID idempotent. */
export const ALREADY_EXISTS = '0x80040237';
/** Some row does not exist: the one that was addressed, or one that it points at. */
export const DOES_NOT_EXIST = '0x80040217';
/** The caller is no user of this environment: the application user is missing. */
export const NOT_A_MEMBER = '0x80072560';

interface Row {
  readonly status?: number | readonly [from: number, to: number];
  readonly codes?: readonly string[];
  /** Stands in for `codes` when the answer has no code. */
  readonly orSays?: RegExp;
  /** Must hold besides the code. */
  readonly says?: RegExp;
  readonly when?: (asked: Asked, body: ErrorBody) => boolean;
  readonly kind: FailureKind;
  /** `record` becomes `request` when no single record was addressed. */
  readonly scope: Failure['scope'];
  readonly outcomeUnknown?: true;
  /** How long to stay away when the answer has no Retry-After, ms. */
  readonly waitMs?: number;
  readonly field?: string;
  /** Our own word, where the vendor has no code. */
  readonly word?: string;
}

const writing = (asked: Asked): boolean => asked.doing === 'write' || asked.doing === 'create';

const TABLE: readonly Row[] = [
  // Limits: per user and server, over five minutes; the answer says how long to stay away.
  {
    codes: ['0x80072322', '0x80072321', '0x80072326', '0x8005f103', '0x80072327'],
    kind: 'throttled',
    scope: 'side',
    waitMs: 10_000,
  },
  { status: 429, kind: 'throttled', scope: 'side', waitMs: 10_000, word: 'http429' },

  // Who we are. The client has refreshed its token once before a 401 comes here.
  { status: 401, kind: 'config', scope: 'side', word: 'http401' },
  { codes: [NOT_A_MEMBER], orSays: /not a member of the organization/i, kind: 'config', scope: 'side' },
  { codes: ['0x8004a104', '0x8004a110'], kind: 'config', scope: 'side' }, // organization disabled; may not act on behalf

  // Feeds. The status of an expired token is undocumented: the code alone decides.
  { codes: ['0x80044352'], orSays: /version stamp .* has expired/i, kind: 'gone', scope: 'cursor' },
  { codes: ['0x80072491'], orSays: /isn't enabled for change tracking/i, kind: 'config', scope: 'side' },

  // Versions and duplicates: of the 412s only this first one means "the row changed, fetch it again".
  { codes: ['0x80060882'], orSays: /doesn't match the RowVersion/i, kind: 'conflict', scope: 'record' },
  { codes: ['0x80060892'], orSays: /^entity key .* violated/i, kind: 'conflict', scope: 'record' },
  { codes: ['0x80040333'], orSays: /duplicate of the current record/i, kind: 'rejected', scope: 'record' },
  {
    codes: [ALREADY_EXISTS],
    orSays: /matching key values already exists|insert duplicate key/i,
    kind: 'rejected',
    scope: 'record',
  },
  { codes: ['0x8006088d', '0x80060883'], kind: 'config', scope: 'side' }, // optimistic concurrency is off, or no version came along

  // Absence. 0x80040217 may as well speak of a lookup's target, which proves nothing about the record.
  {
    status: 404,
    codes: [DOES_NOT_EXIST],
    orSays: /does not exist\W*$/i,
    when: (asked, body) => speaksOfRecord(asked, body.message),
    kind: 'gone',
    scope: 'record',
  },
  {
    codes: [DOES_NOT_EXIST],
    says: /^(?:entity )?'?(?:systemuser|team)'? with id/i,
    kind: 'rejected',
    scope: 'record',
    field: 'ownerid',
  },
  { codes: [DOES_NOT_EXIST, '0x80060891'], orSays: /does not exist\W*$/i, kind: 'rejected', scope: 'record' },
  { codes: ['0x80060890'], kind: 'config', scope: 'request' }, // no such alternate key

  // Locks and time-outs inside. After a time-out the work may have been done all the same.
  { codes: ['0x80044150', '0x80044339', '0x8004418d'], orSays: /deadlock victim/i, kind: 'retry', scope: 'record' },
  {
    codes: ['0x80044151', '0x80044171', '0x80044172', '0x80044173', '0x80081111'],
    kind: 'retry',
    scope: 'record',
    outcomeUnknown: true,
  },
  { codes: ['0x80048543', '0x80048553'], kind: 'retry', scope: 'side', waitMs: 5 * 60_000, outcomeUnknown: true }, // import, upgrade
  { codes: ['0x80040216', '0x80040224'], kind: 'retry', scope: 'record', outcomeUnknown: true }, // "unexpected"

  // The record's values against the environment's rules.
  { codes: ['0x80040265'], kind: 'rejected', scope: 'record' }, // a plug-in or business rule said no
  { codes: ['0x80044331'], orSays: /exceeded the maximum allowed length/i, kind: 'rejected', scope: 'record' },
  { codes: ['0x8004431a', '0x8004432f', '0x80044330'], orSays: /outside the valid range/i, kind: 'rejected', scope: 'record' },
  { codes: ['0x80040239', '0x80040278', '0x80040200', '0x80040203', '0x80040317'], kind: 'rejected', scope: 'record' },
  { codes: ['0x80048408'], kind: 'rejected', scope: 'record' }, // status that does not belong to the state
  { codes: ['0x80040233', '0x8004022e'], kind: 'rejected', scope: 'record' }, // closed or read-only row
  { codes: ['0x80040229', '0x80040210', '0x80040231'], kind: 'rejected', scope: 'record', field: 'ownerid' },
  { codes: ['0x80040227', '0x80040519', '0x80081018'], kind: 'rejected', scope: 'record' }, // has children; lead closed
  { codes: ['0x80045301', '0x80045304', '0x80045305'], kind: 'rejected', scope: 'record' }, // merges

  // Permissions: column security and a single row's owner concern the record, a missing table privilege everything.
  { codes: ['0x8004f507', '0x8004f502', '0x8004f504'], orSays: /secured field/i, kind: 'rejected', scope: 'record' },
  { says: /does not have \w*Access right/i, kind: 'rejected', scope: 'record' },
  { codes: ['0x80040220', '0x80048306', '0x80040299', '0x80040204'], kind: 'config', scope: 'side' },

  // A column that is not there: the write is tried without it; a read needs the schema read again.
  { says: /property named '|undeclared property/i, when: writing, kind: 'rejected', scope: 'record' },
  { says: /property named '|undeclared property/i, kind: 'config', scope: 'request', word: 'unknownColumn' },
  { codes: ['0x80048d19'], kind: 'rejected', scope: 'record' }, // wrong type, unreadable part
  { codes: ['0x80060888', '0x8006088a'], kind: 'config', scope: 'request' }, // the URL is wrong
  {
    says: /resource not found for the segment|no http resource was found/i,
    kind: 'config',
    scope: 'request',
    word: 'unknownUrl',
  },

  // Statuses alone.
  { status: 413, kind: 'rejected', scope: 'request', word: 'http413' },
  { status: 414, kind: 'config', scope: 'request', word: 'http414' }, // it is us who made the URL too long
  { status: 403, kind: 'config', scope: 'side' },
  { status: [404, 406], kind: 'config', scope: 'request' },
  { status: 408, kind: 'retry', scope: 'request', outcomeUnknown: true },
  { status: 415, kind: 'config', scope: 'request' },
  { status: [400, 499], kind: 'rejected', scope: 'record' },
  { status: 501, kind: 'config', scope: 'request' },
  { status: [500, 599], kind: 'retry', scope: 'request', outcomeUnknown: true },
  { status: [300, 399], kind: 'config', scope: 'side' },
  // A page instead of an answer, or nothing, though the status says success: some gateway answered in Dataverse's place.
  { kind: 'retry', scope: 'request', outcomeUnknown: true },
];

/** Turns an answer that is not a success into a `Failure`. Never throws; the message is the vendor's and may quote a person's data. */
export function classify(answer: HttpAnswer, asked: Asked, now: Date): Failure {
  const body = readErrorBody(answer);
  const row = TABLE.find((candidate) => fits(candidate, answer.status, body, asked));
  if (row === undefined) throw new Error('The last line of the table fits everything');
  const waitMs = row.kind === 'throttled' || row.kind === 'retry' ? (retryAfterMs(answer.headers, now) ?? row.waitMs) : undefined;
  const field = row.kind === 'rejected' || row.kind === 'config' ? (namedField(body.message, asked) ?? row.field) : undefined;
  return {
    kind: row.kind,
    scope: row.scope === 'record' && asked.record === undefined ? 'request' : row.scope,
    ...(row.outcomeUnknown ? { outcomeUnknown: true } : {}),
    ...(waitMs === undefined ? {} : { waitMs }),
    code: body.code || row.codes?.[0] || row.word || foreignCode(body, answer),
    ...(field === undefined ? {} : { field }),
    message: body.message || `HTTP ${answer.status} without a message`,
  };
}

function foreignCode({ foreign }: ErrorBody, { status, text }: HttpAnswer): string {
  if (status < 300 && text.trim() === '') return 'empty';
  return foreign && text.includes('<') ? 'html' : `http${status}`;
}

function fits(row: Row, status: number, body: ErrorBody, asked: Asked): boolean {
  if (row.status !== undefined) {
    const [from, to] = typeof row.status === 'number' ? [row.status, row.status] : row.status;
    if (status < from || status > to) return false;
  }
  if (row.codes !== undefined || row.orSays !== undefined) {
    const byCode = row.codes?.includes(body.code) ?? false;
    const byWords = body.code === '' && !body.foreign && (row.orSays?.test(body.message) ?? false);
    if (!byCode && !byWords) return false;
  }
  if (row.says !== undefined && (body.foreign || !row.says.test(body.message))) return false;
  return row.when?.(asked, body) ?? true;
}

const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/** Whether "contact With Id = ... Does Not Exist" is about the addressed record: nothing else may be named, neither table nor id. */
function speaksOfRecord(asked: Asked, message: string): boolean {
  if (asked.record === undefined || asked.doing === 'create') return false;
  const id = GUID.exec(message)?.[0].toLowerCase();
  if (id !== undefined && id !== asked.record.id.toLowerCase()) return false;
  const entity = /^(?:entity )?'?([a-z0-9_]+)'? with id\b/i.exec(message.trim())?.[1]?.toLowerCase();
  return entity === undefined || entity === asked.record.entity;
}
