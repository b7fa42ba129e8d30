/** What is to be done with a record, as a whole and field by field. The same inputs give the same answer in `resolve` and in `write`. */
import { overwrittenBy } from '../../core/echo';
import { chooseTwin, emailKey, linkedBy } from '../../core/match';
import { settleProvisional } from '../../core/nearMiss';
import { reconcile } from '../../core/reconcile';
import type { Decision, FieldPlan, RecordRef, Snapshot, TablePlan } from '../../core/types';
import { checkMerge, takeDeletePlace } from '../../store/deletes';
import { takenAmong } from '../../store/joining';
import type { HeldRecord } from '../../store/pairs';
import { parkMassClears } from '../../store/parking';
import { type LeadPair, pairFromLead, pairOfLead } from '../../store/qualify';
import { readSetting } from '../../store/settings';
import type { ActivityDeps } from '../deps';
import type { Plans } from '../planBook';
import { toApplicationFailure } from '../failures';
import { type Ledger, toLedger } from './holds';

/** What is to be done with a record as a whole. */
export type Course =
  /** Both sides are there: field by field. */
  | { readonly kind: 'reconcile'; readonly plan: TablePlan; readonly marketo: Snapshot; readonly dynamics: Snapshot }
  /** A row without a person: make one, or link the one twin. */
  | { readonly kind: 'createPerson'; readonly plan: TablePlan; readonly dynamics: Snapshot }
  | { readonly kind: 'linkPerson'; readonly dynamics: Snapshot; readonly person: Snapshot }
  | { readonly kind: 'ambiguous'; readonly dynamics: Snapshot; readonly marketoIds: readonly string[] }
  /** The row was deleted: the person stays and is flagged. */
  | { readonly kind: 'flagDeleted'; readonly plan: TablePlan; readonly marketo: Snapshot; readonly dynamics: Snapshot }
  /** The person was deleted: the row stays; its next change makes a new person, and there may have been one since: `again`. */
  | { readonly kind: 'personDeleted'; readonly again?: RecordRef }
  /** A half is missing, but a merge may explain it: wait for what the other feed says. */
  | { readonly kind: 'missing'; readonly waitMs: number; readonly rowVersion: string | undefined }
  /** More deletes in a day than anybody makes by hand: an operator has to look first. */
  | { readonly kind: 'deleteHeld'; readonly recent: number; readonly allowed: number }
  /** A contact that came from a paired lead takes over its person. */
  | { readonly kind: 'takeOver'; readonly dynamics: Snapshot; readonly lead: LeadPair; readonly carried: readonly string[] }
  /** A qualified lead whose contact is paired already. */
  | { readonly kind: 'formerLead'; readonly leadId: string; readonly contactPairId: number }
  /** The row was merged into another one: its deactivation does not travel. */
  | { readonly kind: 'mergedRow'; readonly dynamics: Snapshot; readonly masterId: string }
  /** The row's filter says No: both directions are frozen and the baseline is kept. */
  | { readonly kind: 'frozen'; readonly control: Snapshot['control'] }
  | { readonly kind: 'nothing'; readonly why: string };

export interface Decided {
  readonly course: Course;
  readonly decisions: readonly Decision[];
  readonly ledger: Ledger;
  /** Fields that are held because they go to and fro. */
  readonly restless: readonly string[];
}

export async function decideRecord(deps: ActivityDeps, held: HeldRecord): Promise<Decided> {
  const { course, plan, decisions } = await decideWhole(deps, held);
  if (plan === undefined) return { course, decisions, ledger: { entries: [], refused: [], still: [] }, restless: [] };
  const written = decisions.filter(({ writes }) => writes.length > 0).map(({ field }) => field);
  const restless = written.length === 0 ? new Set<string>() : await deps.runs.restlessFields(held.pairId);
  const parked = new Set([...restless, ...(await emptiedEverywhere(deps, plan, decisions))]);
  const ledger = toLedger(plan, decisions, await deps.runs.openRejections(held.pairId), parked);
  return { course, decisions, ledger, restless: written.filter((field) => restless.has(field)) };
}

