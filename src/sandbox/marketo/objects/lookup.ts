/** Which objects are asked for: by the values of one field, or, as JSON, by keys of several. */
import { type Call, inputRecords, jsonBody, MAX_BATCH, requiredList, requiredText } from '../http/call';
import { MarketoError, quote } from '../http/envelope';
import type { ObjectKind } from './kinds';

export interface Lookup {
  /** With what stood in JSON among the parameters. */
  readonly call: Call;
  readonly names: readonly string[];
  /** The values that are looked for, each as JSON of one for every name, in lower case. */
  readonly keys: ReadonlySet<string>;
}

/** Throws 1002, 1003, 1011. */
export function readLookup(sent: Call, kind: ObjectKind): Lookup {
  const body = isJson(sent) ? jsonBody(sent) : {};
  const call = { ...sent, parameters: withMembers(sent.parameters, body) };
  const isKeyed = body['input'] !== undefined;
  const names = searchedFields(
    kind,
    isKeyed ? (call.parameters.get('filterType') ?? 'dedupeFields') : requiredText(call, 'filterType'),
  );
  if (isKeyed || names.length > 1) {
    const input = inputRecords(body);
    return { call, names, keys: new Set(input.map((item) => keyOf(names.map((name) => item[name])))) };
  }
  const values = requiredList(call, 'filterValues', MAX_BATCH);
  return { call, names, keys: new Set(values.map((value) => keyOf([value]))) };
}

const keyOf = (values: readonly unknown[]): string => JSON.stringify(values.map((value) => quote(value ?? '').toLowerCase()));

const isJson = ({ headers, body }: Call): boolean =>
  body !== undefined && (headers['content-type'] ?? '').toLowerCase().startsWith('application/json');

/** The members of JSON that are parameters elsewhere. */
function withMembers(parameters: URLSearchParams, body: Readonly<Record<string, unknown>>): URLSearchParams {
  const all = new URLSearchParams(parameters);
  for (const name of ['filterType', 'fields', 'batchSize', 'nextPageToken']) {
    const given = body[name];
    if (given !== undefined && given !== null) all.set(name, Array.isArray(given) ? given.map(quote).join(',') : quote(given));
  }
  return all;
}

/** `idField` and `dedupeFields` stand for what Describe says they are. Throws 1011. */
function searchedFields(kind: ObjectKind, filter: string): readonly string[] {
  if (filter === 'idField') return [kind.idField];
  if (filter === 'dedupeFields') return kind.dedupeFields;
  const found = kind.searchable.find((names) => names.length === 1 && names[0] === filter);
  if (found === undefined) throw new MarketoError('1011', `Field '${filter}' not supported`);
  return found;
}
