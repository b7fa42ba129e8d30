/** Who wins, and what may be written where. */
import type { DecisionRule, Direction, FieldPlan, FieldSchema, SideName, Table, TablePlan, WinnerRule, WriteRule } from './types';

export const SIDE_LABEL: Readonly<Record<SideName, string>> = { marketo: 'Marketo', dynamics: 'Dynamics' };

export const otherSide = (side: SideName): SideName => (side === 'marketo' ? 'dynamics' : 'marketo');

// ---------------------------------------------------------------- directions

const TARGETS: Readonly<Record<Direction, readonly SideName[]>> = {
  both: ['marketo', 'dynamics'],
  toMarketo: ['marketo'],
  toDynamics: ['dynamics'],
};

export const flowsTo = (direction: Direction, side: SideName): boolean => TARGETS[direction].includes(side);

export const schemaOn = (field: FieldPlan, side: SideName): FieldSchema =>
  side === 'marketo' ? field.marketoSchema : field.dynamicsSchema;

/** What `side` calls the field on its screens; the field's own name while it is not in play. */
export const labelOn = (plan: TablePlan, side: SideName, marketo: string): string => {
  const field = plan.fields.find((one) => one.marketo === marketo);
  return field === undefined ? marketo : schemaOn(field, side).label;
};

/** Whether an existing record's field may be changed on `side`. */
export const mayUpdate = (field: FieldPlan, side: SideName): boolean =>
  flowsTo(field.direction, side) && schemaOn(field, side).updatable;

/** Whether a new record on `side` may be given this field. */
export const mayCreate = (field: FieldPlan, side: SideName): boolean =>
  flowsTo(field.direction, side) && schemaOn(field, side).creatable;

// ---------------------------------------------------------------- who wins

/** Marketo wins for leads, Dynamics for contacts: the authority the pair has by the table it is on now. */
const AUTHORITY: Readonly<Record<Table, SideName>> = { contact: 'dynamics', lead: 'marketo' };

export interface Verdict {
  readonly rule: DecisionRule;
  readonly winner: SideName | 'none';
}

/** What two different values of one group look like to the rules. */
export interface Contest {
  readonly table: Table;
  /** The field's own rule, where it has one. */
  readonly winner?: WinnerRule | undefined;
  /** A side without any value. */
  readonly blank: SideName | undefined;
}

/** Both sides changed, to different values. */
export function collide({ table, winner, blank }: Contest): Verdict {
  if (winner === 'review') return { rule: 'collision:review', winner: 'none' };
  if (winner === 'nonBlank' && blank !== undefined) return { rule: 'collision:nonBlank', winner: otherSide(blank) };
  const side = namedWinner(winner, table);
  return { rule: `collision:${side}`, winner: side };
}

/**
 * Nothing was ever agreed on and the sides differ. That is no collision: nobody is known to have changed anything, so no value may
 * be lost to a blank, and an opt-out (`optOut`: the side that holds it) is never undone.
 */
export function seed({ table, winner, blank }: Contest, optOut: SideName | undefined): Verdict {
  if (optOut !== undefined) return { rule: 'seed:consent', winner: optOut };
  if (blank !== undefined) return { rule: 'seed:nonBlank', winner: otherSide(blank) };
  if (winner === 'review') return { rule: 'seed:review', winner: 'none' };
  const side = namedWinner(winner, table);
  return { rule: `seed:${side}`, winner: side };
}

/** Our own write replaced a user's edit in Marketo: the collision that would have been, had we seen the edit. */
export function overwritten(contest: Contest): Verdict {
  const { rule, winner } = collide(contest);
  return winner === 'none' ? { rule, winner } : { rule: `overwritten:${winner}`, winner };
}

const namedWinner = (winner: WinnerRule | undefined, table: Table): SideName =>
  winner === 'marketo' || winner === 'dynamics' ? winner : AUTHORITY[table];

// ---------------------------------------------------------------- write rules

/** Whether a field's write rule lets a value replace what the target holds. */
export function permits(rule: WriteRule, args: { readonly targetBlank: boolean; readonly valueBlank: boolean }): boolean {
  if (rule === 'onlyIfEmpty') return args.targetBlank;
  if (rule === 'neverClear') return !args.valueBlank;
  return true;
}

/**
 * Person fields that Marketo keeps on the company, for all its people at once (reference: list of lead fields, company part). Once a
 * person has a linked company, writing them through the person would change everybody else's or be refused with code 1021.
 */
export const COMPANY_FIELDS: ReadonlySet<string> = new Set([
  'company',
  'site',
  'billingStreet',
  'billingCity',
  'billingState',
  'billingCountry',
  'billingPostalCode',
  'website',
  'mainPhone',
  'annualRevenue',
  'numberOfEmployees',
  'industry',
  'sicCode',
  'mktoCompanyNotes',
]);

/** Names the company a person is linked to; empty while there is none. */
export const COMPANY_LINK = 'externalCompanyId';
