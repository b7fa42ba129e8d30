/** Comparing what a row holds with what a query says: text without regard to case, nothing is less than anything. */
import { uriProblem } from '../http/problem';
import { type Column, isDateOnly, isLookup } from '../metadata/model';
import { isReference, type Value } from '../rows/row';
import type { Comparator, Literal } from './ast';

/** Numbers and flags as they are; all else as lower-case text, which orders times and GUIDs too. */
export type Comparable = string | number | boolean;

export const comparable = (value: Value): Comparable =>
  isReference(value) ? value.id : typeof value === 'string' ? value.toLowerCase() : value;

type Kind = Literal['kind'];

/** The literal as a value of the column; `null` for null. Throws what the server says when the types do not go together. */
export function literalFor(column: Column, literal: Literal): Comparable | null {
  if (literal.kind === 'null') return null;
  if (!kindsOf(column).includes(literal.kind)) throw incompatible(column, literal);
  if (literal.kind === 'date' && !isDateOnly(column)) return `${literal.value}t00:00:00z`;
  if (literal.kind === 'time' && isDateOnly(column)) return literal.value.slice(0, 10);
  return typeof literal.value === 'string' ? literal.value.toLowerCase() : literal.value;
}

function kindsOf(column: Column): readonly Kind[] {
  if (isLookup(column)) return ['guid'];
  switch (column.type) {
    case 'Boolean':
      return ['boolean'];
    case 'DateTime':
      return ['time', 'date'];
    case 'Memo':
    case 'String':
      return ['string'];
    case 'Uniqueidentifier':
      return ['guid'];
    default:
      return ['number'];
  }
}

const EDM_OF_KIND: Readonly<Record<Kind, string>> = {
  null: 'Edm.Untyped',
  boolean: 'Edm.Boolean',
  number: 'Edm.Int32',
  string: 'Edm.String',
  guid: 'Edm.Guid',
  date: 'Edm.Date',
  time: 'Edm.DateTimeOffset',
  enum: 'Edm.Enum',
};

/** The type of a column's property in the OData model. */
export function edmOf(column: Column): string {
  if (isLookup(column)) return 'Edm.Guid';
  switch (column.type) {
    case 'BigInt':
      return 'Edm.Int64';
    case 'Boolean':
      return 'Edm.Boolean';
    case 'DateTime':
      return isDateOnly(column) ? 'Edm.Date' : 'Edm.DateTimeOffset';
    case 'Decimal':
    case 'Money':
      return 'Edm.Decimal';
    case 'Double':
      return 'Edm.Double';
    case 'Memo':
    case 'String':
      return 'Edm.String';
    case 'Uniqueidentifier':
      return 'Edm.Guid';
    default:
      return 'Edm.Int32';
  }
}

const incompatible = (column: Column, literal: Literal): Error =>
  uriProblem(
    `A binary operator with incompatible types was detected. Found operand types '${edmOf(column)}' and '${EDM_OF_KIND[literal.kind]}' for operator kind 'Equal'.`,
  );

/** `null` stands for no value on both sides. */
export function holds(value: Comparable | null, comparator: Comparator, expected: Comparable | null): boolean {
  if (comparator === 'eq') return value === expected;
  if (comparator === 'ne') return value !== expected;
  if (value === null || expected === null) return false;
  if (comparator === 'gt') return value > expected;
  if (comparator === 'ge') return value >= expected;
  return comparator === 'lt' ? value < expected : value <= expected;
}
