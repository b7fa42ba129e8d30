/** Compression as Marketo does it: JSON of at least 1 KB, for clients that accept gzip. */
import { gzipSync } from 'node:zlib';

const SMALLEST_BYTES = 1024;

/** The compressed bytes, or nothing when the text goes as it is. */
export function compressed(text: string, acceptEncoding: string | string[] | undefined): Buffer | undefined {
  if (!/\bgzip\b/.test(String(acceptEncoding ?? '')) || Buffer.byteLength(text) < SMALLEST_BYTES) return undefined;
  return gzipSync(text, { level: 1 });
}
