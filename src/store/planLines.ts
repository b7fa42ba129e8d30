/** The last plan: kept until the next one. */
import { sql } from 'kysely';
import type { PlanBookkeeping, PlanLine, PlanPage, PlanSummary } from '../core/plan';
import { type Database, inTransaction } from './database';
import { readSetting, writeSetting } from './settings';

/** A statement has a limit of parameters. */
const LINES_PER_INSERT = 1_000;

/** Takes the place of the last plan. */
export async function keepPlan(db: Database, summary: PlanSummary, lines: readonly PlanLine[]): Promise<void> {
  await inTransaction(db, async (tx) => {
    await sql`lock table plan_line in exclusive mode`.execute(tx);
    await tx.deleteFrom('plan_line').execute();
    for (let from = 0; from < lines.length; from += LINES_PER_INSERT) {
      const rows = lines.slice(from, from + LINES_PER_INSERT).map((line, index) => ({
        number: from + index + 1,
        key: line.key,
        marketo_id: line.marketoId ?? null,
        microsoft_id: line.microsoftId ?? null,
        table_name: line.table ?? null,
        side: line.side,
        act: line.act,
        field: line.field,
        label: line.label,
        rule: line.rule ?? null,
        winner: line.winner ?? null,
        before: JSON.stringify({ value: line.before }),
        after: JSON.stringify({ value: line.after }),
      }));
      await tx.insertInto('plan_line').values(rows).execute();
    }
    await writeSetting(tx, 'plan', summary);
  });
}

export function createPlanBookkeeping(db: Database): PlanBookkeeping {
  return { page: (after, limit) => page(db, after, limit) };
}

async function page(db: Database, after: number, limit: number): Promise<PlanPage | undefined> {
  const summary = (await readSetting(db, 'plan'))?.value;
  if (summary === undefined) return undefined;
  const rows = await db.selectFrom('plan_line').selectAll().where('number', '>', after).orderBy('number').limit(limit).execute();
  const last = rows.length === limit ? rows.at(-1) : undefined;
  const lines = rows.map(
    (row): PlanLine => ({
      key: row.key,
      ...(row.marketo_id === null ? {} : { marketoId: row.marketo_id }),
      ...(row.table_name === null ? {} : { table: row.table_name }),
      ...(row.microsoft_id === null ? {} : { microsoftId: row.microsoft_id }),
      side: row.side,
      act: row.act,
      field: row.field,
      label: row.label,
      ...(row.rule === null ? {} : { rule: row.rule }),
      ...(row.winner === null ? {} : { winner: row.winner }),
      before: row.before.value,
      after: row.after.value,
    }),
  );
  return { summary, lines, ...(last === undefined ? {} : { next: last.number }) };
}
