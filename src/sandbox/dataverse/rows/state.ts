/** State and status go together in pairs. */
import { problem } from '../http/problem';
import type { Table } from '../metadata/model';
import type { Change } from './payload';
import type { Row } from './row';

/** What a state says when nothing else is said. */
export function defaultStatus(table: Table, state: number): number | undefined {
  return table.columns.get('statecode')?.options.find((option) => option.value === state)?.defaultStatus;
}

/** The pair after the change, for tables that have one. Throws `0x80048408` for two that do not belong together. */
export function stateAfter(table: Table, change: Change, before: Row | undefined): Record<string, number> {
  const status = table.columns.get('statuscode');
  if (status === undefined) return {};
  const stateBefore = numberIn(before?.values['statecode']) ?? 0;
  const state = numberIn(change.get('statecode')) ?? stateBefore;
  const kept = state === stateBefore ? numberIn(before?.values['statuscode']) : undefined;
  const chosen = numberIn(change.get('statuscode')) ?? kept ?? defaultStatus(table, state);
  if (!status.options.some((option) => option.value === chosen && option.state === state))
    throw problem('invalidStateCodeStatusCode');
  return { statecode: state, statuscode: chosen ?? 0 };
}

const numberIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
