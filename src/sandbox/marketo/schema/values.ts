/**
 * Values as Marketo takes and keeps them. It is generous: numbers arrive as text, text is cut to the field's length, a date-time
 * loses its milliseconds, blank text is no value. Nothing in the answer to a write tells what was kept.
 */
import { quote, Skip } from '../http/envelope';
import type { DataType, Field } from './field';

export type Value = string | number | boolean;

/** What will be kept for `given`; `null` for no value. Throws 1001. */
export function readValue({ dataType, length }: Pick<Field, 'dataType' | 'length'>, given: unknown): Value | null {
  if (given === null || given === undefined) return null;
  const refuse = (): never => {
    throw new Skip('1001', `Invalid value '${quote(given)}'. Required of type '${dataType}'`);
  };
  if (typeof given === 'object') return refuse();
  const text = quote(given).trim();
  if (text === '') return null;
  const value = READERS[dataType](text) ?? refuse();
  return typeof value === 'string' && length !== undefined ? value.slice(0, length) : value;
}

/** By type: what a text means, `undefined` when it means nothing there. */
const READERS: Readonly<Record<DataType, (text: string) => Value | undefined>> = {
  string: asIs,
  text: asIs,
  phone: asIs,
  url: asIs,
  // Any text may be an address here (that is what "Email Invalid" is for), as long as it is ASCII.
  email: (text) => (/^[\x20-\x7e]*$/.test(text) ? text : undefined),
  integer: readInteger,
  score: readInteger,
  reference: readInteger,
  float: readNumber,
  currency: readNumber,
  percent: readNumber,
  boolean: readBoolean,
  date: readDate,
  datetime: readDateTime,
};

function asIs(text: string): string {
  return text;
}

function readInteger(text: string): number | undefined {
  const value = Number(text);
  return /^[+-]?\d+$/.test(text) && Math.abs(value) < 2 ** 31 ? value : undefined;
}

function readNumber(text: string): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function readBoolean(text: string): boolean | undefined {
  if (['true', '1', 'yes'].includes(text.toLowerCase())) return true;
  return ['false', '0', 'no'].includes(text.toLowerCase()) ? false : undefined;
}

function readDate(text: string): string | undefined {
  const day = /^\d{4}-\d{2}-\d{2}(?=$|T)/.exec(text)?.[0];
  if (day === undefined) return undefined;
  const parsed = new Date(`${day}T00:00:00Z`);
  // The 31st of February is no day, though JavaScript would take it for one in March.
  return Number.isNaN(parsed.getTime()) || formatDate(parsed) !== day ? undefined : day;
}

function readDateTime(text: string): string | undefined {
  const parsed = parseDateTime(text);
  return parsed === undefined ? undefined : formatDateTime(parsed);
}

/** W3C: a day, or a day with time and zone; without a zone it is UTC. */
export function parseDateTime(text: string): Date | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  if (parts === null || readDate(parts[1] ?? '') === undefined) return undefined;
  const [, day, time = '00:00:00', zone = 'Z'] = parts;
  const parsed = new Date(`${day}T${time}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`);
  return Number.isNaN(parsed.getTime()) ? undefined : parsed;
}

/** `2016-05-17T22:11:45Z` */
export const formatDateTime = (date: Date | number): string => `${new Date(date).toISOString().slice(0, 19)}Z`;

/** `2016-05-17` */
export const formatDate = (date: Date | number): string => new Date(date).toISOString().slice(0, 10);
