/** What operators said about records with one e-mail address: none of them is the same human. */
import { sql } from 'kysely';
import { recordKey } from '../../temporal/names';
import type { Db } from '../database';

/** Records that get a new other half, because an operator said that none of those with their e-mail address is the one. */
export async function keptApart(db: Db, keys: readonly string[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const rows = await db
    .selectFrom('review')
    .select('key')
    .where('key', 'in', [...keys])
    .where('kind', '=', 'ambiguousMatch')
    .where('resolution', '=', 'create')
    .execute();
  return new Set(rows.map(({ key }) => key));
}

/**
 * Which people and rows were told apart, as `<marketo id>/<guid>`, of these people or rows. The other one of the two must not find the
 * first and link it after all.
 */
export async function toldApart(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ marketoId: string; microsoftId: string }>`
    select * from (
      select substr(key, ${recordKey.create('').length + 1}::int) as "marketoId", candidate->>'microsoftId' as "microsoftId"
      from review, jsonb_array_elements(detail->'rows') as candidate where kind = 'ambiguousMatch' and resolution = 'create'
      union
      select candidate, split_part(key, '/', 3)
      from review, jsonb_array_elements_text(detail->'people') as candidate where kind = 'ambiguousMatch' and resolution = 'create'
    ) as apart where "marketoId" = any(${ids}) or "microsoftId" = any(${ids})`.execute(db);
  return new Set(rows.map(({ marketoId, microsoftId }) => `${marketoId}/${microsoftId}`));
}
