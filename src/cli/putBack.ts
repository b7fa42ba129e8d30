import type { RecordProgress, RetrySelector } from '../core/ports';
import type { Gateway } from './gateway';

/** Records that were put back to work. */
export interface PutBack {
  readonly records: readonly RecordProgress[];
  /** Ids that no record has. */
  readonly unknown: readonly string[];
  /** False: Temporal did not answer, the records wait for the next cycle. */
  readonly cycleTriggered: boolean;
}

export async function putBack(gateway: Gateway, selectors: readonly RetrySelector[]): Promise<PutBack> {
  const records = new Map<string, RecordProgress>();
  const unknown: string[] = [];
  let cycleTriggered = false;
  for (const selector of selectors) {
    const answer = await gateway.retry(selector);
    for (const record of answer.records) records.set(record.key, record);
    if (answer.records.length === 0 && 'id' in selector) unknown.push(selector.id);
    cycleTriggered = answer.cycleTriggered || cycleTriggered;
  }
  return { records: [...records.values()], unknown, cycleTriggered };
}
