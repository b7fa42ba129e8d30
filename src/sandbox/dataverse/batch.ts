/** `$batch` as multipart text: requests out of one body, answers into one. */
import { randomUUID } from 'node:crypto';
import { badPayload } from './errors';

export interface BatchRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly contentId: string | undefined;
}

export type BatchItem = BatchRequest | { readonly changeSet: readonly BatchRequest[] };

export interface BatchAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly contentId?: string | undefined;
}

const unreadable = () => badPayload('$batch', 'System.ArgumentException: Stream was not readable.');

/** Reads a batch. A bare LF anywhere in the framing makes the stream unreadable, as on the real service. */
export function decodeBatch(contentType: string, text: string): BatchItem[] {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined || /(?<!\r)\n--/.test(text) || !text.trimEnd().endsWith('--')) throw unreadable();
  return sections(text, boundary).map((section) => {
    const { head, rest } = split(section);
    const type = headersOf(head)['content-type'] ?? '';
    if (!/^multipart\/mixed/i.test(type)) return toRequest(head, rest);
    const inner = boundaryOf(type);
    if (inner === undefined) throw unreadable();
    return {
      changeSet: sections(rest, inner).map((part) => {
        const one = split(part);
        return toRequest(one.head, one.rest);
      }),
    };
  });
}

const boundaryOf = (contentType: string): string | undefined => /boundary="?([^";]+)"?/i.exec(contentType)?.[1]?.trim();

function sections(text: string, boundary: string): string[] {
  return `\r\n${text}`
    .split(`\r\n--${boundary}`)
    .slice(1)
    .filter((part) => !part.startsWith('--'))
    .map((part) => part.replace(/^[ \t]*\r\n/, ''));
}

function split(text: string): { head: string; rest: string } {
  const gap = text.indexOf('\r\n\r\n');
  return gap < 0 ? { head: text, rest: '' } : { head: text.slice(0, gap), rest: text.slice(gap + 4) };
}

function headersOf(head: string): Record<string, string> {
  return Object.fromEntries(
    head.split('\r\n').flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]];
    }),
  );
}

function toRequest(outerHead: string, text: string): BatchRequest {
  const { head, rest } = split(text.replace(/^(?:\r\n)+/, ''));
  const [line = '', ...headerLines] = head.split('\r\n');
  // Queries come unencoded too: the address is everything between the first and the last space.
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  if (first < 0 || last <= first) throw unreadable();
  const body = rest.trim();
  return {
    method: line.slice(0, first).toUpperCase(),
    url: line.slice(first + 1, last),
    headers: headersOf(headerLines.join('\r\n')),
    body: body === '' ? undefined : body,
    contentId: headersOf(outerHead)['content-id'],
  };
}

export type BatchPart = BatchAnswer | { readonly changeSet: readonly BatchAnswer[] };

export function encodeAnswers(parts: readonly BatchPart[]): { readonly contentType: string; readonly body: string } {
  const boundary = `batchresponse_${randomUUID()}`;
  const text = parts
    .map((part) => `--${boundary}\r\n${'changeSet' in part ? encodeSet(part.changeSet) : encodePart(part)}`)
    .join('');
  return { contentType: `multipart/mixed; boundary=${boundary}`, body: `${text}--${boundary}--\r\n` };
}

function encodeSet(answers: readonly BatchAnswer[]): string {
  const boundary = `changesetresponse_${randomUUID()}`;
  const inner = answers.map((answer) => `--${boundary}\r\n${encodePart(answer)}`).join('');
  return `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n${inner}--${boundary}--\r\n`;
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  412: 'Precondition Failed',
  429: 'Too Many Requests',
};

function encodePart({ status, headers, body, contentId }: BatchAnswer): string {
  const lines = [
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    ...(contentId === undefined ? [] : [`Content-ID: ${contentId}`]),
    '',
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Internal Server Error'}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ];
  return `${lines.join('\r\n')}\r\n`;
}
