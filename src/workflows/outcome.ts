/** How a run's end is shown to operators. */
import { log, upsertSearchAttributes } from '@temporalio/workflow';
import type { SearchAttributePair } from '@temporalio/common';
import { SEARCH_ATTRIBUTES, type SyncOutcome } from '../temporal/names';

export interface RunEnd {
  readonly outcome: SyncOutcome;
  /** A sentence for the operator. */
  readonly why?: string;
  readonly rejectCode?: string;
  readonly microsoftId?: string;
}

/** Makes the end filterable in Web UI (`SyncOutcome`, `RejectCode`) and returns it as the run's result. */
export function finish(end: RunEnd): RunEnd {
  const attributes: SearchAttributePair[] = [{ key: SEARCH_ATTRIBUTES.outcome, value: end.outcome }];
  if (end.rejectCode !== undefined) attributes.push({ key: SEARCH_ATTRIBUTES.rejectCode, value: end.rejectCode });
  if (end.microsoftId !== undefined) attributes.push({ key: SEARCH_ATTRIBUTES.microsoftId, value: end.microsoftId });
  upsertSearchAttributes(attributes);
  log.debug('ended', { outcome: end.outcome });
  return end;
}
