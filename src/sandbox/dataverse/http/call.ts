/** One operation as an endpoint sees it, whether it came alone or as a part of a batch; and its answer. */
import type { User } from '../security/user';
import { decode, readParameters, splitOutside } from './parameters';
import { type Preferences, readPreferences } from './prefer';
import { payloadProblem, unsupportedType } from './problem';

/** Header names are in lower case. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** What was sent, before it is known who sent it. */
export interface Sent {
  readonly method: string;
  /** `http://127.0.0.1:3302/api/data/v9.2`: of the host and version that were asked. */
  readonly baseUrl: string;
  readonly segments: readonly Segment[];
  /** The query as it came, without the question mark. */
  readonly query: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly headers: Headers;
  readonly body: string | undefined;
  /** In a change set: what `$1` and the like stand for, by Content-ID. */
  readonly references?: ReadonlyMap<string, string>;
}

export interface Call extends Sent {
  readonly user: User;
  readonly prefer: Preferences;
}

/** `contacts(emailaddress1='a')` is the name `contacts` with the argument between the parentheses. */
export interface Segment {
  readonly name: string;
  /** `undefined` without parentheses. */
  readonly argument: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a string as it is. */
  readonly body: object | string | undefined;
}

export const json = (body: object, headers: Answer['headers'] = {}, status = 200): Answer => ({ status, headers, body });

export const noContent = (headers: Answer['headers'] = {}): Answer => ({ status: 204, headers, body: undefined });

export const plainText = (body: string): Answer => ({ status: 200, headers: { 'Content-Type': 'text/plain' }, body });

export function callOf(sent: Sent, user: User): Call {
  return { ...sent, user, prefer: readPreferences(sent.headers['prefer']) };
}

/** The path behind `/api/data/v9.2/`, percent signs read first: quotes and parentheses come encoded too. */
export function readSegments(path: string): Segment[] {
  return splitOutside(decode(path), '/')
    .filter((text) => text !== '')
    .map((text) => {
      const open = text.indexOf('(');
      if (open === -1 || !text.endsWith(')')) return { name: text, argument: undefined };
      return { name: text.slice(0, open), argument: text.slice(open + 1, -1) };
    });
}

export function sentOf(method: string, baseUrl: string, pathAndQuery: string, headers: Headers, body: unknown): Sent {
  const cut = pathAndQuery.indexOf('?');
  const path = cut === -1 ? pathAndQuery : pathAndQuery.slice(0, cut);
  const query = cut === -1 ? '' : pathAndQuery.slice(cut + 1);
  const text = typeof body === 'string' && body !== '' ? body : undefined;
  return { method, baseUrl, segments: readSegments(path), query, parameters: readParameters(query), headers, body: text };
}

const JSON_TYPE = 'application/json';

export type Json = Readonly<Record<string, unknown>>;

export const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The JSON object in the body. Throws `0x80048d19` when there is none, 415 for another type; `subject` is the entity set it is about. */
export function jsonBody(call: Call, subject: string): Json {
  const type = call.headers['content-type'] ?? JSON_TYPE;
  if (!type.toLowerCase().startsWith(JSON_TYPE)) throw unsupportedType(type);
  try {
    const body: unknown = JSON.parse(call.body ?? '');
    if (isJson(body)) return call.references === undefined ? body : withReferences(body, call.references);
  } catch {
    // Told below.
  }
  throw payloadProblem(subject, 'Microsoft.OData.ODataException: Stream was not readable.');
}

/** `"parentcustomerid_account@odata.bind": "$1"` points to what request 1 of the change set has made. */
const withReferences = (body: Json, references: ReadonlyMap<string, string>): Json =>
  Object.fromEntries(
    Object.entries(body).map(([name, value]) => {
      const reference = typeof value === 'string' && value.startsWith('$') ? references.get(value.slice(1)) : undefined;
      return [name, reference ?? value];
    }),
  );
