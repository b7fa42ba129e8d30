/** The `$` parameters of a read. */
import { splitOutside } from '../http/parameters';
import { uriProblem } from '../http/problem';

/** What of a row is shown. */
export interface ShapeOptions {
  /** `undefined`: every column. */
  readonly select: readonly string[] | undefined;
  readonly expand: readonly ExpandOptions[];
}

export interface ReadOptions extends ShapeOptions {
  readonly filter: string | undefined;
  readonly orderBy: string | undefined;
  readonly top: number | undefined;
}

export interface ExpandOptions {
  readonly name: string;
  readonly options: ReadOptions;
}

/** Answered by `$select` and the like, or no read at all. */
const KNOWN = new Set(['$select', '$expand', '$filter', '$orderby', '$top', '$count', '$skiptoken', '$deltatoken']);

/** Other ways to say what is wanted, whose answer would be wrong if they were overlooked. */
const OTHER_QUERIES = new Set(['fetchxml', 'savedquery', 'userquery']);

/** Throws for an option that Dataverse does not have. Parameters without `$` are the client's own affair. */
export function readOptions(parameters: ReadonlyMap<string, string>): ReadOptions {
  for (const name of parameters.keys()) {
    if (OTHER_QUERIES.has(name.toLowerCase())) throw uriProblem(`The sandbox does not run queries by ${name}.`);
    if (name === '$skip') throw uriProblem('Skip Clause is not supported in CRM');
    if (name.startsWith('$') && !KNOWN.has(name)) throw uriProblem(`The query parameter ${name} is not supported.`);
  }
  return optionsOf((name) => parameters.get(name));
}

function optionsOf(get: (name: string) => string | undefined): ReadOptions {
  return {
    select: listOf(get('$select')),
    expand: (listOf(get('$expand')) ?? []).map(readExpand),
    filter: get('$filter'),
    orderBy: get('$orderby'),
    top: readTop(get('$top')),
  };
}

function listOf(text: string | undefined): string[] | undefined {
  const names = splitOutside(text ?? '', ',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length === 0 || names.includes('*') ? undefined : names;
}

/** `parentcustomerid_account($select=name;$top=1)` */
function readExpand(text: string): ExpandOptions {
  const [, name, inner] = /^([\w/.]+)(?:\((.*)\))?$/s.exec(text) ?? [];
  if (name === undefined) throw uriProblem(`Syntax error at position 0 in '${text}'.`);
  const options = new Map(
    splitOutside(inner ?? '', ';').map((option) => {
      const cut = option.indexOf('=');
      return [option.slice(0, cut).trim(), option.slice(cut + 1)] as const;
    }),
  );
  return { name, options: optionsOf((option) => options.get(option)) };
}

function readTop(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text))
    throw uriProblem(
      `Invalid value '${text}' for $top query option found. The $top query option requires a non-negative integer value.`,
    );
  return Number(text);
}
