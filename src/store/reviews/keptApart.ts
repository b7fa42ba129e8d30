import type { Db } from '../database';

/** Records of which an operator said that nobody with their e-mail address is the same human: they get a new other half. */
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
