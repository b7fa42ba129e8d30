/** The two limits that are answered by the web server in front of Marketo: in HTML, and with a status that is not 200. */
import type { PlainAnswer } from './envelope';

const MAX_URI_BYTES = 8 * 1024;
const MAX_BODY_BYTES = 1024 * 1024;

/** 413 or 414, or nothing when the request is small enough. */
export function refuseSize(url: string, body: string | undefined): PlainAnswer | undefined {
  if (Buffer.byteLength(url) > MAX_URI_BYTES) return page(414, 'Request-URI Too Large');
  if (body !== undefined && Buffer.byteLength(body) > MAX_BODY_BYTES) return page(413, 'Request Entity Too Large');
  return undefined;
}

function page(status: number, reason: string): PlainAnswer {
  const title = `${status} ${reason}`;
  const body = `<html><head><title>${title}</title></head><body><center><h1>${title}</h1></center></body></html>`;
  return { status, headers: { 'content-type': 'text/html' }, body };
}

export const bodyTooLarge = (): PlainAnswer => page(413, 'Request Entity Too Large');
