/** Reads the mapping file. Every problem is told at once, with file, line, field and fix. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Mapping } from '../core/types';
import { checkMapping, type Problem } from './mappingChecks';
import { FIELD_KEYS, FILE_KEYS, type MappingFile, mappingFile } from './mappingSchema';
import { didYouMean } from './suggest';

const DEFAULT_FILE = join(__dirname, 'defaultMapping.yaml');

export interface MappingProblem {
  readonly line: number;
  readonly message: string;
}

/** Thrown when the mapping is missing or wrong. Lists every problem with its line and fix. */
export class MappingError extends Error {
  override readonly name = 'MappingError';
  constructor(
    readonly file: string,
    readonly problems: readonly MappingProblem[],
  ) {
    super(`The mapping needs attention:\n${problems.map(({ line, message }) => `  - ${file}:${line} ${message}`).join('\n')}`);
  }
}

/** The user's mapping, or the built-in one. Throws a MappingError. */
export function loadMapping(file: string | undefined): Mapping {
  const path = file ?? DEFAULT_FILE;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    const message = `cannot be read (${code}): correct MDSYNC_MAPPING, or unset it to use the built-in mapping`;
    throw new MappingError(path, [{ line: 1, message }]);
  }
  return parseMapping(text, path);
}

/** Parses a mapping file's text; `name` is what messages call the file. Throws a MappingError. */
export function parseMapping(yamlText: string, name: string): Mapping {
  const lines = new LineCounter();
  const document = parseDocument(yamlText, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const fail = (problems: readonly MappingProblem[]): never => {
    throw new MappingError(
      name,
      problems.toSorted((a, b) => a.line - b.line),
    );
  };
  if (document.errors.length > 0)
    fail(document.errors.map((error) => ({ line: lineAt(error.pos[0]), message: yamlProblem(error.code, error.message) })));
  const parsed = mappingFile.safeParse(contentOf(document, fail) ?? {});
  const problems = parsed.success ? checkMapping(parsed.data) : parsed.error.issues.flatMap((issue) => explain(issue, document));
  if (!parsed.success || problems.length > 0)
    return fail(problems.map((problem) => ({ line: lineAt(offsetOf(document, problem.path)), message: sentence(problem) })));
  return toMapping(parsed.data);
}

/** Aliases are resolved only here, so this is where a wrong one shows. */
function contentOf(document: Document, fail: (problems: readonly MappingProblem[]) => never): unknown {
  try {
    return document.toJS();
  } catch (error) {
    return fail([{ line: 1, message: `is not valid YAML: ${(error as Error).message}` }]);
  }
}

/** For editors: `# yaml-language-server: $schema=...` gives completion and checks while typing. */
export function mappingJsonSchema(): object {
  return z.toJSONSchema(mappingFile, { io: 'input' });
}

function toMapping({ match, labelLanguage, fields }: MappingFile): Mapping {
  return {
    match,
    ...defined({ labelLanguage }),
    fields: Object.entries(fields).map(([marketo, line]) => {
      const { contact, lead, type, direction, write, lookupAs, ...rest } = line;
      return {
        marketo,
        dynamics: defined({ contact, lead }),
        type,
        direction,
        write,
        ...defined({ ...rest, lookupAs: type === 'lookup' ? (lookupAs ?? 'name') : undefined }),
      };
    }),
  };
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that say nothing. */
const defined = <T extends object>(values: T): Defined<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;

const yamlProblem = (code: string, message: string): string =>
  code === 'DUPLICATE_KEY' ? 'this key is there already: each Marketo field is mapped once' : `is not valid YAML: ${message}`;

function sentence({ path, message }: Problem): string {
  const place = path.length > 1 ? path.slice(1) : path;
  return place.length === 0 ? message : `${place.map(String).join('.')}: ${message}`;
}

/** What zod calls a kind of value, as people call it. */
const KINDS: Readonly<Record<string, string>> = {
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
};

/** zod's finding in words that say what to do. */
function explain(issue: z.core.$ZodIssue, document: Document): Problem[] {
  const { path } = issue;
  const given: unknown = document.getIn(path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = path.length === 0 ? FILE_KEYS : FIELD_KEYS;
      return issue.keys.map((key) => ({ path: [...path, key], message: `is not known here: ${didYouMean(key, known)}` }));
    }
    case 'invalid_value': {
      const known = issue.values.map(String);
      const message =
        given === undefined
          ? `is missing: use one of ${known.join(', ')}`
          : `cannot be this: ${didYouMean(typeof given === 'string' ? given : '', known)}`;
      return [{ path, message }];
    }
    case 'invalid_type': {
      const what = KINDS[issue.expected] ?? `a ${issue.expected}`;
      return [{ path, message: given === undefined ? `is missing: add ${what}` : `must be ${what}` }];
    }
    case 'invalid_union':
      return [{ path, message: 'must be text, a number, or true or false' }];
    case 'too_small':
      return [{ path, message: 'may not be empty: give it a value, or take it out' }];
    default:
      return [{ path, message: issue.message }];
  }
}

/** Where the path's last key stands; where it is missing, the nearest thing above it. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = document.getIn(path.slice(0, length - 1), true);
    if (!isMap(parent)) continue;
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path[length - 1]));
    if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0] ?? 0;
  }
  return document.contents?.range?.[0] ?? 0;
}
