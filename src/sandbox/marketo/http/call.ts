/** One request as an endpoint sees it: parameters from wherever a client may put them, and a body that is read only when asked for. */
import type { IncomingHttpHeaders } from 'node:http';
import { MarketoError, missing, wrongType } from './envelope';

/** What was sent, before it is known which endpoint it is for. */
export interface Sent {
  /** The method that is meant: `_method=GET` turns a POST into the GET whose query would be too long for a URL. */
  readonly method: string;
  readonly path: string;
  /** Query and form body together. */
  readonly parameters: URLSearchParams;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string | undefined;
}

export interface Call extends Sent {
  /** What stands for the `{...}` of the route's path, in order. */
  readonly segments: readonly string[];
  /** The client id of the custom service. */
  readonly caller: string;
  /** The API-only user behind it. */
  readonly user: string;
  readonly requestId: string;
}

const FORM = 'application/x-www-form-urlencoded';

export function readSent(method: string, url: string, headers: IncomingHttpHeaders, body: unknown): Sent {
  const cut = url.indexOf('?');
  const path = withoutDots(cut === -1 ? url : url.slice(0, cut));
  const query = new URLSearchParams(cut === -1 ? '' : url.slice(cut + 1));
  const text = typeof body === 'string' && body !== '' ? body : undefined;
  const form = new URLSearchParams(isType(headers, FORM) ? text : '');
  const parameters = new URLSearchParams([...query, ...form]);
  const meant = method === 'POST' && parameters.get('_method')?.toUpperCase() === 'GET' ? 'GET' : method;
  return { method: meant, path, query, parameters, headers, body: text };
}

/** Web servers resolve `/rest/../bulk` before anybody looks at it, and clients build on that. */
const withoutDots = (path: string): string => (/\/\.{1,2}(?:\/|$)/.test(path) ? new URL(`http://marketo${path}`).pathname : path);

const isType = (headers: IncomingHttpHeaders, type: string): boolean =>
  (headers['content-type'] ?? '').toLowerCase().startsWith(type);

/** The JSON object in the body; empty when there is no body. Throws 609 and 612. */
export function jsonBody(call: Call): Readonly<Record<string, unknown>> {
  if (call.body === undefined) return {};
  if (!isType(call.headers, 'application/json')) throw new MarketoError('612', 'Invalid Content Type');
  let parsed: unknown;
  try {
    parsed = JSON.parse(call.body);
  } catch {
    throw new MarketoError('609', 'Invalid JSON');
  }
  if (!isRecord(parsed)) throw new MarketoError('609', 'Invalid JSON');
  return parsed;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The most records of one request to the lead database, and the most of one page. */
export const MAX_BATCH = 300;

/** The `input` of a write: 1 to 300 objects. Throws 1002, 1003. */
export function inputRecords(body: Readonly<Record<string, unknown>>, max = MAX_BATCH): readonly Record<string, unknown>[] {
  const { input } = body;
  if (!Array.isArray(input) || input.length === 0) throw missing('input');
  if (input.length > max) throw new MarketoError('1003', `Input exceeds the limit of ${max} records`);
  if (!input.every(isRecord)) throw new MarketoError('1003', 'Invalid data: input holds something that is not an object');
  return input;
}

export function optionalText(call: Call, name: string): string | undefined {
  return call.parameters.get(name) || undefined;
}

export function requiredText(call: Call, name: string): string {
  const text = optionalText(call, name);
  if (text === undefined) throw missing(name);
  return text;
}

/** Values from comma lists and from repeated parameters, in order; `undefined` when the parameter is absent or empty. */
export function optionalList(call: Call, name: string, max = Infinity): readonly string[] | undefined {
  const values = call.parameters
    .getAll(name)
    .flatMap((text) => text.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');
  if (values.length > max) throw new MarketoError('1003', `Too many values for '${name}': at most ${max} are allowed`);
  return values.length === 0 ? undefined : values;
}

export function requiredList(call: Call, name: string, max = Infinity): readonly string[] {
  const values = optionalList(call, name, max);
  if (values === undefined) throw missing(name);
  return values;
}

export function optionalIntegers(call: Call, name: string, max = Infinity): readonly number[] | undefined {
  return optionalList(call, name, max)?.map(toInteger);
}

/** The size of a page: 300 unless less is asked for; more than that is silently 300. */
export function batchSize(call: Call): number {
  const text = optionalText(call, 'batchSize');
  if (text === undefined) return MAX_BATCH;
  const size = toInteger(text);
  return size < 1 ? MAX_BATCH : Math.min(size, MAX_BATCH);
}

/** A number in the path, such as a lead id. */
export const idSegment = (call: Call, index = 0): number => toInteger(call.segments[index] ?? '');

function toInteger(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw wrongType(text, 'Integer');
  return Number(text);
}
