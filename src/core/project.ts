/**
 * From one side's value to the other side's own form: type, length, precision, options. Nothing is cut or guessed: a value that the
 * target cannot hold is refused in a sentence that names the field and the rule, never the value.
 */
import { type Canonical, canonicalise } from './canonical';
import { isTextField } from './fieldTypes';
import { writeOption, writeOptions } from './options';
import { schemaOn, SIDE_LABEL } from './rules';
import { hasUnsendableCharacters, tidy } from './text';
import { EARLIEST_DAY, formatInstant, parseDate } from './time';
import type { FieldPlan, FieldSchema, FieldType, RawValue, Refusal, SideName } from './types';

export type Projection = { readonly value: RawValue } | { readonly refusal: Refusal };

interface Target {
  readonly field: FieldPlan;
  readonly side: SideName;
  readonly schema: FieldSchema;
}

/**
 * What `to` would hold for the value `raw` of side `from`. The two laws: what was written reads as equal to what it was made from, and
 * writing back what was read changes nothing.
 */
export function project(field: FieldPlan, from: SideName, to: SideName, raw: RawValue): Projection {
  const target = { field, side: to, schema: schemaOn(field, to) };
  const canonical = canonicalise(field, from, raw);
  return canonical === null ? clear(target) : EXPRESS[field.type](canonical, target, raw);
}

/** ApplicationRequired is a promise of Dynamics' forms that its API does not keep, so it is kept here. */
function clear(target: Target): Projection {
  const { required } = target.schema;
  return required === 'application' || required === 'system'
    ? refuse('required', target, `is required in ${SIDE_LABEL[target.side]} and may not be empty`)
    : { value: null };
}

type Express = (canonical: NonNullable<Canonical>, target: Target, raw: RawValue) => Projection;

/** E-mails and phone numbers compare loosely but travel as they were written. */
const text: Express = (_canonical, target, raw) => fitText(tidy(String(raw)) ?? '', target);
const number: Express = (canonical, target) =>
  typeof canonical === 'number' ? fitNumber(canonical, target) : refuse('notANumber', target, 'must be a number');

const EXPRESS: Readonly<Record<FieldType, Express>> = {
  string: text,
  text,
  email: (canonical, target, raw) =>
    // Marketo takes ASCII addresses only.
    target.side === 'marketo' && !/^[\x20-\x7E]*$/.test(String(canonical))
      ? refuse('invalidCharacters', target, 'has characters that Marketo does not accept in an e-mail address')
      : text(canonical, target, raw),
  phone: text,
  url: text,
  integer: number,
  decimal: number,
  currency: number,
  boolean: (canonical, target) =>
    typeof canonical === 'boolean' ? inFormOf(target, canonical) : refuse('notABoolean', target, 'must be true or false'),
  picklist: expressOption,
  date: (canonical, target) => {
    const day = parseDate(String(canonical));
    return day === undefined ? notADate(target) : fitDay(day, day, target);
  },
  datetime: (canonical, target) => {
    const written = typeof canonical === 'number' ? formatInstant(canonical) : undefined;
    return written === undefined ? notADate(target) : fitDay(written.slice(0, 10), written, target);
  },
  lookup: (canonical, target, raw) =>
    target.field.lookupAs === 'id' ? fitText(String(canonical), target) : text(canonical, target, raw),
};

function expressOption(canonical: NonNullable<Canonical>, target: Target): Projection {
  const { field, side } = target;
  const written =
    field.dynamicsSchema.vendorType === 'MultiSelectPicklist'
      ? writeOptions(field, side, JSON.parse(String(canonical)) as (string | number)[])
      : writeOption(field, side, canonical);
  if (written === undefined)
    return refuse(
      'unknownOption',
      target,
      side === 'dynamics' ? 'has no option of that name in Dynamics' : 'holds an option that Dynamics gives no usable name',
    );
  return typeof written === 'string' && side === 'marketo' ? fitText(written, target) : { value: written };
}

/** Marketo's limits where its metadata names none: text areas are measured in bytes, everything else in characters. */
const MARKETO_STRING_CHARACTERS = 255;
const MARKETO_TEXT_BYTES = 30_000;
const MARKETO_TEXT_AREAS: ReadonlySet<string> = new Set(['text', 'textarea']);

function fitText(value: string, target: Target): Projection {
  const { side, schema } = target;
  const label = SIDE_LABEL[side];
  if (hasUnsendableCharacters(value))
    return refuse('invalidCharacters', target, `has control characters, which ${label} does not accept`);
  const area = side === 'marketo' && MARKETO_TEXT_AREAS.has(schema.vendorType);
  const limit = schema.maxLength ?? (side === 'dynamics' || area ? undefined : MARKETO_STRING_CHARACTERS);
  if (limit !== undefined && value.length > limit)
    return refuse('tooLong', target, `is longer than ${limit} characters, the most that ${label} holds`);
  if (area && new TextEncoder().encode(value).length > MARKETO_TEXT_BYTES)
    return refuse('tooLong', target, `is longer than ${MARKETO_TEXT_BYTES} bytes, the most that Marketo holds`);
  return { value };
}

const INT32: readonly [number, number] = [-(2 ** 31), 2 ** 31 - 1];

function fitNumber(value: number, target: Target): Projection {
  const { schema, side } = target;
  const whole = schema.vendorType === 'integer' || schema.vendorType === 'score';
  const [lowest, highest] = whole ? INT32 : [-Infinity, Infinity];
  const least = schema.minValue ?? lowest;
  const most = schema.maxValue ?? highest;
  if (value < least || value > most)
    return refuse('outOfRange', target, `must be from ${least} to ${most} in ${SIDE_LABEL[side]}`);
  return inFormOf(target, value);
}

function fitDay(day: string, written: string, target: Target): Projection {
  if (target.side === 'dynamics' && day < EARLIEST_DAY)
    return refuse('beforeMinimumDate', target, `is before ${EARLIEST_DAY}, the first day that Dynamics knows`);
  return { value: written };
}

/** A number or flag that is kept in a text field becomes its text. */
const inFormOf = ({ side, schema }: Target, value: number | boolean): Projection => ({
  value: side === 'marketo' && isTextField(schema) ? String(value) : value,
});

const notADate = (target: Target): Projection => refuse('notADate', target, 'must be a date that exists');

function refuse(code: string, target: Target, rule: string): Projection {
  return { refusal: { code, message: `${target.schema.label} ${rule}` } };
}
