/** Calls the receivers, after the operation and without waiting for them: webhooks are lost when nobody listens. */
import { v4 } from 'uuid';
import type { Organization } from '../organization';
import type { RowEvent } from '../rows/event';
import { executionContext, MOST_BYTES } from './executionContext';

/** What Dataverse gives a receiver. */
const TIMEOUT_MS = 60_000;

export function deliverEvents(events: readonly RowEvent[], organization: Organization): void {
  for (const event of events) {
    for (const { url, headers } of organization.subscriptions.for(event)) {
      void post(url, headers ?? {}, event, organization.clock.now());
    }
  }
}

async function post(url: string, headers: Readonly<Record<string, string>>, event: RowEvent, at: Date): Promise<void> {
  const correlationId = v4();
  const whole = executionContext(event, at, correlationId);
  const text = JSON.stringify(whole);
  const isTooBig = Buffer.byteLength(text) > MOST_BYTES;
  const body = isTooBig ? JSON.stringify({ ...whole, InputParameters: [] }) : text;
  try {
    await fetch(url, {
      method: 'POST',
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'x-ms-dynamics-organization': 'sandbox',
        'x-ms-dynamics-entity-name': event.table.name,
        'x-ms-dynamics-request-name': event.message,
        'x-ms-correlation-request-id': correlationId,
        ...(isTooBig && { 'x-ms-dynamics-msg-size-exceeded': 'true' }),
        ...headers,
      },
    });
  } catch {
    // The system job has failed; no one is told, as no operation waits for it.
  }
}
