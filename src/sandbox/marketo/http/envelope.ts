/** What every answer of Marketo's REST API is wrapped in. Nearly all outcomes are HTTP 200; `success` alone tells them apart. */
import { randomInt } from 'node:crypto';

/** The members of a successful answer. An endpoint without a `result` (paging token, merge) leaves it out. */
export interface Envelope {
  readonly result?: readonly unknown[];
  readonly nextPageToken?: string | undefined;
  readonly moreResult?: boolean | undefined;
  readonly warnings?: readonly string[];
}

/** An answer outside the envelope: tokens, files, and what a web server in front of Marketo says. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export type Answer = Envelope | PlainAnswer;

export const isPlain = (answer: Answer): answer is PlainAnswer => 'status' in answer;

/** An error of the whole request: `success: false`. Codes are strings. */
export class MarketoError extends Error {
  override readonly name = 'MarketoError';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What is wrong with one record of a request whose other records may be fine. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** Thrown while one record is worked on: that record is skipped, the others are not affected. */
export class Skip extends Error {
  override readonly name = 'Skip';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  get reason(): Reason {
    return { code: this.code, message: this.message };
  }
}

/** Runs `act` for one record; a `Skip` becomes the record's result. */
export function perRecord(act: () => object, skipped: (reason: Reason) => object = skip): object {
  try {
    return act();
  } catch (error) {
    if (error instanceof Skip) return skipped(error.reason);
    throw error;
  }
}

export const skip = (reason: Reason): object => ({ status: 'skipped', reasons: [reason] });

/** `e42b#14272d07d78`: the second part is the time in milliseconds. */
export const newRequestId = (now: Date): string => `${randomInt(0x20000).toString(16)}#${now.getTime().toString(16)}`;

export function success(requestId: string, { result, nextPageToken, moreResult, warnings }: Envelope): object {
  return {
    requestId,
    ...(result !== undefined && { result }),
    success: true,
    ...(nextPageToken !== undefined && { nextPageToken }),
    ...(moreResult !== undefined && { moreResult }),
    ...(warnings !== undefined && { warnings }),
  };
}

export function failure(requestId: string, { code, message }: Reason): object {
  return { requestId, success: false, errors: [{ code, message }] };
}

/** A value of a client as error texts quote it. */
export const quote = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** Errors that several endpoints answer, in the words of the documentation. */
export const missing = (parameter: string): MarketoError =>
  new MarketoError('1002', `Missing value for the required parameter '${parameter}'`);
export const wrongType = (value: unknown, type: string): MarketoError =>
  new MarketoError('1001', `Invalid value '${quote(value)}'. Required of type '${type}'`);
export const unknownField = (name: string): MarketoError => new MarketoError('1006', `Field '${name}' not found`);
