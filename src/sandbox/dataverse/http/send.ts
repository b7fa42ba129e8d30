/** What every answer of the Web API has in common, whether it goes out alone or in a batch. */
import { v4 } from 'uuid';
import type { Answer } from './call';

const JSON_TYPE = 'application/json; odata.metadata=minimal';

export function headersOf(answer: Answer): Record<string, string> {
  const failed: Record<string, string> = answer.status >= 400 ? { REQ_ID: v4() } : {};
  const typed: Record<string, string> = typeof answer.body === 'object' ? { 'Content-Type': JSON_TYPE } : {};
  return { ...failed, ...typed, 'OData-Version': '4.0', ...answer.headers };
}

export function textOf({ body }: Answer): string {
  if (body === undefined) return '';
  return typeof body === 'string' ? body : JSON.stringify(body);
}
