/** Puts the answers of a `$batch` together. */
import { STATUS_CODES } from 'node:http';
import { v4 } from 'uuid';
import type { Answer } from '../http/call';
import { headersOf, textOf } from '../http/send';

export interface PartAnswer {
  readonly contentId: string | undefined;
  readonly answer: Answer;
}

export type ItemAnswer = PartAnswer | { readonly changeSet: readonly PartAnswer[] };

const CRLF = '\r\n';

/** The content type and the body; the boundary is the first line. */
export function encodeBatch(items: readonly ItemAnswer[]): { readonly contentType: string; readonly body: string } {
  const boundary = `batchresponse_${v4()}`;
  const sections = items.map((item) => ('changeSet' in item ? encodeChangeSet(item.changeSet) : encodePart(item)));
  return { contentType: `multipart/mixed; boundary=${boundary}`, body: enclosed(sections, boundary) };
}

function encodeChangeSet(parts: readonly PartAnswer[]): string {
  const boundary = `changesetresponse_${v4()}`;
  return `Content-Type: multipart/mixed; boundary=${boundary}${CRLF}${CRLF}${enclosed(parts.map(encodePart), boundary)}`;
}

function encodePart({ contentId, answer }: PartAnswer): string {
  const head = ['Content-Type: application/http', 'Content-Transfer-Encoding: binary'];
  if (contentId !== undefined) head.push(`Content-ID: ${contentId}`);
  const body = textOf(answer);
  const lines = [
    ...head,
    '',
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? 'Unknown'}`,
    ...Object.entries(headersOf(answer)).map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ];
  // An answer without a body is followed by two empty lines.
  return lines.join(CRLF) + CRLF;
}

const enclosed = (sections: readonly string[], boundary: string): string =>
  `${sections.map((section) => `--${boundary}${CRLF}${section}`).join('')}--${boundary}--${CRLF}`;