/**
 * A column that was secured since the permissions were read last is answered as empty, which must never be taken for a clear. So what
 * seems to have been emptied is decided again with permissions that were read after the row was.
 */
async function decideWhole(deps: ActivityDeps, held: HeldRecord) {
  const decided = await decideWith(deps, await deps.plans.current(), held);
  if (!decided.decisions.some(seemsEmptied)) return decided;
  const plans = await deps.plans.since(held.snapshots.readAt ?? deps.clock.now().getTime());
  if ('failure' in plans) throw toApplicationFailure('dynamics', plans.failure);
  return decideWith(deps, plans.ok, held);
}

async function decideWith(deps: ActivityDeps, plans: Plans, held: HeldRecord) {
  const course = await choose(deps, plans, held);
  return { course, ...decide(course, held, deps.clock.now()) };
}

const seemsEmptied = ({ dynamics, baseline }: Decision): boolean =>
  dynamics === null && baseline !== undefined && baseline.dynamics !== null;

/** Fields that Dynamics seems to have emptied on too many pairs of this cycle. Asked only when this pair's was. */
async function emptiedEverywhere(
  deps: ActivityDeps,
  plan: TablePlan,
  decisions: readonly Decision[],
): Promise<ReadonlySet<string>> {
  const emptied = decisions.filter(
    ({ rule, dynamics, writes }) => rule === 'dynamicsChanged' && dynamics === null && writes.length > 0,
  );
  if (emptied.length === 0) return new Set();
  const since = (await readSetting(deps.db, 'cycle'))?.value.startedAt ?? deps.clock.now().toISOString();
  return parkMassClears(
    deps.db,
    plan.table,
    emptied.map(({ field }) => field),
    since,
  );
}

/** Looks at the record as a whole: which of its two halves are there, and may they move? */
async function choose(deps: ActivityDeps, plans: Plans, held: HeldRecord): Promise<Course> {
  const { marketo, dynamics } = held.snapshots;
  if (held.state === 'review') return { kind: 'nothing', why: 'It waits for an operator: see "mdsync review list"' };
  if (held.marketoId === null)
    return dynamics ? forLonelyRow(deps, plans, held, dynamics) : { kind: 'nothing', why: 'The row is gone' };
  if (held.microsoftId === null || held.table === null)
    return { kind: 'nothing', why: 'The person has no row; only a request creates one' };
  if (marketo === undefined || dynamics === undefined) return { kind: 'nothing', why: 'Not read yet' };
  if (marketo === null) return forMissingPerson(deps, held, dynamics);
  const plan = plans.tables[held.table];
  if (dynamics === null) {
    const flag = {
      kind: 'flagDeleted',
      plan: controlOnly(plan),
      marketo,
      dynamics: tombstone(held.table, held.microsoftId),
    } as const;
    return held.state === 'rowDeleted' ? flag : ((await tooManyDeletes(deps, held)) ?? flag);
  }
  if (dynamics.control?.masterId) return { kind: 'mergedRow', dynamics, masterId: dynamics.control.masterId };
  if (dynamics.control?.filter === false) return { kind: 'frozen', control: dynamics.control };
  return { kind: 'reconcile', plan, marketo, dynamics };
}

/** A merge looks like a delete until its own entry arrives, so a delete is acted upon only after that entry must have come. */
async function forMissingPerson(deps: ActivityDeps, held: HeldRecord, row: Snapshot | null): Promise<Course> {
  const { waitMs, rowVersion } = await checkMerge(deps.db, held.pairId, deps.options.deleteGraceSec);
  if (waitMs > 0) return { kind: 'missing', waitMs, rowVersion: row?.version };
  const changed = row !== null && rowVersion !== undefined && row.version !== rowVersion;
  const again = changed ? { again: { entity: row.entity, id: row.id } } : {};
  return (await tooManyDeletes(deps, held)) ?? { kind: 'personDeleted', ...again };
}

