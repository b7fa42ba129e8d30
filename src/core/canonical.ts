/**
 * Canonical values: two raw values of one field are equal exactly when nobody would call them different, whatever form each vendor
 * gives them. A value that does not fit its type stays itself, so that it equals nothing but itself.
 */
import { readOption, readOptions } from './options';
import { coarserDigits, parseNumber, roundTo } from './numbers';
import { tidy } from './text';
import { parseDate, parseInstant } from './time';
import type { FieldPlan, FieldType, RawValue, SideName } from './types';

export type Canonical = string | number | boolean | null;

type Present = string | number | boolean;
type Reader = (value: Present, field: FieldPlan, side: SideName) => Canonical;

const asText: Reader = (value) => String(value);
const asNumber: Reader = (value, field) => {
  const number = parseNumber(value);
  return number === undefined ? value : roundTo(number, coarserDigits(field));
};

const READ: Readonly<Record<FieldType, Reader>> = {
  string: asText,
  text: asText,
  email: (value) => String(value).toLowerCase(),
  phone: (value) => dialled(String(value)),
  url: (value) => caselessHost(String(value)),
  integer: asNumber,
  decimal: asNumber,
  currency: asNumber,
  boolean: (value) => SPOKEN_BOOLEANS.get(String(value).toLowerCase()) ?? value,
  picklist: (value, field, side) =>
    field.dynamicsSchema.vendorType === 'MultiSelectPicklist'
      ? JSON.stringify(readOptions(field, side, value))
      : readOption(field, side, value),
  date: (value) => parseDate(String(value)) ?? value,
  datetime: (value) => parseInstant(String(value)) ?? value,
  lookup: (value, field) => (field.lookupAs === 'id' ? String(value).toLowerCase() : String(value)),
};

/** The canonical form of what `side` holds in `field`. Blank is null, and for consent flags null is false. */
export function canonicalise(field: FieldPlan, side: SideName, raw: RawValue): Canonical {
  const value = typeof raw === 'string' ? tidy(raw) : raw;
  if (value === null) return field.consent ? false : null;
  return READ[field.type](value, field, side);
}

export function equal(a: Canonical, b: Canonical): boolean {
  return a === b;
}

/** Marketo's feeds carry booleans as text. */
const SPOKEN_BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
  ['yes', true],
  ['no', false],
]);

const EXTENSION = /\s*(?:ext(?:ension)?\.?|[x#])\s*(\d{1,8})$/i;

/**
 * What one would dial: digits, a leading plus, an extension. Deliberately timid: prefixes such as `00` or `(0)` mean different things
 * in different countries, so only punctuation is ignored, and a number with anything else in it is compared as it is written.
 */
function dialled(text: string): string {
  const extension = EXTENSION.exec(text)?.[1];
  const main = (extension === undefined ? text : text.replace(EXTENSION, '')).replace(/[\s().-]/g, '');
  if (!/^\+?\d+$/.test(main)) return text;
  return extension === undefined ? main : `${main}x${extension}`;
}

const URL_PARTS = /^([a-z][a-z0-9+.-]*:\/\/)?([a-z0-9.-]+(?::\d+)?)(\/[\s\S]*)?$/i;

/** Scheme and host know no case, and a lone slash after the host says nothing; the rest of a URL is compared exactly. */
function caselessHost(text: string): string {
  const parts = URL_PARTS.exec(text);
  if (parts === null) return text;
  const [, scheme = '', host = '', path = ''] = parts;
  return `${scheme}${host}`.toLowerCase() + (path === '/' ? '' : path);
}
