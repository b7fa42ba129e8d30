/** Takes a `$batch` body apart. */
import { payloadProblem, uriProblem } from '../http/problem';

export interface BatchPart {
  readonly contentId: string | undefined;
  readonly method: string;
  /** As it stands between the first and the last space of the request line: spaces in a query need not be encoded. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type BatchItem = BatchPart | { readonly changeSet: readonly BatchPart[] };

const MOST_OPERATIONS = 1000;
const CRLF = '\r\n';

/** Throws `0x80048d19` for lines that do not end in CRLF, the last one included, and for all else that cannot be read. */
export function decodeBatch(contentType: string | undefined, body: string): BatchItem[] {
  if (/(?<!\r)\n/.test(body) || !body.endsWith(CRLF)) throw unreadable('Stream was not readable.');
  const items = sectionsOf(body, boundaryOf(contentType)).map(readSection);
  const operations = items.reduce((sum, item) => sum + ('changeSet' in item ? item.changeSet.length : 1), 0);
  if (operations > MOST_OPERATIONS)
    throw uriProblem(`The number of operations in the batch exceeds the maximum of ${MOST_OPERATIONS}.`);
  return items;
}

function readSection(section: string): BatchItem {
  const { headers, rest } = splitHead(section);
  const type = headers['content-type'];
  if (type?.toLowerCase().startsWith('multipart/mixed')) {
    return { changeSet: sectionsOf(rest, boundaryOf(type)).map((part) => inChangeSet(readPart(part))) };
  }
  return readPart(section);
}

function inChangeSet(part: BatchPart): BatchPart {
  if (part.contentId === undefined) throw uriProblem('Content-ID header not present');
  if (part.method !== 'GET') return part;
  throw unreadable(
    "An invalid HTTP method 'GET' was detected for a request in a change set. Requests in change sets only support the HTTP methods 'POST', 'PUT', 'DELETE', and 'PATCH'.",
  );
}

function readPart(section: string): BatchPart {
  const outer = splitHead(section);
  const type = outer.headers['content-type'] ?? '';
  if (!type.toLowerCase().startsWith('application/http')) {
    throw unreadable(`Invalid Content-Type '${type}'. The part of a batch must be 'application/http' or 'multipart/mixed'.`);
  }
  const start = outer.rest.indexOf(CRLF);
  const requestLine = start === -1 ? outer.rest : outer.rest.slice(0, start);
  const [, method, url] = /^(\S+) (.*) HTTP\/\d\.\d$/.exec(requestLine.trim()) ?? [];
  if (method === undefined || url === undefined) throw unreadable(`The request line '${requestLine}' is not valid.`);
  const inner = splitHead(start === -1 ? '' : outer.rest.slice(start + CRLF.length));
  // Inside a change set the id stands in the outer head; some clients repeat it within.
  const contentId = outer.headers['content-id'] ?? inner.headers['content-id'];
  return { contentId, method: method.toUpperCase(), url: url.trim(), headers: inner.headers, body: inner.rest.trim() };
}

/** What stands between the delimiters. Whatever comes before the first one, an empty line for instance, means nothing. */
function sectionsOf(body: string, boundary: string): string[] {
  const delimiter = `--${boundary}`;
  const sections: string[] = [];
  let current: string[] | undefined;
  for (const line of body.split(CRLF)) {
    const text = line.trimEnd();
    if (text !== delimiter && text !== `${delimiter}--`) {
      current?.push(line);
      continue;
    }
    if (current !== undefined) sections.push(current.join(CRLF));
    if (text !== delimiter) return sections;
    current = [];
  }
  throw unreadable('Stream was not readable.');
}

function splitHead(text: string): { readonly headers: Readonly<Record<string, string>>; readonly rest: string } {
  if (text.startsWith(CRLF)) return { headers: {}, rest: text.slice(CRLF.length) };
  const end = text.indexOf(CRLF + CRLF);
  const head = end === -1 ? text : text.slice(0, end);
  const headers = head
    .split(CRLF)
    .filter((line) => line.includes(':'))
    .map((line) => [line.slice(0, line.indexOf(':')).trim().toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const);
  return { headers: Object.fromEntries(headers), rest: end === -1 ? '' : text.slice(end + 2 * CRLF.length) };
}

/** With or without quotes. */
function boundaryOf(contentType: string | undefined): string {
  const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType ?? '') ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw unreadable("The content type has no 'boundary' parameter.");
  return boundary;
}

const unreadable = (reason: string): Error => payloadProblem('batch', `Microsoft.OData.ODataException: ${reason}`);