async function tooManyDeletes(deps: ActivityDeps, held: HeldRecord): Promise<Course | undefined> {
  const { allowed, recent, limit } = await takeDeletePlace(deps.db, held.pairId);
  return allowed ? undefined : { kind: 'deleteHeld', recent, allowed: limit };
}

/** What a row without a person is to another one that has one, if anything. */
async function kinOf(deps: ActivityDeps, plans: Plans, dynamics: Snapshot): Promise<Course | undefined> {
  const { originatingLeadId, state, masterId } = dynamics.control ?? {};
  if (masterId) return { kind: 'nothing', why: 'The row was merged into another one' };
  if (dynamics.entity === 'contact' && originatingLeadId) {
    const lead = await pairOfLead(deps.db, originatingLeadId);
    if (lead !== undefined) return { kind: 'takeOver', dynamics, lead, carried: carriedFields(plans) };
  }
  // A lead that is not open any more may have become a contact that arrived first.
  if (dynamics.entity === 'lead' && state !== 0) {
    const contactPairId = await pairFromLead(deps.db, dynamics.id);
    if (contactPairId !== undefined) return { kind: 'formerLead', leadId: dynamics.id, contactPairId };
  }
  return undefined;
}

/** Fields mapped on both tables: what was agreed on for them stays agreed when a lead becomes a contact. */
function carriedFields({ tables }: Plans): readonly string[] {
  const onContact = new Map(tables.contact.fields.map((field) => [field.marketo, field.type]));
  return tables.lead.fields
    .filter((field) => !isControl(field) && onContact.get(field.marketo) === field.type)
    .map((field) => field.marketo);
}

async function forLonelyRow(deps: ActivityDeps, plans: Plans, held: HeldRecord, dynamics: Snapshot): Promise<Course> {
  if (dynamics.control?.filter === false) return { kind: 'frozen', control: dynamics.control };
  const kin = await kinOf(deps, plans, dynamics);
  if (kin !== undefined) return kin;
  const twins = held.snapshots.twins ?? [];
  // The GUID beats the e-mail: a person that carries it is ours, from a run that ended before it could say so.
  const ours = twins.filter((person) => linkedBy(person, dynamics.id) === 'linkedByGuid');
  const taken = await takenAmong(deps.db, twins, held.pairId);
  const free = (person: Snapshot): boolean => !taken.has(`person/${person.id}`);
  const email = emailKey(dynamics.values.emailaddress1);
  const byEmail = twins.filter(
    (person) => email !== undefined && emailKey(person.values.email) === email && free(person) && !person.values.microsoftId,
  );
  // One that another pair has can only be told to an operator: Marketo lets nobody else carry that GUID.
  const carriers = ours.some(free) ? ours.filter(free) : ours;
  const twin = chooseTwin(carriers.length > 0 || deps.mapping.match !== 'email' ? carriers : byEmail);
  if ('one' in twin) return { kind: 'linkPerson', dynamics, person: twin.one };
  if ('several' in twin) return { kind: 'ambiguous', dynamics, marketoIds: twin.several.map((person) => person.id) };
  return { kind: 'createPerson', plan: plans.tables[dynamics.entity as 'contact' | 'lead'], dynamics };
}

function decide(course: Course, held: HeldRecord, now: Date): { plan?: TablePlan; decisions: readonly Decision[] } {
  if (course.kind !== 'reconcile' && course.kind !== 'flagDeleted') return { decisions: [] };
  const { plan, marketo, dynamics } = course;
  const nowSec = Math.floor(now.getTime() / 1000);
  const settled = settleProvisional(plan, { baseline: held.baseline, marketo, dynamics }, held.entries, nowSec);
  const decided = reconcile({
    plan,
    baseline: settled.baseline,
    marketo,
    dynamics,
    overwritten: overwrittenBy(plan, settled.baseline, { ...marketo, kind: 'changed', at: '', fields: held.entries }),
  });
  // A field that its group moves is decided once.
  const moved = new Set(decided.map(({ field }) => field));
  return { plan, decisions: [...settled.decisions.filter(({ field }) => !moved.has(field)), ...decided] };
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
