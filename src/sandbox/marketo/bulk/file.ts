/** Sending an export's file, whole or in part. */
import type { PlainAnswer } from '../http/envelope';

/** `range` as in the header: `bytes=0-99`, `bytes=100-`, `bytes=-50`. */
export function fileAnswer(content: string, range: string | undefined): PlainAnswer {
  const bytes = Buffer.from(content, 'utf8');
  const headers = { 'content-type': 'text/csv;charset=UTF-8', 'accept-ranges': 'bytes' };
  if (range === undefined) return { status: 200, headers, body: bytes };
  const part = readRange(range, bytes.length);
  if (part === undefined) return { status: 416, headers: { 'content-range': `bytes */${bytes.length}` }, body: '' };
  const contentRange = `bytes ${part.first}-${part.last}/${bytes.length}`;
  return { status: 206, headers: { ...headers, 'content-range': contentRange }, body: bytes.subarray(part.first, part.last + 1) };
}

export const notFound = (): PlainAnswer => ({
  status: 404,
  headers: { 'content-type': 'text/plain;charset=UTF-8' },
  body: 'File not found',
});

function readRange(range: string, length: number): { readonly first: number; readonly last: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  if (from === '' && to === '') return undefined;
  const first = from === '' ? Math.max(0, length - Number(to)) : Number(from);
  const last = from === '' || to === '' ? length - 1 : Math.min(Number(to), length - 1);
  return first <= last ? { first, last } : undefined;
}
