/** Pairs of a migration: made as live without a baseline, and queued in lane `backfill`. */
import { sql } from 'kysely';
import type { ImportProblem, ImportReport, ImportRow, Imports } from '../core/imports';
import { type Database, type Db, inTransaction } from './database';
import { enqueue, pairEntry } from './inbox';
import { joinHalf } from './joining';

export function createImports(db: Database): Imports {
  return { importPairs: (rows, options) => inTransaction(db, (tx) => importPairs(tx, rows, options?.check === true)) };
}

interface Known extends ImportRow {
  readonly personPair: number | null;
  readonly rowPair: number | null;
  /** The pair has both halves, or had them: it is somebody's. */
  readonly personSettled: boolean;
  readonly rowSettled: boolean;
}

async function importPairs(tx: Db, rows: readonly ImportRow[], check: boolean): Promise<ImportReport> {
  const found = await look(tx, rows);
  const known = found.filter(isPaired);
  const others = found.filter((row) => !isPaired(row));
  const problems = others.flatMap((row) => clash(row) ?? []);
  const clear = others.filter((row) => clash(row) === undefined);
  if (check) return { imported: clear.length, known: known.length, problems };
  const fresh = clear.filter(isFresh);
  await insertPairs(tx, fresh);
  // A half that stands alone was met before by a feed or a request: it is taken into the pair.
  const busy: ImportProblem[] = [];
  for (const row of clear) if (!isFresh(row) && !(await joinKnown(tx, row))) busy.push(beingWritten(row));
  const all = [...problems, ...busy].toSorted((a, b) => a.line - b.line);
  return { imported: clear.length - busy.length, known: known.length, problems: all };
}

const isPaired = ({ personPair, rowPair }: Known): boolean => personPair !== null && personPair === rowPair;
const isFresh = ({ personPair, rowPair }: Known): boolean => personPair === null && rowPair === null;

async function look(tx: Db, rows: readonly ImportRow[]): Promise<readonly Known[]> {
  const { rows: found } = await sql<Known>`
    select x.*, p.id as "personPair", r.id as "rowPair",
      coalesce(p.state <> 'pending', false) as "personSettled", coalesce(r.state <> 'pending', false) as "rowSettled"
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x(line int, "marketoId" text, "table" text, "microsoftId" text)
      left join identity m on m.side = 'marketo' and m.entity = 'person' and m.id = x."marketoId"
      left join pair p on p.id = m.pair_id
      left join identity d on d.side = 'dynamics' and d.entity = x."table" and d.id = x."microsoftId"
      left join pair r on r.id = d.pair_id
    order by x.line`.execute(tx);
  return found;
}

function clash({ line, personSettled, rowSettled, marketoId, table, microsoftId }: Known): ImportProblem | undefined {
  if (personSettled)
    return { line, message: `person ${marketoId} is paired with another record already: see "mdsync explain ${marketoId}"` };
  if (rowSettled)
    return {
      line,
      message: `${table} ${microsoftId} is paired with another person already: see "mdsync explain ${microsoftId}"`,
    };
  return undefined;
}

async function insertPairs(tx: Db, rows: readonly ImportRow[]): Promise<void> {
  if (rows.length === 0) return;
  const { rows: made } = await sql<{ id: number }>`
    insert into pair (state, table_name, baseline, origin, origin_at)
    select 'live', x."table", '{}', 'imported', now() from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x(line int, "table" text) order by x.line
    returning id`.execute(tx);
  const pairs = rows.map((row, index) => ({ ...row, pairId: made[index]?.id ?? 0 }));
  await sql`
    insert into identity (side, entity, id, pair_id, current)
    select 'marketo', 'person', x."marketoId", x."pairId", true from ${recordset(pairs)}
    union all select 'dynamics', x."table", x."microsoftId", x."pairId", true from ${recordset(pairs)}`.execute(tx);
  await enqueue(
    tx,
    pairs.map(({ pairId, marketoId }) => pairEntry(pairId, marketoId, 'backfill')),
  );
}

const recordset = (pairs: readonly (ImportRow & { readonly pairId: number })[]) =>
  sql`jsonb_to_recordset(${JSON.stringify(pairs)}::jsonb) as x("marketoId" text, "table" text, "microsoftId" text, "pairId" bigint)`;

const beingWritten = ({ line }: ImportRow): ImportProblem => ({
  line,
  message: 'is being written by the sync right now: import the file again in a minute',
});

/** False when one of the halves cannot be had now; then nothing is left behind. */
async function joinKnown(tx: Db, { marketoId, table, microsoftId }: Known): Promise<boolean> {
  const { id: pairId } = await tx
    .insertInto('pair')
    .values({ state: 'pending', table_name: table, baseline: '{}' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const about = { pairId, marketoId, lane: 'backfill', outcome: 'linked' } as const;
  const halves = [
    { side: 'marketo', entity: 'person', id: marketoId },
    { side: 'dynamics', entity: table, id: microsoftId },
  ] as const;
  for (const half of halves) {
    if (await joinHalf(tx, { ...about, half })) continue;
    await tx.deleteFrom('pair').where('id', '=', pairId).execute();
    return false;
  }
  await sql`update pair set state = 'live', epoch = epoch + 1, origin = 'imported', origin_at = now() where id = ${pairId}`.execute(
    tx,
  );
  return true;
}
