/** `If-Match` and `If-None-Match`. */
import type { Call } from '../http/call';
import { problem, uriProblem } from '../http/problem';
import type { Table } from '../metadata/model';
import { rowNotFound } from './refusals';
import { etagOf, type Row } from './row';

export interface Conditions {
  /** An etag, or `*`. */
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

/** The literal text `null` is what many clients send to keep browsers from caching: it means nothing. */
export function conditionsOf(call: Call): Conditions {
  const read = (name: string): string | undefined => {
    const value = call.headers[name];
    return value === undefined || value === '' || value === 'null' ? undefined : value;
  };
  return { ifMatch: read('if-match'), ifNoneMatch: read('if-none-match') };
}

/** Throws when the row is not as the writer wants it. `absent` is thrown when there has to be a row and there is none. */
export function requireConditions(conditions: Conditions, table: Table, row: Row | undefined, absent: () => Error): void {
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    throw uriProblem('If-Match and If-None-Match cannot be used in one request.');
  }
  if (row === undefined) {
    if (ifMatch !== undefined) throw absent();
    return;
  }
  if (ifNoneMatch !== undefined && (ifNoneMatch === '*' || ifNoneMatch === etagOf(row))) throw problem('duplicateRecord');
  if (ifMatch === undefined || ifMatch === '*') return;
  if (!table.optimisticConcurrency) throw problem('optimisticConcurrencyNotEnabled', undefined, table.name);
  if (ifMatch !== etagOf(row)) throw problem('concurrencyVersionMismatch');
}

export const absentRow = (table: Table, id: string | undefined, missingKey: () => Error): (() => Error) =>
  id === undefined ? missingKey : () => rowNotFound(table, id);
