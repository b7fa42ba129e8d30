/** What the bodies of both kinds of export have in common. */
import { isRecord } from '../http/call';
import { MarketoError, missing, wrongType } from '../http/envelope';
import { parseDateTime } from '../schema/values';
import { type Format, FORMATS } from './jobs';

export type Body = Readonly<Record<string, unknown>>;

export interface Range {
  readonly from: number;
  readonly to: number;
}

const MAX_DAYS = 31;
const DAY_MS = 86_400_000;

export function readFormat({ format = 'CSV' }: Body): Format {
  if (format === 'CSV' || format === 'TSV' || format === 'SSV') return format;
  throw wrongType(format, `one of ${Object.keys(FORMATS).join(', ')}`);
}

export function readFilter({ filter }: Body): Body {
  if (!isRecord(filter) || Object.keys(filter).length === 0) throw missing('filter');
  return filter;
}

/** The names of the columns: those asked for in `columnHeaderNames`, else the fields' own. */
export function readHeader({ columnHeaderNames }: Body, fields: readonly string[]): readonly string[] {
  const names: Body = isRecord(columnHeaderNames) ? columnHeaderNames : {};
  return fields.map((field) => (typeof names[field] === 'string' ? names[field] : field));
}

/** A range of at most 31 days; times without milliseconds. Throws 1001, 1002, 1003. */
export function readRange(given: unknown, name: string): Range {
  if (!isRecord(given)) throw missing(`filter.${name}`);
  const from = readTime(given['startAt'], `filter.${name}.startAt`);
  const to = readTime(given['endAt'], `filter.${name}.endAt`);
  if (to < from) throw new MarketoError('1003', `Invalid data: ${name} ends before it starts`);
  if (to - from > MAX_DAYS * DAY_MS) throw new MarketoError('1003', `Invalid data: ${name} spans more than ${MAX_DAYS} days`);
  return { from, to };
}

function readTime(given: unknown, name: string): number {
  if (typeof given !== 'string' || given === '') throw missing(name);
  const time = given.includes('.') ? undefined : parseDateTime(given);
  if (time === undefined) throw wrongType(given, 'datetime');
  return time.getTime();
}

export const isWithin = ({ from, to }: Range, time: number): boolean => time >= from && time <= to;
