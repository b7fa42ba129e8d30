/** The question which of several records with one e-mail address is meant: it is settled when either side has found its other half. */
import { sql } from 'kysely';
import { recordKey } from '../../temporal/names';
import type { Table } from '../../core/types';
import type { Db } from '../database';

/** A person and a row that have become one pair. */
export interface Match {
  readonly pairId: number;
  readonly marketoId: string;
  readonly table: Table;
  readonly microsoftId: string;
}

/** Closes what was asked about either half. For the transaction that joined them. */
export async function closeMatches(tx: Db, matches: readonly Match[]): Promise<void> {
  if (matches.length === 0) return;
  const keys = matches.flatMap((one) => [recordKey.create(one.marketoId), recordKey.row(one.table, one.microsoftId)]);
  await sql`
    update review set closed_at = now(), resolution = 'settled by itself'
    where kind = 'ambiguousMatch' and closed_at is null
      and (pair_id = any(${matches.map(({ pairId }) => pairId)}) or key = any(${keys}))`.execute(tx);
}
