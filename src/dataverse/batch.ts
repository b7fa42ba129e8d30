/** The multipart text of `$batch`: several requests in one body, several answers in one. Knows nothing of what they mean. */
import { randomUUID } from 'node:crypto';
import type { HttpAnswer } from '../remote/http';

export interface BatchPart {
  readonly method: string;
  /** Absolute, or a path on the same host. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const CRLF = '\r\n';

/**
 * Writes the requests as one body, outside change sets, in order. CRLF throughout, the last line included:
 * a single bare LF makes Dataverse answer 0x80048d19 "Stream was not readable".
 */
export function encodeBatch(
  parts: readonly BatchPart[],
  boundary = `batch_${randomUUID()}`,
): { readonly contentType: string; readonly body: string } {
  const lines = parts.flatMap((part) => [
    `--${boundary}`,
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    '',
    `${part.method} ${oneLine(part.url)} HTTP/1.1`,
    ...Object.entries(part.headers ?? {}).map(([name, value]) => `${name}: ${oneLine(value)}`),
    '',
    part.body ?? '',
  ]);
  return {
    contentType: `multipart/mixed; boundary="${boundary}"`,
    body: [...lines, `--${boundary}--`, ''].join(CRLF),
  };
}

/** A line break inside a header would start a new one. */
const oneLine = (text: string): string => text.replace(/[\r\n]+/g, ' ');

/**
 * Reads the answers in the order they stand. Takes LF for CRLF, boundaries with and without quotes and blank lines anywhere between parts.
 * `undefined` when it is not a batch answer or was cut off before its end, and when a change set is in it: we send none, so it would
 * answer somebody else's question.
 */
export function decodeBatch(contentType: string | undefined, text: string): HttpAnswer[] | undefined {
  const boundary = boundaryOf(contentType, text);
  const sections = boundary === undefined ? undefined : sectionsOf(text, boundary);
  const answers = sections?.map(decodeSection);
  return answers?.every((answer) => answer !== undefined) ? answers : undefined;
}

/** Named by the content type; where a gateway has lost that, the first line is the delimiter. */
function boundaryOf(contentType: string | undefined, text: string): string | undefined {
  if (contentType === undefined) return /^\s*--(\S+)/.exec(text)?.[1];
  const parameter = /^multipart\/mixed\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s";]+))/i.exec(contentType.trim());
  return parameter?.[1] ?? parameter?.[2];
}

/** What stands between the delimiter lines; `undefined` when the closing one is missing. */
function sectionsOf(text: string, boundary: string): string[] | undefined {
  const escaped = boundary.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const delimiter = new RegExp(`(?:^|\\r?\\n)--${escaped}(--)?[ \\t]*(?=\\r?\\n|$)`, 'g');
  const sections: string[] = [];
  let start: number | undefined;
  for (const match of text.matchAll(delimiter)) {
    if (start !== undefined) sections.push(text.slice(start, match.index));
    if (match[1] !== undefined) return sections;
    start = match.index + match[0].length;
  }
  return undefined;
}

function decodeSection(section: string): HttpAnswer | undefined {
  const outer = splitHead(withoutLeadingBlanks(section));
  if (!/^application\/http\b/i.test(parseHeaders(outer.head)['content-type'] ?? '')) return undefined;
  const inner = splitHead(withoutLeadingBlanks(outer.rest));
  const [statusLine = '', ...headerLines] = inner.head.split(/\r?\n/);
  const status = /^HTTP\/\d(?:\.\d)?[ \t]+([1-5]\d\d)(?:[ \t]|$)/.exec(statusLine)?.[1];
  if (status === undefined) return undefined;
  return { status: Number(status), headers: parseHeaders(headerLines.join('\n')), text: inner.rest.trim() };
}

const withoutLeadingBlanks = (text: string): string => text.replace(/^(?:[ \t]*\r?\n)+/, '');

/** Head and body around the first empty line. */
function splitHead(text: string): { head: string; rest: string } {
  const gap = /\r?\n[ \t]*\r?\n/.exec(text);
  return gap === null
    ? { head: text, rest: '' }
    : { head: text.slice(0, gap.index), rest: text.slice(gap.index + gap[0].length) };
}

/** Header names in lower case. */
function parseHeaders(head: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of head.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return headers;
}
