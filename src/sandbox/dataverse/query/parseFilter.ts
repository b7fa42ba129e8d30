/** Reads a `$filter`: `not` binds tighter than `and`, `and` tighter than `or`. */
import { uriProblem } from '../http/problem';
import type { Comparator, Filter, Literal, Path, TextFunction } from './ast';
import { type Token, tokensOf } from './tokens';

const COMPARATORS: ReadonlySet<string> = new Set(['eq', 'ne', 'gt', 'ge', 'lt', 'le']);
const TEXT_FUNCTIONS: ReadonlySet<string> = new Set(['contains', 'startswith', 'endswith']);
const CRM = 'Microsoft.Dynamics.CRM.';
/** What stands on the right when `5 lt x` is turned round. */
const MIRRORED: Readonly<Record<Comparator, Comparator>> = { eq: 'eq', ne: 'ne', gt: 'lt', ge: 'le', lt: 'gt', le: 'ge' };

/** `aliases`: the parameters whose names begin with `@`. Throws what the server says of a syntax error. */
export function parseFilter(text: string, aliases: ReadonlyMap<string, string> = new Map()): Filter {
  return new Parser(text, aliases).parse();
}

class Parser {
  private readonly tokens: readonly Token[];
  private next = 0;

  constructor(
    private readonly text: string,
    private readonly aliases: ReadonlyMap<string, string>,
  ) {
    this.tokens = tokensOf(text);
  }

  parse(): Filter {
    const filter = this.any();
    if (this.peek().kind !== 'end') throw this.syntaxError();
    return filter;
  }

  private any(): Filter {
    const of = [this.all()];
    while (this.takeName('or')) of.push(this.all());
    return of.length === 1 ? (of[0] as Filter) : { kind: 'or', of };
  }

  private all(): Filter {
    const of = [this.one()];
    while (this.takeName('and')) of.push(this.one());
    return of.length === 1 ? (of[0] as Filter) : { kind: 'and', of };
  }

  private one(): Filter {
    if (this.takeName('not')) return { kind: 'not', of: this.one() };
    if (this.takeMark('(')) {
      const filter = this.any();
      this.expectMark(')');
      return filter;
    }
    const token = this.peek();
    const called = this.tokens[this.next + 1];
    if (token.kind === 'name' && called?.kind === 'mark' && called.text === '(') return this.call(token.text);
    return this.comparison();
  }

  private call(name: string): Filter {
    this.next += 2;
    if (name.startsWith(CRM)) return this.crmCall(name.slice(CRM.length));
    if (!TEXT_FUNCTIONS.has(name)) throw uriProblem(`An unknown function with name '${name}' was found.`);
    const path = this.path();
    this.expectMark(',');
    const literal = this.literal();
    this.expectMark(')');
    if (literal.kind !== 'string') throw this.syntaxError();
    const filter: Filter = { kind: 'text', function: name as TextFunction, path, text: literal.value };
    // `contains(x,'y') eq true` is how some query builders spell it.
    if (!this.takeName('eq')) return filter;
    const expected = this.literal();
    if (expected.kind !== 'boolean') throw this.syntaxError();
    return expected.value ? filter : { kind: 'not', of: filter };
  }

  /** Arguments are named: `PropertyName='x'`, `PropertyValue='y'`, `PropertyValues=['y','z']`, `PropertyValue1=`, `PropertyValue2=`. */
  private crmCall(name: string): Filter {
    let property = '';
    const values: string[] = [];
    while (!this.takeMark(')')) {
      const argument = this.name();
      this.expectMark('=');
      const given = this.takeMark('[') ? this.list() : [textOf(this.literal())];
      if (argument === 'PropertyName') property = given[0] ?? '';
      else values.push(...given);
      this.takeMark(',');
    }
    return { kind: 'crm', function: name, property, values };
  }

  private list(): string[] {
    const values: string[] = [];
    while (!this.takeMark(']')) {
      values.push(textOf(this.literal()));
      this.takeMark(',');
    }
    return values;
  }

  private comparison(): Filter {
    const [left, comparator, right] = [this.operand(), this.comparator(), this.operand()];
    if ('path' in left && 'literal' in right) return { kind: 'compare', path: left.path, comparator, literal: right.literal };
    if ('literal' in left && 'path' in right) {
      return { kind: 'compare', path: right.path, comparator: MIRRORED[comparator], literal: left.literal };
    }
    throw uriProblem('The left or the right side of a comparison must be a property, and the other one a value.');
  }

  private operand(): { readonly path: Path } | { readonly literal: Literal } {
    const token = this.peek();
    if (token.kind === 'name' && !token.text.startsWith('@')) return { path: this.path() };
    return { literal: this.literal() };
  }

  private comparator(): Comparator {
    const name = this.name();
    if (!COMPARATORS.has(name)) throw this.syntaxError();
    return name as Comparator;
  }

  private path(): Path {
    return this.name().split('/');
  }

  private literal(): Literal {
    const token = this.peek();
    this.next += 1;
    if (token.kind === 'literal') return token.literal;
    if (token.kind === 'name' && token.text.startsWith('@')) {
      const [aliased] = tokensOf(this.aliases.get(token.text) ?? 'null');
      if (aliased?.kind === 'literal') return aliased.literal;
    }
    throw this.syntaxError(token);
  }

  private name(): string {
    const token = this.peek();
    if (token.kind !== 'name') throw this.syntaxError(token);
    this.next += 1;
    return token.text;
  }

  private takeName(word: string): boolean {
    const token = this.peek();
    if (token.kind !== 'name' || token.text !== word) return false;
    this.next += 1;
    return true;
  }

  private takeMark(mark: string): boolean {
    const token = this.peek();
    if (token.kind !== 'mark' || token.text !== mark) return false;
    this.next += 1;
    return true;
  }

  private expectMark(mark: string): void {
    if (!this.takeMark(mark)) throw this.syntaxError();
  }

  private peek(): Token {
    return this.tokens[this.next] ?? { kind: 'end', at: this.text.length };
  }

  private syntaxError(token: Token = this.peek()): Error {
    if (token.kind === 'end') return uriProblem(`Expression expected at position ${token.at} in '${this.text}'.`);
    return uriProblem(`Syntax error at position ${token.at} in '${this.text}'.`);
  }
}

const textOf = (literal: Literal): string => ('value' in literal ? String(literal.value) : '');
