/** `$filter`: comparison, and/or/not, contains/startswith/endswith and null, as Dataverse takes them. Text is compared without case. */
import { badQuery, unknownProperty } from '../errors';
import { type Column, type Table, wireName } from '../metadata/model';
import type { Row, Value } from '../store';

export type Predicate = (row: Row) => boolean;

export interface Filter {
  readonly test: Predicate;
  /** Equality that every matching row fulfils one of: lets an index narrow the search. */
  readonly anyOf?: readonly { readonly column: string; readonly value: string }[];
}

type Token = { readonly kind: 'word' | 'text' | 'number' | 'punctuation'; readonly text: string };

const TOKEN =
  /\s*(?:('(?:[^']|'')*')|([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?|-?\d+(?:\.\d+)?)|([A-Za-z_@$][\w./@]*)|([(),]))/giy;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text);
    if (match === null) throw badQuery(`Syntax error at position ${TOKEN.lastIndex} in '${text}'.`);
    const [, quoted, literal, word, punctuation] = match;
    if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted.slice(1, -1).replaceAll("''", "'") });
    else if (literal !== undefined) tokens.push({ kind: 'number', text: literal });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else tokens.push({ kind: 'punctuation', text: punctuation ?? '' });
  }
  return tokens;
}

export function parseFilter(table: Table, text: string): Filter {
  const tokens = tokenize(text);
  let at = 0;
  const peek = (): Token | undefined => tokens[at];
  const take = (): Token => {
    const token = tokens[at];
    if (token === undefined) throw badQuery(`Syntax error: the expression '${text}' ends too early.`);
    at += 1;
    return token;
  };
  const expect = (mark: string): void => {
    if (take().text !== mark) throw badQuery(`Syntax error: '${mark}' expected in '${text}'.`);
  };
  const isWord = (word: string): boolean => peek()?.kind === 'word' && peek()?.text.toLowerCase() === word;

  function either(): Filter {
    let left = both();
    while (isWord('or')) {
      take();
      const [a, b] = [left, both()];
      left = {
        test: (row) => a.test(row) || b.test(row),
        ...(a.anyOf && b.anyOf ? { anyOf: [...a.anyOf, ...b.anyOf] } : {}),
      };
    }
    return left;
  }
  function both(): Filter {
    let left = unary();
    while (isWord('and')) {
      take();
      const [a, b] = [left, unary()];
      const anyOf = a.anyOf ?? b.anyOf;
      left = { test: (row) => a.test(row) && b.test(row), ...(anyOf ? { anyOf } : {}) };
    }
    return left;
  }
  function unary(): Filter {
    if (isWord('not')) {
      take();
      const inner = unary();
      return { test: (row) => !inner.test(row) };
    }
    if (peek()?.text === '(') {
      take();
      const inner = either();
      expect(')');
      return inner;
    }
    const first = take();
    const called = TEXT_FUNCTIONS[first.text.toLowerCase()];
    if (called !== undefined && peek()?.text === '(') {
      take();
      const column = columnOf(table, take().text);
      expect(',');
      const needle = take().text.toLowerCase();
      expect(')');
      return { test: (row) => called(String(read(row, column) ?? '').toLowerCase(), needle) };
    }
    return comparison(columnOf(table, first.text), take().text.toLowerCase(), take());
  }
  const filter = either();
  if (at < tokens.length) throw badQuery(`Syntax error: '${peek()?.text ?? ''}' was not expected in '${text}'.`);
  return filter;
}

const TEXT_FUNCTIONS: Readonly<Record<string, (value: string, needle: string) => boolean>> = {
  contains: (value, needle) => value.includes(needle),
  startswith: (value, needle) => value.startsWith(needle),
  endswith: (value, needle) => value.endsWith(needle),
};

const COMPARE: Readonly<Record<string, (difference: number) => boolean>> = {
  gt: (difference) => difference > 0,
  ge: (difference) => difference >= 0,
  lt: (difference) => difference < 0,
  le: (difference) => difference <= 0,
};

function comparison(column: Column, operator: string, literal: Token): Filter {
  const value = literalValue(column, literal);
  if (operator === 'eq' || operator === 'ne') {
    const same: Predicate = (row) => compare(read(row, column), value) === 0;
    if (operator === 'ne') return { test: (row) => !same(row) };
    return typeof value === 'string' ? { test: same, anyOf: [{ column: column.name, value }] } : { test: same };
  }
  const holds = COMPARE[operator];
  if (holds === undefined) throw badQuery(`The operator '${operator}' is not known.`);
  return {
    test: (row) => {
      const held = read(row, column);
      return held !== null && value !== null && holds(compare(held, value));
    },
  };
}

function literalValue(column: Column, { kind, text }: Token): Value {
  if (kind === 'word' && text === 'null') return null;
  if (kind === 'word' && (text === 'true' || text === 'false')) return text === 'true';
  if (kind === 'number' && NUMERIC.has(column.type)) return Number(text);
  return text;
}

const NUMERIC = new Set(['Integer', 'BigInt', 'Decimal', 'Double', 'Money', 'Picklist', 'State', 'Status']);

function compare(a: Value, b: Value): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [x, y] = [comparable(a), comparable(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Times compare as times, whatever form they are written in. */
function comparable(value: Value): string {
  const text = String(value).toLowerCase();
  return /^\d{4}-\d{2}-\d{2}t/.test(text) ? new Date(text.toUpperCase()).toISOString() : text;
}

export function columnOf(table: Table, name: string): Column {
  const found = [...table.columns.values()].find((column) => wireName(column) === name);
  if (found === undefined) throw unknownProperty(name, table.name);
  return found;
}

export function read(row: Row, column: Column): Value {
  if (column.name === 'versionnumber') return row.version;
  return row.values[column.name] ?? null;
}
