/** What waits for a person to decide, with everything needed to decide it. */
import { sql } from 'kysely';
import { type Candidate, type Choice, CHOICES, type OpenReview, REVIEW_KINDS, type ReviewKind } from '../../core/reviews';
import type { Table } from '../../core/types';
import type { Db } from '../database';
import { type UndecidedField, undecidedFields } from './collisions';

/** Detail as each kind is opened with. */
export interface ReviewDetail {
  readonly people?: readonly string[];
  readonly rows?: readonly { readonly table: Table; readonly microsoftId: string }[];
  readonly table?: Table;
  readonly microsoftId?: string;
  readonly marketoId?: string;
  readonly field?: string;
  readonly fields?: readonly string[];
}

interface ReviewRow {
  readonly number: number;
  readonly pairId: number | null;
  readonly kind: ReviewKind;
  readonly detail: ReviewDetail;
  readonly openedAt: Date;
  readonly marketoId: string | null;
  readonly table: Table | null;
  readonly microsoftId: string | null;
}

/** Oldest first. */
export async function listReviews(db: Db): Promise<readonly OpenReview[]> {
  const { rows } = await sql<ReviewRow>`
    select r.id as number, r.pair_id as "pairId", r.kind, r.detail, r.opened_at as "openedAt",
      m.id as "marketoId", d.entity as "table", d.id as "microsoftId"
    from review r
      left join identity m on m.pair_id = r.pair_id and m.side = 'marketo' and m.current
      left join identity d on d.pair_id = r.pair_id and d.side = 'dynamics' and d.current
    where r.closed_at is null and r.kind = any(${Object.keys(REVIEW_KINDS)}) order by r.id`.execute(db);
  const collided = rows.flatMap(({ kind, pairId }) => (kind === 'collision' && pairId !== null ? [pairId] : []));
  const undecided = await undecidedFields(db, collided);
  return rows.map((row) =>
    toReview(
      row,
      undecided.filter(({ pairId }) => pairId === row.pairId),
    ),
  );
}

function toReview(row: ReviewRow, undecided: readonly UndecidedField[]): OpenReview {
  const { number, kind, detail, openedAt } = row;
  const { meaning, choices } = REVIEW_KINDS[kind];
  const named = [...(detail.field === undefined ? [] : [detail.field]), ...(detail.fields ?? [])];
  const marketoId = row.marketoId ?? detail.marketoId;
  const table = row.table ?? detail.table;
  const microsoftId = row.microsoftId ?? detail.microsoftId;
  return {
    number,
    kind,
    openedAt: openedAt.toISOString(),
    meaning,
    choices: CHOICES.flatMap((choice: Choice) => {
      const effect = choices[choice];
      return effect === undefined ? [] : [{ choice, effect }];
    }),
    candidates: candidatesOf(detail),
    fields:
      kind === 'collision'
        ? undecided.map(({ field, marketo, dynamics }) => ({ field, marketo, dynamics }))
        : named.map((field) => ({ field })),
    detail,
    ...(marketoId === undefined ? {} : { marketoId }),
    ...(table === undefined ? {} : { table }),
    ...(microsoftId === undefined ? {} : { microsoftId }),
  };
}

/** The records that `link` may choose from. */
export function candidatesOf({ people = [], rows = [] }: ReviewDetail): readonly Candidate[] {
  return [
    ...people.map((id) => ({ id, entity: 'person' as const })),
    ...rows.map(({ table, microsoftId }) => ({ id: microsoftId, entity: table })),
  ];
}
