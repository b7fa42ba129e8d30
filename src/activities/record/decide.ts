/** What is to be done with a record, as a whole and field by field. The same inputs give the same answer in `resolve` and in `write`. */
import { overwrittenBy } from '../../core/echo';
import { chooseTwin, emailKey } from '../../core/match';
import { reconcile } from '../../core/reconcile';
import type { Decision, FieldPlan, Snapshot, TablePlan } from '../../core/types';
import { takenAmong } from '../../store/joining';
import type { heldRecord } from '../../store/pairs';
import { openRejections } from '../../store/rejections';
import type { ActivityDeps } from '../deps';
import type { Plans } from '../planBook';
import { type Ledger, toLedger } from './holds';

export type Held = NonNullable<Awaited<ReturnType<typeof heldRecord>>>;

/** What is to be done with a record as a whole. */
export type Course =
  /** Both sides are there: field by field. */
  | { readonly kind: 'reconcile'; readonly plan: TablePlan; readonly marketo: Snapshot; readonly dynamics: Snapshot }
  /** A row without a person: make one, or link the one twin. */
  | { readonly kind: 'createPerson'; readonly plan: TablePlan; readonly dynamics: Snapshot }
  | { readonly kind: 'linkPerson'; readonly dynamics: Snapshot; readonly marketoId: string }
  | { readonly kind: 'ambiguous'; readonly dynamics: Snapshot; readonly marketoIds: readonly string[] }
  /** The row was deleted: the person stays and is flagged. */
  | { readonly kind: 'flagDeleted'; readonly plan: TablePlan; readonly marketo: Snapshot; readonly dynamics: Snapshot }
  /** The person was deleted: the row stays; its next change makes a new person. */
  | { readonly kind: 'personDeleted' }
  /** The row's filter says No: both directions are frozen and the baseline is kept. */
  | { readonly kind: 'frozen'; readonly control: Snapshot['control'] }
  | { readonly kind: 'nothing'; readonly why: string };

export interface Decided {
  readonly course: Course;
  readonly decisions: readonly Decision[];
  readonly ledger: Ledger;
}

export async function decideRecord(deps: ActivityDeps, held: Held): Promise<Decided> {
  const course = await choose(deps, await deps.plans.current(), held);
  const { plan, decisions } = decide(course, held);
  const ledger = plan
    ? toLedger(plan, decisions, await openRejections(deps.db, held.pairId))
    : { entries: [], refused: [], still: [] };
  return { course, decisions, ledger };
}

/** Looks at the record as a whole: which of its two halves are there, and may they move? */
async function choose(deps: ActivityDeps, plans: Plans, held: Held): Promise<Course> {
  const { marketo, dynamics } = held.snapshots;
  if (held.marketoId === null)
    return dynamics ? forLonelyRow(deps, plans, held, dynamics) : { kind: 'nothing', why: 'The row is gone' };
  if (held.microsoftId === null || held.table === null)
    return { kind: 'nothing', why: 'The person has no row; only a request creates one' };
  if (marketo === undefined || dynamics === undefined) return { kind: 'nothing', why: 'Not read yet' };
  if (marketo === null) return { kind: 'personDeleted' };
  const plan = plans.tables[held.table];
  if (dynamics === null)
    return { kind: 'flagDeleted', plan: controlOnly(plan), marketo, dynamics: tombstone(held.table, held.microsoftId) };
  if (dynamics.control?.filter === false) return { kind: 'frozen', control: dynamics.control };
  return { kind: 'reconcile', plan, marketo, dynamics };
}

async function forLonelyRow(deps: ActivityDeps, plans: Plans, held: Held, dynamics: Snapshot): Promise<Course> {
  if (dynamics.control?.filter === false) return { kind: 'frozen', control: dynamics.control };
  const twins = held.snapshots.twins ?? [];
  // The GUID beats the e-mail: a person that carries it is ours, from a run that ended before it could say so.
  const ours = twins.filter((person) => String(person.values.microsoftId ?? '').toLowerCase() === dynamics.id);
  const taken = await takenAmong(deps.db, twins, held.pairId);
  const free = (person: Snapshot): boolean => !taken.has(`person/${person.id}`);
  const email = emailKey(dynamics.values.emailaddress1);
  const byEmail = twins.filter(
    (person) => email !== undefined && emailKey(person.values.email) === email && free(person) && !person.values.microsoftId,
  );
  const twin = ours.some(free)
    ? chooseTwin(ours.filter(free))
    : deps.mapping.match === 'email'
      ? chooseTwin(byEmail)
      : { none: true as const };
  if ('one' in twin) return { kind: 'linkPerson', dynamics, marketoId: twin.one.id };
  if ('several' in twin) return { kind: 'ambiguous', dynamics, marketoIds: twin.several.map((person) => person.id) };
  return { kind: 'createPerson', plan: plans.tables[dynamics.entity as 'contact' | 'lead'], dynamics };
}

function decide(course: Course, held: Held): { plan?: TablePlan; decisions: readonly Decision[] } {
  if (course.kind !== 'reconcile' && course.kind !== 'flagDeleted') return { decisions: [] };
  const { plan, marketo, dynamics } = course;
  const decisions = reconcile({
    plan,
    baseline: held.baseline,
    marketo,
    dynamics,
    overwritten: overwrittenBy(plan, held.baseline, { ...marketo, kind: 'changed', at: '', fields: held.entries }),
  });
  return { plan, decisions };
}

/** Fields that tell Marketo about the row itself. */
const isControl = (field: FieldPlan): boolean => field.column.startsWith('$');

function controlOnly(plan: TablePlan): TablePlan {
  return { ...plan, fields: plan.fields.filter(isControl) };
}

/** What is left to say about a row that is gone. */
function tombstone(table: 'contact' | 'lead', id: string): Snapshot {
  return { entity: table, id, values: { $id: id, $table: table === 'contact' ? 'Contact' : 'Lead', $deleted: true } };
}
