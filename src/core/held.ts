/** What one side holds in a mapped field. */
import type { FieldPlan, RawValue, Snapshot } from './types';

/**
 * The value as this project compares, stores and shows it. A lookup that travels as its name *is* its name here, so that baselines and
 * decisions hold what people see. `undefined`: not asked for, or not readable; never to be taken for empty.
 */
export function heldValue(field: FieldPlan, snapshot: Snapshot): RawValue | undefined {
  if (snapshot.entity === 'person') return snapshot.values[field.marketo];
  const value = snapshot.values[field.column];
  if (field.type !== 'lookup' || field.lookupAs === 'id' || value === null || value === undefined) return value;
  return snapshot.labels?.[field.column];
}
