/** Answers of the identity platform, which are not in Dataverse's shape. */
import { v4 } from 'uuid';
import type { Answer } from '../http/call';

export interface AskedOf {
  /** What the client calls its request (`client-request-id`), if it said so. */
  readonly correlationId: string | undefined;
  readonly at: Date;
}

export const plainJson = (body: object, status = 200): Answer => ({
  status,
  headers: {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store, no-cache',
    Pragma: 'no-cache',
    'x-ms-request-id': v4(),
  },
  body: JSON.stringify(body),
});

/** `code` is the number behind `AADSTS`. The ids and the time stand in the description as well, as the identity platform has it. */
export function oauthRefusal(
  error: string,
  code: number,
  description: string,
  { correlationId = v4(), at }: AskedOf,
  status = 400,
): Answer {
  const traceId = v4();
  const timestamp = `${at.toISOString().slice(0, 19).replace('T', ' ')}Z`;
  return plainJson(
    {
      error,
      error_description: `AADSTS${code}: ${description} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    },
    status,
  );
}
