/** From what the user wants to what can be done: the mapping against what both sides say about their fields. */
import { fitsDynamics, fitsMarketo, marketoDataType, typesFor } from './fieldTypes';
import { speaking } from './options';
import type { WantedField } from './ports';
import { project } from './project';
import { COMPANY_FIELDS, COMPANY_LINK, flowsTo } from './rules';
import type {
  Direction,
  EntitySchema,
  FieldPlan,
  FieldSchema,
  LeftOut,
  MappedField,
  Mapping,
  SideSchema,
  Table,
  TablePlan,
} from './types';

/** What Dynamics is asked for is a column; these tell Marketo about the row itself and come with every snapshot. */
export const isPseudoColumn = (column: string): boolean => column.startsWith('$');

/** Pairs are found by these, whatever is mapped. */
const MATCHED_BY = { person: ['email', 'microsoftId'], row: ['emailaddress1'] } as const;

/**
 * The fields in play on one table: mapped, present on both sides and allowed for the sync user. What is not is left out alone, and
 * said in `leftOut`; so is a two-way field that may only be written on one side, which goes on one-way.
 */
export function compilePlan(mapping: Mapping, table: Table, marketoSchema: SideSchema, dynamicsSchema: SideSchema): TablePlan {
  const person = marketoSchema.entities.person ?? {};
  const row = dynamicsSchema.entities[table] ?? {};
  const leftOut: LeftOut[] = [];
  const fields: FieldPlan[] = [];
  for (const mapped of mapping.fields) {
    const column = mapped.dynamics[table];
    if (column === undefined) continue;
    const { marketo, optional = false, labelLanguage = mapping.labelLanguage } = mapped;
    const absent = person[marketo] === undefined || row[column] === undefined;
    const verdict = planField(mapped, table, column, person, row);
    if (verdict.reason !== undefined) {
      const fix = verdict.fix === undefined || (optional && absent) ? {} : { fix: verdict.fix };
      leftOut.push({ marketo, reason: verdict.reason, ...fix, ...(optional && absent ? { optional } : {}) });
    }
    if (verdict.plan !== undefined) {
      const spoken = { ...verdict.plan, dynamicsSchema: speaking(verdict.plan.dynamicsSchema, labelLanguage) };
      fields.push(withUsableDefault(spoken, leftOut));
    }
  }
  const writesCompany = fields.some((field) => COMPANY_FIELDS.has(field.marketo) && flowsTo(field.direction, 'marketo'));
  return {
    table,
    fields: alignGroups(fields, leftOut),
    leftOut,
    ...(writesCompany && person[COMPANY_LINK]?.readable ? { companyLink: COMPANY_LINK } : {}),
  };
}

interface Verdict {
  readonly plan?: FieldPlan;
  readonly reason?: string;
  readonly fix?: string;
}

function planField(mapped: MappedField, table: Table, column: string, person: EntitySchema, row: EntitySchema): Verdict {
  const { marketo, type } = mapped;
  const marketoField = person[marketo];
  const dynamicsColumn = row[column];
  const place = `${column} on ${table}`;
  if (marketoField === undefined)
    return {
      reason: `Marketo has no person field ${marketo}.`,
      fix: 'Run "mdsync setup", which creates it, or correct the mapping.',
    };
  if (dynamicsColumn === undefined)
    return { reason: `Dynamics has no column ${place}.`, fix: 'Correct the mapping, or create the column.' };
  if (!fitsDynamics(type, dynamicsColumn)) {
    const fitting = typesFor(dynamicsColumn).join(' or ');
    return {
      reason: `${place} is of type ${dynamicsColumn.vendorType} in Dynamics, which ${type} does not fit.`,
      fix: `Map it as ${fitting}.`,
    };
  }
  if (!fitsMarketo(type, marketoField))
    return {
      reason: `${marketo} is of type ${marketoField.vendorType} in Marketo, which ${type} does not fit.`,
      fix: 'Map another person field.',
    };
  if (!marketoField.readable) return { reason: `${marketo} cannot be read in Marketo.`, fix: 'Map another person field.' };
  if (!dynamicsColumn.readable)
    return {
      reason: `The sync user may not read ${place}.`,
      fix: 'Grant Read in a column security profile or security role, or take the field out of the mapping.',
    };
  const { direction, ...limits } = allowedDirection(mapped, place, marketoField, dynamicsColumn);
  if (direction === undefined) return limits;
  const { dynamics: _columns, ...rest } = mapped;
  const plan: FieldPlan = {
    ...rest,
    direction,
    column,
    group: mapped.group ?? marketo,
    marketoSchema: marketoField,
    dynamicsSchema: dynamicsColumn,
  };
  return { plan, ...limits };
}

