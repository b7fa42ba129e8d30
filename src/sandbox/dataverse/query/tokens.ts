/** Cuts a `$filter` into tokens. */
import { uriProblem } from '../http/problem';
import { toTime } from '../rows/time';
import type { Literal } from './ast';

export type Token =
  | { readonly kind: 'literal'; readonly literal: Literal; readonly at: number }
  /** A keyword, a function, a property or a path to one: which, only its place tells. */
  | { readonly kind: 'name'; readonly text: string; readonly at: number }
  | { readonly kind: 'mark'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly at: number };

const STRING = /'((?:[^']|'')*)'/y;
const GUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/iy;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?/iy;
const DATE = /\d{4}-\d\d-\d\d(?!\w)/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w-])/iy;
const NAME = /@?[A-Za-z_][\w.]*(?:\/[A-Za-z_][\w.]*)*/y;
const MARK = /[(),=[\]]/y;
const WORDS = new Map<string, Literal>([
  ['null', { kind: 'null' }],
  ['true', { kind: 'boolean', value: true }],
  ['false', { kind: 'boolean', value: false }],
]);

/** Throws the server's words for a character that nothing can begin with. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const literalAt = (): { readonly literal: Literal; readonly length: number } | undefined => {
    const string = match(STRING);
    if (string !== null) return { literal: { kind: 'string', value: unquote(string[1]) }, length: string[0].length };
    const guid = match(GUID);
    if (guid !== null) return { literal: { kind: 'guid', value: guid[0].toLowerCase() }, length: guid[0].length };
    const time = match(TIME);
    if (time !== null) return { literal: { kind: 'time', value: toTime(time[0]) ?? time[0] }, length: time[0].length };
    const date = match(DATE);
    if (date !== null) return { literal: { kind: 'date', value: date[0] }, length: date[0].length };
    const number = match(NUMBER);
    return number === null ? undefined : { literal: { kind: 'number', value: Number(number[0]) }, length: number[0].length };
  };
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at += 1;
    if (at >= text.length) break;
    const literal = literalAt();
    if (literal !== undefined) {
      tokens.push({ kind: 'literal', literal: literal.literal, at });
      at += literal.length;
      continue;
    }
    const name = match(NAME)?.[0];
    if (name !== undefined) {
      const token = nameToken(name, at);
      at += name.length;
      // `Microsoft.Dynamics.CRM.AttributeTypeCode'String'` is one literal.
      const member = name.includes('.') ? match(STRING) : null;
      if (member === null) tokens.push(token);
      else {
        tokens.push({ kind: 'literal', literal: { kind: 'enum', value: unquote(member[1]) }, at: token.at });
        at += member[0].length;
      }
      continue;
    }
    const mark = match(MARK)?.[0];
    if (mark === undefined)
      throw uriProblem(`Syntax error: character '${text[at]}' is not valid at position ${at} in '${text}'.`);
    tokens.push({ kind: 'mark', text: mark, at });
    at += 1;
  }
  tokens.push({ kind: 'end', at });
  return tokens;
}

function nameToken(name: string, at: number): Token {
  const word = WORDS.get(name);
  return word === undefined ? { kind: 'name', text: name, at } : { kind: 'literal', literal: word, at };
}

const unquote = (text = ''): string => text.replaceAll("''", "'");
