/** Plans and snapshots for tests of the core, small enough to be read beside the test. */
import type {
  Baseline,
  Decision,
  FieldPlan,
  FieldSchema,
  FieldType,
  RawValue,
  SideName,
  Snapshot,
  Table,
  TablePlan,
} from '../../../src/core/types';
import { baselineAfter } from '../../../src/core/reconcile';

export function fieldSchema(name: string, extra: Partial<FieldSchema> = {}): FieldSchema {
  return {
    name,
    label: name,
    vendorType: 'string',
    required: 'none',
    readable: true,
    creatable: true,
    updatable: true,
    ...extra,
  };
}

const VENDOR_TYPES: Readonly<Record<FieldType, readonly [marketo: string, dynamics: string]>> = {
  string: ['string', 'String'],
  text: ['text', 'Memo'],
  email: ['email', 'String'],
  phone: ['phone', 'String'],
  url: ['url', 'String'],
  integer: ['integer', 'Integer'],
  decimal: ['float', 'Decimal'],
  currency: ['currency', 'Money'],
  boolean: ['boolean', 'Boolean'],
  picklist: ['string', 'Picklist'],
  date: ['date', 'DateTime'],
  datetime: ['datetime', 'DateTime'],
  lookup: ['string', 'Lookup'],
};

/** lead.leadsourcecode, as it comes out of the box. */
export const LEAD_SOURCES = [
  { value: 1, label: 'Advertisement' },
  { value: 2, label: 'Employee Referral' },
  { value: 8, label: 'Web' },
];

export interface FieldOptions extends Partial<Omit<FieldPlan, 'marketoSchema' | 'dynamicsSchema'>> {
  readonly onMarketo?: Partial<FieldSchema>;
  readonly onDynamics?: Partial<FieldSchema>;
}

/** A field called `value`, two-way unless it is a lookup, on column `new_value`. */
export function field(type: FieldType, options: FieldOptions = {}): FieldPlan {
  const { onMarketo, onDynamics, ...own } = options;
  const marketo = own.marketo ?? 'value';
  const column = own.column ?? 'new_value';
  const [marketoType, dynamicsType] = VENDOR_TYPES[type];
  return {
    marketo,
    column,
    type,
    direction: type === 'lookup' ? 'toMarketo' : 'both',
    write: 'always',
    group: marketo,
    ...own,
    marketoSchema: fieldSchema(marketo, { label: 'Person Value', vendorType: marketoType, ...onMarketo }),
    dynamicsSchema: fieldSchema(column, {
      label: 'Row Value',
      vendorType: dynamicsType,
      ...(type === 'date' || type === 'datetime' ? { dateOnly: type === 'date' } : {}),
      ...(type === 'picklist' ? { options: LEAD_SOURCES } : {}),
      ...(type === 'currency' ? { precision: 2 } : {}),
      ...(type === 'decimal' ? { precision: 2 } : {}),
      ...onDynamics,
    }),
  };
}

export const planOf = (fields: readonly FieldPlan[], table: Table = 'lead'): TablePlan => ({ table, fields, leftOut: [] });

export const PERSON_ID = '1001';
export const ROW_ID = '6f1f3c2e-0000-4000-8000-000000000001';

export const person = (values: Snapshot['values']): Snapshot => ({ entity: 'person', id: PERSON_ID, values });

export function row(values: Snapshot['values'], extra: Partial<Snapshot> = {}): Snapshot {
  return { entity: 'lead', id: ROW_ID, values, ...extra };
}

/** Both sides of a one-field pair. */
export const pairOf = (one: FieldPlan, marketo: RawValue, dynamics: RawValue) => ({
  marketo: person({ [one.marketo]: marketo }),
  dynamics: row({ [one.column]: dynamics }),
});

/** What a side holds once the decisions' writes are done. */
export function apply(plan: TablePlan, side: SideName, snapshot: Snapshot, decisions: readonly Decision[]): Snapshot {
  const nameOf = new Map(plan.fields.map((one) => [one.marketo, side === 'marketo' ? one.marketo : one.column]));
  const written = decisions.flatMap(({ field: name, writes }) =>
    writes.filter((write) => write.side === side).map((write) => [nameOf.get(name) ?? name, write.value] as const),
  );
  return { ...snapshot, values: { ...snapshot.values, ...Object.fromEntries(written) } };
}

/** The baseline once all writes are confirmed. */
export function settle(baseline: Baseline, decisions: readonly Decision[]): Baseline {
  const moved = decisions.flatMap((decision) => {
    const after = baselineAfter(decision);
    return after === undefined ? [] : [[decision.field, after] as const];
  });
  return { ...baseline, ...Object.fromEntries(moved) };
}
