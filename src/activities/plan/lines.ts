/** From what would be written to lines that say where and why: each value with the decision that led to it. */
import { sql } from 'kysely';
import { recordKey } from '../../temporal/names';
import type { PlanLine } from '../../core/plan';
import type { RawValue, Table } from '../../core/types';
import type { Database } from '../../store/database';
import type { Plans } from '../planBook';
import type { Noted } from './shadow';

interface Belonging {
  readonly entity: string;
  readonly id: string;
  readonly pairId: number;
  readonly marketoId: string | null;
  readonly table: Table | null;
  readonly microsoftId: string | null;
}

interface Decided {
  readonly pairId: number;
  readonly field: string;
  readonly rule: string;
  readonly winner: string | null;
  readonly marketo: { readonly value: RawValue };
  readonly dynamics: { readonly value: RawValue };
}

/** The number of the newest decision so far. */
export async function lastDecision(copy: Database): Promise<number> {
  const { rows } = await sql<{ id: number }>`select coalesce(max(id), 0) as id from decision`.execute(copy);
  return rows[0]?.id ?? 0;
}

export interface Rehearsed {
  readonly copy: Database;
  /** The last decision that is none of the plan's own. */
  readonly before: number;
  readonly plans: Plans;
  readonly noted: readonly Noted[];
}

/** Sorted by record, side and field, so that two plans of the same state read the same. */
export async function linesOf({ copy, before, plans, noted }: Rehearsed): Promise<readonly PlanLine[]> {
  const pairs = await pairsOf(copy, noted);
  const decided = await decisionsOf(copy, before, [...new Set([...pairs.values()].map(({ pairId }) => pairId))]);
  const lines = noted.flatMap((one) => {
    const pair = pairs.get(`${one.entity}/${one.id}`);
    return Object.entries(one.values).map(([name, after]): PlanLine => {
      const field = fieldOf(plans, one, name);
      const decision = pair && one.act === 'update' ? decided.get(`${pair.pairId}/${field}`) : undefined;
      return {
        key: keyOf(one, pair),
        ...(pair?.marketoId ? { marketoId: pair.marketoId } : {}),
        ...(pair?.table ? { table: pair.table } : {}),
        ...(pair?.microsoftId ? { microsoftId: pair.microsoftId } : {}),
        side: one.side,
        act: one.act,
        field,
        label: plans.schemas.marketo.entities.person?.[field]?.label ?? field,
        ...(decision === undefined ? {} : { rule: decision.rule }),
        ...(decision?.winner ? { winner: decision.winner } : {}),
        before: decision?.[one.side].value ?? null,
        after,
      };
    });
  });
  const place = ({ key, side, act, field }: PlanLine): string => [key, side, act, field].join('\n');
  return lines.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** A column is told by the name its field has in Marketo. */
function fieldOf(plans: Plans, { side, entity }: Noted, name: string): string {
  if (side === 'marketo' || entity === 'person') return name;
  return (
    plans.tables[entity].fields.find(({ column, direction }) => column === name && direction !== 'toMarketo')?.marketo ?? name
  );
}

function keyOf({ entity, id }: Noted, pair: Belonging | undefined): string {
  if (pair?.marketoId) return recordKey.pair(pair.marketoId);
  return entity === 'person' ? recordKey.pair(id) : recordKey.row(entity, id);
}

async function pairsOf(copy: Database, noted: readonly Noted[]): Promise<ReadonlyMap<string, Belonging>> {
  const refs = noted.map(({ side, entity, id }) => ({ side, entity, id }));
  const { rows } = await sql<Belonging>`
    select distinct i.entity, i.id, i.pair_id as "pairId", m.id as "marketoId", d.entity as "table", d.id as "microsoftId"
    from jsonb_to_recordset(${JSON.stringify(refs)}::jsonb) as x(side text, entity text, id text)
      join identity i on i.side = x.side and i.entity = x.entity and i.id = x.id
      left join identity m on m.pair_id = i.pair_id and m.side = 'marketo' and m.current
      left join identity d on d.pair_id = i.pair_id and d.side = 'dynamics' and d.current`.execute(copy);
  return new Map(rows.map((row) => [`${row.entity}/${row.id}`, row]));
}

/** The first decision that led to a write: a later one of the same field only confirms it. */
async function decisionsOf(copy: Database, before: number, pairIds: readonly number[]): Promise<ReadonlyMap<string, Decided>> {
  const { rows } = await sql<Decided>`
    select distinct on (pair_id, field) pair_id as "pairId", field, rule, winner, marketo, dynamics
    from decision where pair_id = any(${pairIds}) and jsonb_array_length(writes) > 0
      and id > ${before}
    order by pair_id, field, id`.execute(copy);
  return new Map(rows.map((row) => [`${row.pairId}/${row.field}`, row]));
}