/** A default that its column cannot hold is worth nothing; the field goes on without it. */
function withUsableDefault(field: FieldPlan, leftOut: LeftOut[]): FieldPlan {
  if (field.default === undefined) return field;
  const projected = project(field, 'marketo', 'dynamics', field.default);
  if ('value' in projected) return field;
  leftOut.push({
    marketo: field.marketo,
    reason: `Its default is not used. ${projected.refusal.message}.`,
    fix: 'Correct the default.',
  });
  const { default: _unusable, ...rest } = field;
  return rest;
}

const writable = (schema: FieldSchema): boolean => schema.updatable || schema.creatable;

type Allowed =
  | { readonly direction: Direction; readonly reason?: string; readonly fix?: string }
  | { readonly direction?: never; readonly reason: string; readonly fix: string };

/** The mapped direction as far as both sides let themselves be written. */
function allowedDirection(mapped: MappedField, place: string, marketo: FieldSchema, dynamics: FieldSchema): Allowed {
  const { direction } = mapped;
  const closed = [
    ...(flowsTo(direction, 'marketo') && !writable(marketo) ? [`${mapped.marketo} is read-only in Marketo`] : []),
    ...(flowsTo(direction, 'dynamics') && !writable(dynamics) ? [`the sync user may not write ${place}`] : []),
  ];
  if (closed.length === 0) return { direction };
  const sentence = capitalised(closed.join(', and '));
  if (closed.length > 1 || direction !== 'both')
    return { reason: `${sentence}.`, fix: 'Allow it, or take the field out of the mapping.' };
  const left: Direction = writable(marketo) ? 'toMarketo' : 'toDynamics';
  return {
    direction: left,
    reason: `${sentence}, so it is synced ${left} only.`,
    fix: `Allow it, or map it with "direction: ${left}".`,
  };
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Fields that are won together travel together: a group goes only where all of its fields may go. */
function alignGroups(fields: readonly FieldPlan[], leftOut: LeftOut[]): readonly FieldPlan[] {
  return fields.flatMap((field) => {
    const members = fields.filter((other) => other.group === field.group);
    const to = (['marketo', 'dynamics'] as const).filter((side) => members.every((one) => flowsTo(one.direction, side)));
    const [only] = to;
    if (only === undefined) {
      const reason = `The fields of group ${field.group} may not all travel the same way.`;
      leftOut.push({ marketo: field.marketo, reason, fix: 'Allow it, or take the group apart.' });
      return [];
    }
    return [
      to.length === 2 ? field : { ...field, direction: only === 'marketo' ? ('toMarketo' as const) : ('toDynamics' as const) },
    ];
  });
}

/** Every field the plans need read, by entity, sorted: the same mapping asks for the same columns, in the same order, everywhere. */
export function fieldsToRead(plans: readonly TablePlan[]): {
  readonly person: readonly string[];
  readonly contact: readonly string[];
  readonly lead: readonly string[];
} {
  const columnsOf = (table: Table): readonly string[] =>
    plans
      .filter((plan) => plan.table === table)
      .flatMap((plan) => plan.fields.map((field) => field.column))
      .filter((column) => !isPseudoColumn(column));
  return {
    person: sorted([
      ...MATCHED_BY.person,
      ...plans.flatMap((plan) => [...plan.fields.map((field) => field.marketo), ...(plan.companyLink ? [plan.companyLink] : [])]),
    ]),
    contact: sorted([...MATCHED_BY.row, ...columnsOf('contact')]),
    lead: sorted([...MATCHED_BY.row, ...columnsOf('lead')]),
  };
}

const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();

/** What the pseudo-columns tell, in Marketo's field descriptions. */
const FACTS: Readonly<Record<string, string>> = {
  $id: 'id of the record',
  $table: 'whether it is a Lead or a Contact',
  $deleted: 'whether the record was deleted',
};

/** The person fields the mapping needs, as set-up creates those that the instance lacks. Optional ones come from elsewhere or not at all. */
export function wantedFields(mapping: Mapping): readonly WantedField[] {
  const needed = mapping.fields.filter((field) => field.optional !== true);
  return needed.map((field) => {
    const places = (['contact', 'lead'] as const).flatMap((table) => {
      const column = field.dynamics[table];
      return column === undefined ? [] : [FACTS[column] ?? `${column} of the ${table}`];
    });
    return {
      name: field.marketo,
      label: labelOf(field.marketo),
      dataType: marketoDataType(field.type),
      description: `Synced with Microsoft Dynamics 365: ${[...new Set(places)].join(', ')}.`,
    };
  });
}

/** `microsoftIsDeleted` as people write it: "Microsoft Is Deleted". */
const labelOf = (name: string): string =>
  name
    .replace(/[_\s]+/g, ' ')
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([a-z])(\d)/gi, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(' ')
    .map(capitalised)
    .join(' ');
