/** Skip and delta tokens. They know by themselves what they continue: clients send them back alone and re-encoded. */
import { DataverseError } from '../errors';

export interface PageToken {
  readonly select?: string | undefined;
  readonly filter?: string | undefined;
  readonly orderby?: string | undefined;
  readonly offset?: number;
  readonly tracking?: {
    /** Changes after this version. */
    readonly since: number;
    /** And up to this one, while pages of one read are being fetched. */
    readonly until?: number;
    /** When the token was given out, ms. */
    readonly at: number;
  };
}

/** Opaque, and of letters that survive any re-encoding. */
export function encodeToken(token: PageToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

export function decodeToken(text: string | undefined): PageToken | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as PageToken;
  } catch {
    throw new DataverseError(400, '0x80060888', 'Malformed paging or delta token.');
  }
}
