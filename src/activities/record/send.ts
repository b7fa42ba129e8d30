/** Sends one record's planned values to one side; a field the target refuses is taken out and the rest is sent again. */
import type { Failure, Result } from '../../core/ports';
import { saysSchemaChanged, saysSecured } from '../../core/staleSchema';
import type { FieldPlan, RawValue, SideName, TablePlan } from '../../core/types';
import type { NewRejection } from '../../store/rejections';
import type { PlanBook } from '../planBook';
import { groupHash, refusalHash } from './holds';

/** Each round takes one refused group out; a record with more bad groups than this is refused as a whole. */
const MAX_ROUNDS = 6;

/** Planned values by Marketo field name. */
export type FieldValues = Readonly<Record<string, RawValue>>;

export interface Sent<T> {
  /** Absent when every field was refused. */
  readonly answer?: T;
  readonly accepted: FieldValues;
  readonly rejections: readonly NewRejection[];
}

export type SendResult<T> = { readonly sent: Sent<T> } | { readonly failure: Failure };

/**
 * Sends `values` until the target takes what is left. When a refusal names a field, its group is held and the others are sent again;
 * when it names none, all of them are refused together. Failures that are not refusals are handed up.
 */
export async function sendIsolating<T>(
  plans: Pick<PlanBook, 'doubt' | 'doubtPermissions'>,
  plan: TablePlan,
  side: SideName,
  values: FieldValues,
  send: (values: FieldValues) => Promise<Result<T>>,
): Promise<SendResult<T>> {
  let left = values;
  const rejections: NewRejection[] = [];
  for (let round = 0; Object.keys(left).length > 0; round += 1) {
    const answer = await send(left);
    if ('ok' in answer) return { sent: { answer: answer.ok, accepted: left, rejections } };
    const { failure } = answer;
    if (failure.kind !== 'rejected') return { failure };
    if (saysSchemaChanged(side, failure.code)) await plans.doubt();
    if (saysSecured(side, failure.code)) await plans.doubtPermissions();
    const named = round < MAX_ROUNDS ? namedField(plan, side, failure.field, left) : undefined;
    const refusedGroups = new Set(
      named ? [named.group] : plan.fields.filter((field) => field.marketo in left).map((field) => field.group),
    );
    for (const group of refusedGroups) rejections.push(toRejection(plan, side, group, left, failure, named));
    const rest = plan.fields.filter((field) => field.marketo in left && !refusedGroups.has(field.group));
    left = Object.fromEntries(rest.map((field) => [field.marketo, left[field.marketo] ?? null]));
  }
  return { sent: { accepted: {}, rejections } };
}

/** The planned field a vendor's refusal speaks of, by that vendor's own name for it. */
function namedField(plan: TablePlan, side: SideName, name: string | undefined, left: FieldValues): FieldPlan | undefined {
  if (name === undefined) return undefined;
  const wanted = name.toLowerCase();
  return plan.fields.find(
    (field) => field.marketo in left && (side === 'marketo' ? field.marketo : field.column).toLowerCase() === wanted,
  );
}

function toRejection(
  plan: TablePlan,
  side: SideName,
  group: string,
  left: FieldValues,
  failure: Failure,
  named: FieldPlan | undefined,
): NewRejection {
  const fields = plan.fields.filter((field) => field.group === group && field.marketo in left);
  const values = Object.fromEntries(fields.map((field) => [field.marketo, left[field.marketo] ?? null]));
  const field = named?.marketo ?? fields[0]?.marketo ?? group;
  return {
    side,
    table: plan.table,
    group,
    field,
    valueHash: groupHash(plan, side, group, values),
    refusalHash: refusalHash(plan, { field, holder: side, value: values[field] ?? null }, { side, code: failure.code }),
    code: failure.code,
    message: failure.message,
  };
}
